"""A broker as others run one: TLS, every SASL mechanism, and grants without which nobody may do anything."""

import base64
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.broker import Listeners, broker_program
from operations.acls import PROCESSES
from runtime.kafka.settings import KafkaSettings, SaslMechanism
from runtime.ports import HOST, free_port
from tests.support.certificates import Authority
from tests.support.servers import CACHE, running

USERS = tuple(f"recibo-{process}" for process in PROCESSES)
_SECURITY = "org.apache.kafka.common.security"


@dataclass
class SecureBroker:
    """A running broker, and how each user reaches it."""

    plain: KafkaSettings
    """In the clear, as a super user: for what an administrator does."""
    ssl_port: int
    sasl_port: int
    authority: Authority
    folder: Path

    def by_sasl(self, user: str, mechanism: SaslMechanism = "SCRAM-SHA-512", prefix: str = "") -> KafkaSettings:
        """Return how `user` gets in over SASL_SSL."""
        token_file = None
        if mechanism == "OAUTHBEARER":
            token_file = self.folder / f"{user}.token"
            token_file.write_text(unsecured_token(user))
        return KafkaSettings(
            f"{HOST}:{self.sasl_port}",
            security_protocol="SASL_SSL",
            sasl_mechanism=mechanism,
            username="" if token_file else user,
            password="" if token_file else secret_of(user),
            token_file=token_file,
            ca_file=self.authority.ca_file,
            topic_prefix=prefix,
        )

    def by_certificate(self, user: str) -> KafkaSettings:
        """Return how `user` gets in by a certificate of its own."""
        cert_file, key_file = self.authority.issue(user)
        return KafkaSettings(
            f"{HOST}:{self.ssl_port}",
            security_protocol="SSL",
            ca_file=self.authority.ca_file,
            cert_file=cert_file,
            key_file=key_file,
        )


def secret_of(user: str) -> str:
    """Return a user's password."""
    return f"secret-of-{user}"


def unsecured_token(user: str) -> str:
    """Return a token that a broker without a validator of its own takes: unsigned, for an hour."""
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": user, "iat": now, "exp": now + 3_600})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return ".".join(encoded) + "."


@contextmanager
def secure_broker(users: Iterable[str] = USERS) -> Iterator[SecureBroker]:
    """Run a broker that knows `users`, of whom none may do anything yet."""
    users = tuple(users)
    with tempfile.TemporaryDirectory(prefix="recibo-secure-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        authority, port = Authority(folder), free_port()
        ports = {"SSL": free_port(), "SASL_SSL": free_port()}
        scram = [
            f"{mechanism}=[name={user},password={secret_of(user)}]"
            for user in users
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        ]
        others = Listeners(ports, _properties(authority, users), scram)
        program = broker_program(folder / "kafka", CACHE, port, starts_fast=True, others=others)
        with running(program, folder):
            yield SecureBroker(KafkaSettings(f"{HOST}:{port}"), ports["SSL"], ports["SASL_SSL"], authority, folder)


def _properties(authority: Authority, users: Iterable[str]) -> dict[str, str]:
    cert_file, key_file = authority.issue("broker")
    keystore = authority.folder / "broker.pem"
    keystore.write_bytes(key_file.read_bytes() + cert_file.read_bytes())
    plain = " ".join(f'user_{user}="{secret_of(user)}"' for user in users)
    listener = "listener.name.sasl_ssl"
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.ca_file),
        "listener.name.ssl.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        f"{listener}.plain.sasl.jaas.config": f"{_SECURITY}.plain.PlainLoginModule required {plain};",
        f"{listener}.scram-sha-256.sasl.jaas.config": f"{_SECURITY}.scram.ScramLoginModule required;",
        f"{listener}.scram-sha-512.sasl.jaas.config": f"{_SECURITY}.scram.ScramLoginModule required;",
        f"{listener}.oauthbearer.sasl.jaas.config": f"{_SECURITY}.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="broker";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The listener in the clear has no users: it is the administrator's, and the node's own.
        "super.users": "User:ANONYMOUS",
    }
