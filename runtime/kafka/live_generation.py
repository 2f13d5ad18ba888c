"""Which generation a process works for: the live one, as the topic `deployment` says; asked at start, before anything else."""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from aiokafka.errors import KafkaError

from runtime.kafka.clients import make_admin
from runtime.kafka.deployment_log import DeploymentLog
from runtime.kafka.settings import KafkaSettings
from schemas.deployment_state import FIRST_GENERATION, DeploymentState, not_live
from schemas.errors import DeploymentError

log = structlog.get_logger()

GONE: Final = "RECIBO_GENERATION"
"""The variable that once said it, and now only can contradict."""
_POLL_S: Final = 0.5
_RETRY_S: Final = 2.0


async def live_generation(kafka: KafkaSettings, client_id: str, environ: Mapping[str, str] = os.environ) -> int:
    """Return the live generation, waiting for a broker that does not answer yet and for the end of a switch.

    Raises:
        DeploymentError: the topic is not there, it does not say what is live where that is not plain, or RECIBO_GENERATION
            says otherwise.
    """
    while True:
        try:
            async with DeploymentLog(kafka, client_id) as deployment:
                await _switched(deployment)
                state = deployment.state
            if not state.is_recorded:
                await _check_unrecorded(kafka, client_id)
        except KafkaError as error:
            log.warning("Kafka does not answer; trying again", servers=kafka.bootstrap_servers, why=repr(error))
            await asyncio.sleep(_RETRY_S)
        else:
            check_old_setting(state, environ)
            return state.live.generation


def check_old_setting(state: DeploymentState, environ: Mapping[str, str]) -> None:
    """Warn of RECIBO_GENERATION where it is set, and refuse it where it contradicts. Raises DeploymentError."""
    given = environ.get(GONE, "").strip()
    if not given:
        return
    live = state.live.generation
    if given != str(live):
        raise DeploymentError(
            f"{GONE}={given} is set, and generation {live} is live, as the topic `deployment` says: these are settings from "
            f"before a repair. Unset {GONE}, and start again; nothing reads it any more"
        )
    log.warning(
        "a variable is set that nothing reads any more: unset it; the topic `deployment` says it", variable=GONE
    )


def later_generations(topics: Iterable[str], prefix: str) -> list[int]:
    """Return which generations after the first have topics, in order."""
    state = re.compile(re.escape(f"{prefix}message.state.g") + "([0-9]+)")
    found = (int(match[1]) for name in topics if (match := state.fullmatch(name)))
    return sorted(number for number in found if number > FIRST_GENERATION)


async def _switched(deployment: DeploymentLog) -> None:
    """Return when no switch lasts."""
    waits = False
    while (switching := deployment.state.live).switching_to:
        if not waits:
            log.warning("waiting", why=not_live(deployment.state, switching.generation, is_repairs=False))
            waits = True
        await asyncio.sleep(_POLL_S)
        await deployment.read_to_end()


async def _check_unrecorded(kafka: KafkaSettings, client_id: str) -> None:
    admin = make_admin(kafka, client_id)
    try:
        await admin.start()
        later = later_generations(await admin.list_topics(), kafka.topic_prefix)
    finally:
        await admin.close()
    if later:
        raise DeploymentError(
            f"the topic {kafka.topics().deployment} does not say which generation is live, and there are topics of generations "
            f"1 to {later[-1]}: run `recibo topics` once where {GONE}, or the data directory of `recibo up`, still says it"
        )
