"""How a local stack's servers are reached: as they were given, or, of its own, without what the environment says of others.

Pure. An environment that speaks of a cluster's users and certificates must not keep the stack from its own broker.
"""

from collections.abc import Mapping
from typing import Final

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.settings import from_environ

_KAFKA_NAMES: Final = ("RECIBO_TOPIC_PREFIX",)
_CLICKHOUSE_NAMES: Final = ("RECIBO_PROJECTIONS_STORE", "RECIBO_CLICKHOUSE_VIEWS")


def own_kafka(address: str, environ: Mapping[str, str]) -> KafkaSettings:
    """Return how the stack's own broker is reached. Raises ConfigurationError naming a variable."""
    names = {name: environ.get(name, "") for name in _KAFKA_NAMES}
    return from_environ(KafkaSettings, "", {**names, "KAFKA_BOOTSTRAP_SERVERS": address})


def own_clickhouse(url: str, password_file: str, environ: Mapping[str, str]) -> ClickHouseSettings:
    """Return how the stack's own engine is reached. Raises ConfigurationError naming a variable."""
    names = {name: environ.get(name, "") for name in _CLICKHOUSE_NAMES}
    own = {"CLICKHOUSE_URL": url, "CLICKHOUSE_PASSWORD_FILE": password_file}
    return from_environ(ClickHouseSettings, "", {**names, **own})
