"""The local stack's own servers are reached whatever the environment says of others."""

from pathlib import Path

from deploy.local.reach import own_clickhouse, own_kafka


def test_security_of_another_cluster_is_not_asked_of_our_own_broker() -> None:
    """Users and certificates in the environment are another cluster's; the prefix is the deployment's own."""
    environ = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "x", "RECIBO_TOPIC_PREFIX": "a."}
    kafka = own_kafka("127.0.0.1:1", environ)
    assert (kafka.bootstrap_servers, kafka.security_protocol, kafka.topic_prefix) == ("127.0.0.1:1", "PLAINTEXT", "a.")


def test_users_of_another_engine_are_not_asked_of_our_own() -> None:
    """Likewise of ClickHouse; the databases are the deployment's own."""
    environ = {
        "CLICKHOUSE_USER": "x",
        "CLICKHOUSE_PASSWORD": "y",
        "CLICKHOUSE_CA_FILE": "ca.pem",
        "RECIBO_CLICKHOUSE_VIEWS": "a",
    }
    clickhouse = own_clickhouse("http://127.0.0.1:1", "/s/password", environ)
    assert (clickhouse.username, clickhouse.ca_file, clickhouse.views_database) == ("default", None, "a")
    assert (clickhouse.password, clickhouse.password_file) == ("", Path("/s/password"))
