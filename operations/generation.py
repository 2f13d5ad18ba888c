"""Which generation of a deployment is live: asked of the topic `deployment`, and noted there at its first start.

Earlier releases kept it in RECIBO_GENERATION, or in `generation.json` in the data directory of `recibo up`: what these say
moves into the topic once, and the file goes.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from aiokafka.errors import KafkaError

from operations.topics import admin_of, create_missing
from runtime.kafka.deployment_log import DeploymentLog, deployment_state
from runtime.kafka.live_generation import GONE, check_old_setting, later_generations
from runtime.kafka.settings import KafkaSettings
from schemas.deployment_state import LIVE, DeploymentState, LiveGeneration
from schemas.errors import DeploymentError

_CLIENT: Final = "recibo-operator"


async def agreed(kafka: KafkaSettings) -> DeploymentState:
    """Return what the topic says. Raises DeploymentError: no broker answers, or the topic is not there."""
    try:
        return await deployment_state(kafka, _CLIENT)
    except KafkaError as error:
        raise DeploymentError(
            f"no Kafka broker answers at {kafka.bootstrap_servers} ({error}): start it, or correct KAFKA_BOOTSTRAP_SERVERS"
        ) from error


async def settle(
    kafka: KafkaSettings, partitions: int, data_dir: Path, environ: Mapping[str, str] = os.environ
) -> tuple[LiveGeneration, list[str]]:
    """Create the live generation's topics as far as they are missing, and note which is live where nobody has.

    Returns:
        What is live, and the topics created.

    Raises:
        DeploymentError: no broker answers, it refuses, RECIBO_GENERATION contradicts, or nothing says which of several
            generations is live.
    """
    async with admin_of(kafka) as admin:
        names = await admin.list_topics()
    state = await agreed(kafka) if kafka.topics().deployment in names else DeploymentState()
    if state.is_recorded:
        check_old_setting(state, environ)
    live = state.live if state.is_recorded else _said_before(kafka, names, data_dir, environ)
    created = await create_missing(kafka, live.generation, partitions)
    if not state.is_recorded:
        async with DeploymentLog(kafka, _CLIENT) as deployment:
            await deployment.write(LIVE, 0, live)
    _file(data_dir).unlink(missing_ok=True)
    return live, created


def _said_before(kafka: KafkaSettings, names: list[str], data_dir: Path, environ: Mapping[str, str]) -> LiveGeneration:
    """Return what an earlier release kept elsewhere; the first generation where there are no others."""
    given = environ.get(GONE, "").strip()
    if given:
        if not (given.isascii() and given.isdecimal() and int(given)):
            raise DeploymentError(f"{GONE}={given} is no generation: unset it, or set the number of the live one")
        return LiveGeneration(int(given))
    path = _file(data_dir)
    try:
        return msgspec.json.decode(path.read_bytes(), type=LiveGeneration)
    except FileNotFoundError:
        pass
    except msgspec.DecodeError as error:
        raise DeploymentError(f'{path} cannot be read ({error}): write {{"generation": N}} into it') from error
    later = later_generations(names, kafka.topic_prefix)
    if later:
        raise DeploymentError(
            f"there are topics of generations 1 to {later[-1]}, and nothing says which is live: run this once with {GONE}=N set "
            "to the one that processors and projections worked for last"
        )
    return LiveGeneration()


def _file(data_dir: Path) -> Path:
    return data_dir / "generation.json"
