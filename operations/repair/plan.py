"""What a repair is about: which deployment, from which generation to the next."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from operations.rebuild.replay import Progress
from projections.settings import Settings
from runtime.clickhouse.topology import Topology
from runtime.kafka.settings import KafkaSettings
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Plan:
    """One repair."""

    settings: Settings
    """Of the projector, at the old generation."""
    client: Client
    data_dir: Path
    """Where the new generation's states are kept on this machine."""
    config_file: Path
    """The sources, with what was fixed."""
    archive: str
    """Location of an archive that reaches back further than the log; empty: none."""
    progress: Progress

    @property
    def kafka(self) -> KafkaSettings:
        """The cluster."""
        return self.settings.kafka

    @property
    def store(self) -> str:
        """Database of the live tables."""
        return self.settings.clickhouse.database

    @property
    def topology(self) -> Topology:
        """What kind of ClickHouse it is."""
        return self.settings.clickhouse.topology

    @property
    def old(self) -> int:
        """The generation that is live."""
        return self.settings.generation

    @property
    def new(self) -> int:
        """The generation that is made."""
        return self.settings.generation + 1

    @property
    def topics(self) -> Topics:
        """The new generation's topics."""
        return self.kafka.topics(self.new)

    @property
    def old_topics(self) -> Topics:
        """The live generation's topics."""
        return self.kafka.topics(self.old)

    @property
    def shadow(self) -> str:
        """Database of the new generation's tables until the switch."""
        return f"{self.store}_g{self.new}"

    @property
    def processors_group(self) -> str:
        """The consumer group of the new generation's processors: theirs before the switch and after it."""
        return self.kafka.named(f"recibo-processors-g{self.new}")

    @property
    def new_settings(self) -> Settings:
        """Of the projector, at the new generation."""
        return dataclasses.replace(self.settings, generation=self.new)
