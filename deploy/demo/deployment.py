"""Where the demo runs: a deployment that is up, and the sources it may post to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.sources import PROVIDER, DemoSource, Proof
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.sources_file import SourcesFile
from schemas.authentication import SIGNED_BODY, Authentication, Basic, Bearer, Hmac, NoAuthentication, PathSecret
from schemas.errors import DeploymentError
from schemas.sources import Source


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running line, from its URL to its tables."""

    url: str
    kafka: KafkaSettings
    clickhouse: ClickHouseSettings
    sources: Sequence[DemoSource]
    generation: int = 1
    is_shared: bool = False
    """Whether others use it too: then only what bears the run's number is looked at."""
    secrets_file: Path | None = None
    """Of a stack of the demo's own, where what was sent is reconciled too and a person forgotten; None: of others', neither."""


def registered_sources(file: SourcesFile) -> list[DemoSource]:
    """Return the sources of a `recibo.toml` that the demo can post to as their provider would.

    Raises:
        ConfigurationError: the file cannot be used.
        DeploymentError: none of its sources fits.
    """
    found = [_demo_source(source) for source in file.read().by_name.values()]
    fitting = [source for source in found if source is not None]
    if not fitting:
        raise DeploymentError(
            f"{file.config_file}: the demo needs a source with provider {PROVIDER}, without a mapping of its own, whose secret is"
            " in the environment and whose proof is hmac (sha256, hex, of the body), bearer, basic, path or none"
        )
    return fitting


def _demo_source(source: Source) -> DemoSource | None:
    """Return a source as the demo posts to it; None for one that it cannot post to."""
    secret = next((secret.value for secret in source.secrets if secret.value), "")
    proof = _proof(source.auth)
    if source.provider.name != PROVIDER or source.mapping is not None or proof is None:
        return None
    kind, header, prefix = proof
    if kind != "none" and not secret:
        return None
    return DemoSource(source.name, source.account, kind, secret, header, prefix, source.selected)


def _proof(auth: Authentication) -> tuple[Proof, str, str] | None:
    """Return (kind, header, prefix) of a proof that the demo can give."""
    match auth:
        case Hmac(signed=signed, algorithm="sha256", encoding="hex") if signed == SIGNED_BODY:
            return "hmac", auth.header, auth.prefix
        case Bearer():
            return "bearer", auth.header, auth.prefix
        case Basic():
            return "basic", "Authorization", auth.user
        case PathSecret():
            return "path", "", ""
        case NoAuthentication():
            return "none", "", ""
    return None
