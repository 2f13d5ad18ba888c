"""Who Faust's own consumer is on the cluster: the Kafka settings in Faust's words."""

import faust.auth

from runtime.kafka.clients import connection
from runtime.kafka.settings import KafkaSettings


def credentials(kafka: KafkaSettings) -> faust.auth.Credentials | None:
    """Return what the settings say as Faust takes it; None without TLS and SASL. Raises ConfigurationError."""
    options = connection(kafka)
    context = options.get("ssl_context")
    if not kafka.has_sasl:
        return faust.auth.SSLCredentials(context) if kafka.has_tls else None
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return faust.auth.OAuthCredentials(oauth_cb=options["sasl_oauth_token_provider"], ssl_context=context)
    return faust.auth.SASLCredentials(
        username=options["sasl_plain_username"],
        password=options["sasl_plain_password"],
        ssl_context=context,
        mechanism=options["sasl_mechanism"],
    )
