"""Whether what is counted ahead (`funnel_rollup`, `message_slot`) follows what is inserted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.finding import Finding
from projections.rollup import waiting
from runtime.clickhouse.settings import ClickHouseSettings

BEHIND_MAX: Final = timedelta(minutes=15)
"""Three rounds of the projector: a change that has not been counted for longer is not going to be by itself."""
_CHECK: Final = "rollup"


def rollup(client: Client, settings: ClickHouseSettings) -> Iterator[Finding]:
    """Say whether every week that changed was recounted since; nothing where the tables are not there. Raises ClickHouseError."""
    if client.command(f"EXISTS TABLE {settings.database}.message_slot"):
        yield judged(waiting(client, settings.database, settings.topology))


def judged(behind: timedelta) -> Finding:
    """Judge how long the oldest change has not been counted. Pure."""
    if behind <= BEHIND_MAX:
        return Finding("ok", _CHECK, "funnel_rollup has all that was inserted until a few minutes ago")
    minutes = int(behind.total_seconds() // 60)
    return Finding(
        "fail",
        _CHECK,
        f"messages inserted {minutes:,} minutes ago are not in funnel_rollup yet",
        "a projector recounts changed weeks every five minutes: start one, or read in its log why a recount fails",
    )
