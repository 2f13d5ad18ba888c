"""`recibo export`: everything held about a person, as JSON."""

import asyncio
import logging
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from cli._options import data_dir_option, generation_option, secrets_file_option
from cli._servers import clickhouse_option, generation_of, kafka_option
from operations.forget.export import document
from operations.forget.forget import Forgetting
from operations.forget.key import made_key
from operations.forget.names import read_identity
from projections.settings import from_environ
from runtime.clickhouse.client import connect
from schemas.errors import DeploymentError

_STATEMENT_S_MAX: Final = 3_600


@click.command()
@click.argument("identity")
@click.option("--out", type=click.File("wb"), default="-", show_default="the terminal", help="File to write to.")
@click.option("--region", default="BR", show_default=True, help="Country whose national notation a number may have.")
@kafka_option
@clickhouse_option
@generation_option
@data_dir_option
@secrets_file_option
def command(identity: str, *, out: BinaryIO, region: str, secrets_file: Path, data_dir: Path, **options: Any) -> None:  # noqa: ARG001 - others' defaults are read in it
    """Write everything held about a person as one JSON document, with where it is and when it ends.

    IDENTITY is a number in any notation, a lid (99000@lid) or a business-scoped id. The file has numbers and payloads: keep
    it as private as these.
    """
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    name = read_identity(identity, region)
    options["generation"] = generation_of(options["kafka"], options["generation"])
    settings = replace(from_environ(), **options)
    try:
        with connect(settings.clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True) as client:
            forgetting = Forgetting(settings, client, partial(made_key, secrets_file, os.environ), lambda *_: None)
            report = asyncio.run(forgetting.look(name))
            key = asyncio.run(forgetting.key())
            out.writelines(document(client, settings.clickhouse.database, report.person, report.parts, key))
    except ClickHouseError as error:
        raise DeploymentError(f"ClickHouse: {error}") from error
    except KafkaError as error:
        raise DeploymentError(f"Kafka: {error}") from error
