"""What the environment may say of Kafka, and what is refused with the variable's name."""

from pathlib import Path

import pytest
from aiokafka.errors import KafkaError

from runtime.environ import environ_of
from runtime.kafka.clients import check_files, connection
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.tokens import CommandTokens, FileTokens
from runtime.settings import from_environ
from schemas.errors import ConfigurationError

_SASL = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "recibo", "KAFKA_SASL_PASSWORD": "hush"}


def read(environ: dict[str, str]) -> KafkaSettings:
    """Read the settings that an environment gives."""
    return from_environ(KafkaSettings, "", environ)


def test_nothing_said_is_a_local_broker_in_the_clear() -> None:
    """Without variables, the local broker is meant, and no name has a prefix."""
    kafka = read({})
    assert connection(kafka) == {"bootstrap_servers": "127.0.0.1:9092", "security_protocol": "PLAINTEXT"}
    assert kafka.topics(2).message_events == "message.events.g2"
    assert kafka.named("recibo-processors-g1") == "recibo-processors-g1"


def test_a_prefix_comes_before_every_name() -> None:
    """Topics, groups and transactional ids of a deployment begin with its prefix."""
    kafka = read({"RECIBO_TOPIC_PREFIX": "staging."})
    topics = kafka.topics(2)
    assert (topics.raw, topics.requests) == ("staging.webhook.raw", "staging.webhook.requests")
    assert topics.compacted == {
        "staging.message.state.g2",
        "staging.connection.state.g2",
        "staging.processors.holds",
    }
    assert kafka.named("recibo-processors-g1") == "staging.recibo-processors-g1"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL"),
        ({**_SASL, "KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM"),
        ({"KAFKA_SASL_USERNAME": "recibo"}, "KAFKA_SASL_USERNAME"),
        ({"KAFKA_SSL_CA_FILE": "ca.pem"}, "KAFKA_SSL_"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CERT_FILE": "c.pem"}, "KAFKA_SSL_KEY_FILE"),
        ({**_SASL, "KAFKA_SASL_PASSWORD": ""}, "KAFKA_SASL_PASSWORD_FILE"),
        ({**_SASL, "KAFKA_SASL_PASSWORD_FILE": "p"}, "KAFKA_SASL_PASSWORD_FILE"),
        ({**_SASL, "KAFKA_SASL_MECHANISM": "OAUTHBEARER"}, "KAFKA_SASL_TOKEN_FILE"),
        ({"RECIBO_TOPIC_PREFIX": "a b"}, "RECIBO_TOPIC_PREFIX"),
        ({"KAFKA_SSL_CHECK_HOSTNAME": "perhaps"}, "KAFKA_SSL_CHECK_HOSTNAME"),
    ],
)
def test_what_does_not_fit_together_is_refused(environ: dict[str, str], named: str) -> None:
    """A value that is none, or would be ignored in silence, is refused with its variable's name."""
    with pytest.raises(ConfigurationError, match=named) as refused:
        read(environ)
    assert "hush" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    """Settings can be logged: they hold the password and do not show it."""
    assert "hush" not in repr(read(_SASL))


def test_a_password_file_is_read_when_a_client_is_made(tmp_path: Path) -> None:
    """A secret that rotates in its file is taken by the next client; a missing file is named, with its variable."""
    path = tmp_path / "password"
    kafka = read({**_SASL, "KAFKA_SASL_PASSWORD": "", "KAFKA_SASL_PASSWORD_FILE": str(path)})
    with pytest.raises(ConfigurationError, match="KAFKA_SASL_PASSWORD_FILE"):
        connection(kafka)
    for secret in ("first", "second"):
        path.write_text(f"{secret}\n")
        assert connection(kafka)["sasl_plain_password"] == secret


@pytest.mark.parametrize("name", ["CA_FILE", "CERT_FILE"])
def test_a_certificate_that_is_none_is_named(name: str, tmp_path: Path) -> None:
    """A PEM file that cannot be used is named with its variable."""
    path = tmp_path / "none.pem"
    path.write_text("no certificate")
    environ = {"KAFKA_SECURITY_PROTOCOL": "SSL", f"KAFKA_SSL_{name}": str(path)}
    if name == "CERT_FILE":
        environ["KAFKA_SSL_KEY_FILE"] = str(path)
    with pytest.raises(ConfigurationError, match=f"KAFKA_SSL_{name}"):
        connection(read(environ))


async def test_tokens_are_read_at_each_connection(tmp_path: Path) -> None:
    """A token file that is renewed is read again; a command is run again, and one that fails is an error that clients retry."""
    path = tmp_path / "token"
    path.write_text("one\n")
    tokens = FileTokens(path)
    assert await tokens.token() == "one"
    path.write_text("two\n")
    assert await tokens.token() == "two"
    assert await CommandTokens(f"cat '{path}'").token() == "two"
    path.unlink()
    with pytest.raises(KafkaError, match="KAFKA_SASL_TOKEN_FILE"):
        await tokens.token()
    with pytest.raises(KafkaError, match="KAFKA_SASL_TOKEN_COMMAND"):
        await CommandTokens("false").token()
    with pytest.raises(KafkaError, match="KAFKA_SASL_TOKEN_COMMAND"):
        await CommandTokens(str(tmp_path / "absent")).token()


def test_msk_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """IAM tokens need an optional package; where it is missing the message says which extra brings it."""
    monkeypatch.setitem(__import__("sys").modules, "aws_msk_iam_sasl_signer", None)
    kafka = read(
        {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA_SASL_MSK_REGION": "sa-east-1",
        }
    )
    with pytest.raises(ConfigurationError, match=r"recibo\[msk\]"):
        connection(kafka)


def test_a_child_process_reads_the_same() -> None:
    """The environment made of settings gives the same settings, whatever the parent's own variables say."""
    kafka = read({**_SASL, "RECIBO_TOPIC_PREFIX": "a.", "KAFKA_SSL_CHECK_HOSTNAME": "false"})
    assert read({"KAFKA_SASL_MECHANISM": "PLAIN", **environ_of(kafka)}) == kafka


@pytest.mark.parametrize("servers", ["kafka:99999", "kafka:0", "kafka:", "kafka:x", "a:9092,b:70000", "[::1]:99999"])
def test_a_port_that_is_none_is_refused(servers: str) -> None:
    """No attempt to reach it could succeed: said at start, with the broker that is wrong."""
    with pytest.raises(ConfigurationError, match=r"KAFKA_BOOTSTRAP_SERVERS: .* is no port"):
        read({"KAFKA_BOOTSTRAP_SERVERS": servers})


@pytest.mark.parametrize("servers", ["kafka", "kafka:1", "[::1]:65535", "a:9092,b:9093", "[::1]"])
def test_a_port_or_none_is_taken(servers: str) -> None:
    """A broker may be named with its port, or without for the usual one."""
    assert read({"KAFKA_BOOTSTRAP_SERVERS": servers}).bootstrap_servers == servers


def test_files_that_cannot_be_used_are_refused_at_start(tmp_path: Path) -> None:
    """A CA file that is none, and a password file that is not there, are said at once, and not retried."""
    no_certificate = tmp_path / "ca.pem"
    no_certificate.write_text("none")
    missing = {**_SASL, "KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "missing")}
    del missing["KAFKA_SASL_PASSWORD"]
    for environ, said in (({**_SASL, "KAFKA_SSL_CA_FILE": str(no_certificate)}, "CA_FILE"), (missing, "PASSWORD_FILE")):
        with pytest.raises(ConfigurationError, match=said):
            check_files(read(environ))
