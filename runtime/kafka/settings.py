"""Which Kafka cluster, as whom, and under which names: read once from the environment."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from runtime.setting_types import Days, Variable
from schemas.errors import ConfigurationError
from schemas.topics import DAY_MS, RETENTION_MS, RawTimestamps, Topics

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

KafkaServers = Annotated[
    str,
    Variable("KAFKA_BOOTSTRAP_SERVERS"),
    Meta(pattern=r"^[^\s,/@]+(,[^\s,/@]+)*$", description="brokers as host:port, comma-separated, without spaces"),
]
Prefix = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9._-]{0,64}$", description="up to 64 letters, digits, dots, _ and -")]
_PORT_MAX: Final = 65_535
_TOKENS: Final = "KAFKA_SASL_TOKEN_FILE, KAFKA_SASL_TOKEN_COMMAND or KAFKA_SASL_MSK_REGION"


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The cluster and the names on it. Every process and command reads the same variables."""

    bootstrap_servers: KafkaServers = "127.0.0.1:9092"
    """The brokers to ask first, `host:port`, comma-separated."""
    security_protocol: Annotated[SecurityProtocol, Variable("KAFKA_SECURITY_PROTOCOL")] = "PLAINTEXT"
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the brokers' listener has it."""
    sasl_mechanism: Annotated[SaslMechanism, Variable("KAFKA_SASL_MECHANISM")] = "SCRAM-SHA-512"
    """With SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."""
    username: Annotated[str, Variable("KAFKA_SASL_USERNAME")] = ""
    """With PLAIN and SCRAM: the principal's name."""
    password: Annotated[str, Variable("KAFKA_SASL_PASSWORD")] = field(default="", repr=False)
    """With PLAIN and SCRAM: its password."""
    password_file: Annotated[Path | None, Variable("KAFKA_SASL_PASSWORD_FILE")] = None
    """A file that holds the password instead; read whenever a client is made."""
    token_file: Annotated[Path | None, Variable("KAFKA_SASL_TOKEN_FILE")] = None
    """With OAUTHBEARER: a file that holds the token, e.g. one that Kubernetes renews; read at every connection."""
    token_command: Annotated[str, Variable("KAFKA_SASL_TOKEN_COMMAND")] = ""
    """With OAUTHBEARER: a command that prints a token, run at every connection, without a shell."""
    msk_region: Annotated[str, Variable("KAFKA_SASL_MSK_REGION")] = ""
    """With OAUTHBEARER: tokens are signed with this machine's AWS identity for Amazon MSK in this region."""
    ca_file: Annotated[Path | None, Variable("KAFKA_SSL_CA_FILE")] = None
    """With TLS: PEM certificates to trust; without, the system's."""
    cert_file: Annotated[Path | None, Variable("KAFKA_SSL_CERT_FILE")] = None
    """With TLS: PEM certificate chain by which this client proves who it is."""
    key_file: Annotated[Path | None, Variable("KAFKA_SSL_KEY_FILE")] = None
    """With TLS: PEM private key of that certificate."""
    check_hostname: Annotated[bool, Variable("KAFKA_SSL_CHECK_HOSTNAME")] = True
    """With TLS: whether a broker's certificate must name the host that was asked."""
    topic_prefix: Annotated[Prefix, Variable("RECIBO_TOPIC_PREFIX")] = ""
    """Before the name of every topic and consumer group, e.g. `staging.`: several deployments on one cluster."""
    raw_timestamps: Annotated[RawTimestamps, Variable("RECIBO_RAW_TIMESTAMPS")] = "LogAppendTime"
    """Whose clock dates the records of the raw log, as the topic must say: the broker's (LogAppendTime), or, where the
    log is mirrored from another cluster, the one that each record came with (CreateTime)."""
    topics_retention_days: Annotated[Days, Variable("RECIBO_TOPICS_RETENTION_DAYS")] = RETENTION_MS // DAY_MS
    """How long the topics that are not compacted must keep records, at least; a topic that keeps them for less is refused."""

    def __post_init__(self) -> None:
        for server in self.bootstrap_servers.split(","):
            _check_port(server)
        if bool(self.cert_file) != bool(self.key_file):
            raise ConfigurationError("KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE: set both, or neither")
        if (self.ca_file or self.cert_file) and not self.has_tls:
            raise ConfigurationError(
                f"KAFKA_SSL_… is set, and KAFKA_SECURITY_PROTOCOL={self.security_protocol} uses no TLS: "
                "choose SSL or SASL_SSL"
            )
        given = [name for name, value in self._identities().items() if value]
        if not self.has_sasl and given:
            raise ConfigurationError(
                f"{given[0]} is set, and KAFKA_SECURITY_PROTOCOL={self.security_protocol} proves no identity: "
                "choose SASL_SSL"
            )
        if self.has_sasl:
            self._check_identity()

    @property
    def has_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol in {"SSL", "SASL_SSL"}

    @property
    def has_sasl(self) -> bool:
        """Whether a client proves by SASL who it is."""
        return self.security_protocol in {"SASL_PLAINTEXT", "SASL_SSL"}

    def topics(self, generation: int = 1) -> Topics:
        """Return the names of the deployment's topics; the log's own, raw and requests, have no generation."""
        return Topics(generation, self.topic_prefix, self.raw_timestamps, self.topics_retention_days * DAY_MS)

    def named(self, name: str) -> str:
        """Return the deployment's own name for a topic, consumer group or transactional id: the prefix comes first."""
        return self.topic_prefix + name

    def _identities(self) -> dict[str, object]:
        return {
            "KAFKA_SASL_USERNAME": self.username,
            "KAFKA_SASL_PASSWORD": self.password,
            "KAFKA_SASL_PASSWORD_FILE": self.password_file,
            "KAFKA_SASL_TOKEN_FILE": self.token_file,
            "KAFKA_SASL_TOKEN_COMMAND": self.token_command,
            "KAFKA_SASL_MSK_REGION": self.msk_region,
        }

    def _check_identity(self) -> None:
        if self.sasl_mechanism == "OAUTHBEARER":
            if sum(map(bool, (self.token_file, self.token_command, self.msk_region))) != 1:
                raise ConfigurationError(f"KAFKA_SASL_MECHANISM=OAUTHBEARER: set one of {_TOKENS}")
            try:
                shlex.split(self.token_command)
            except ValueError as error:
                raise ConfigurationError(f"KAFKA_SASL_TOKEN_COMMAND is no command line: {error}") from error
        elif not self.username or bool(self.password) == bool(self.password_file):
            raise ConfigurationError(
                f"KAFKA_SASL_MECHANISM={self.sasl_mechanism}: set KAFKA_SASL_USERNAME, and one of KAFKA_SASL_PASSWORD "
                "and KAFKA_SASL_PASSWORD_FILE"
            )


def _check_port(server: str) -> None:
    """Refuse a broker whose port is none: no attempt to reach it could succeed."""
    _, colon, port = server.rpartition(":")
    if not colon or port.endswith("]"):
        return  # none is given: 9092
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _PORT_MAX):
        raise ConfigurationError(f"KAFKA_BOOTSTRAP_SERVERS: {server}: {port or 'nothing'} is no port; write host:port")
