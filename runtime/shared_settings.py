"""The settings that several processes and the command line share: each variable, its bounds and meaning, said once.

A stage takes a type from here for its own field; its default is that of the field of `SharedSettings`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.setting_types import Variable

ConfigFile = Annotated[Path, Variable("RECIBO_CONFIG")]
SecretsFile = Annotated[Path | None, Variable("RECIBO_SECRETS_FILE")]
DataDir = Annotated[Path, Variable("RECIBO_DATA_DIR")]
PublicUrl = Annotated[
    str,
    Variable("RECIBO_PUBLIC_URL"),
    Meta(pattern=r"^https?://[^\s/?#]+(/\S*)?$", description="a URL like https://hooks.example.com"),
]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], Variable("RECIBO_LOG_LEVEL")]


@dataclass(frozen=True, slots=True)
class SharedSettings:
    """What more than one process may need to know."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The cluster."""
    clickhouse: ClickHouseSettings = field(default_factory=ClickHouseSettings)
    """The engine."""
    config_file: ConfigFile = Path("recibo.toml")
    """The sources: who may post, how their bodies are read, where to webhooks are relayed. Read again when it changes."""
    secrets_file: SecretsFile = None
    """Lines NAME=value, read with the sources, so that a new source's secret needs no restart. A variable that is set
    wins over a line. The command line's default is `secrets.env` in the data directory."""
    data_dir: DataDir = Path(".recibo")
    """What is kept on this machine: `ingest/spool` (ingest), `state` (processors), and what `recibo up` starts."""
    public_url: PublicUrl = ""
    """What providers call; needed where the URL is signed."""
    log_level: LogLevel = "INFO"
    """The least level that is logged."""


SHARED: Final = SharedSettings()
"""The defaults."""
