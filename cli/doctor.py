"""`recibo doctor`: one line for each thing that a deployment rests on."""

import logging
import sys
from pathlib import Path
from typing import Final

import click

from cli._options import config_option, data_dir_option, secrets_file_option
from cli._servers import clickhouse_option, kafka_option
from operations.doctor import Deployment, findings
from operations.finding import Finding
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings

_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red", "unchecked": "cyan"}


@click.command()
@kafka_option
@clickhouse_option
@config_option
@data_dir_option
@secrets_file_option
def command(
    *, kafka: KafkaSettings, clickhouse: ClickHouseSettings, config_file: Path, data_dir: Path, secrets_file: Path
) -> None:
    """Check broker, topics, engine, tables, each source's last hour, versions, disk, clocks and secrets; exit 1 when one fails."""
    for library in ("aiokafka", "clickhouse_connect"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what they would log is printed below, once
    levels = set()
    for finding in findings(Deployment(kafka, clickhouse, data_dir, secrets_file, config_file)):
        levels.add(finding.level)
        click.echo(_line(finding))
    sys.exit(1 if "fail" in levels else 0)


def _line(finding: Finding) -> str:
    level = click.style(f"{finding.level:<9}", fg=_COLOURS[finding.level])
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return f"{level}  {finding.subject:<10}  {finding.text}{remedy}"
