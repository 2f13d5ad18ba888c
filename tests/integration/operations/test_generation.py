"""Which generation is live, of a deployment that has never noted it, and of one whose settings are older than a repair."""

from pathlib import Path

import pytest

from operations.generation import agreed, settle
from operations.topics import create_missing
from runtime.kafka.live_generation import live_generation
from runtime.kafka.settings import KafkaSettings
from schemas.deployment_state import LiveGeneration
from schemas.errors import DeploymentError


def kafka_of(bootstrap: str, name: str) -> KafkaSettings:
    """Return a deployment of its own on the session's broker."""
    return KafkaSettings(bootstrap, topic_prefix=f"{name}.")


async def test_a_first_start_notes_the_first_generation(kafka_bootstrap: str, fresh_name: str, tmp_path: Path) -> None:
    """Topics are made and the generation is noted; a second time there is nothing to do."""
    kafka = kafka_of(kafka_bootstrap, fresh_name)
    live, created = await settle(kafka, 2, tmp_path, {})
    assert live == LiveGeneration()
    assert kafka.topics().deployment in created
    assert (await agreed(kafka)).is_recorded
    assert await settle(kafka, 2, tmp_path, {}) == (live, [])
    assert await live_generation(kafka, "test", {}) == 1


@pytest.mark.parametrize("where", ["the file", "the variable"])
async def test_what_an_earlier_release_kept_moves_into_the_topic(
    where: str, kafka_bootstrap: str, fresh_name: str, tmp_path: Path
) -> None:
    """generation.json of `recibo up`, or RECIBO_GENERATION, is noted once; the file goes."""
    kafka, file = kafka_of(kafka_bootstrap, fresh_name), tmp_path / "generation.json"
    environ = {}
    if where == "the file":
        file.write_text('{"generation":3}')
    else:
        environ["RECIBO_GENERATION"] = "3"
    live, created = await settle(kafka, 2, tmp_path, environ)
    assert live == LiveGeneration(3)
    assert kafka.topics(3).message_state in created
    assert not file.exists()
    assert await live_generation(kafka, "test", {}) == 3


async def test_settings_of_before_a_repair_are_refused(kafka_bootstrap: str, fresh_name: str, tmp_path: Path) -> None:
    """RECIBO_GENERATION with another number than the live one ends a process, and a `recibo topics`, with what to do."""
    kafka = kafka_of(kafka_bootstrap, fresh_name)
    await settle(kafka, 2, tmp_path, {"RECIBO_GENERATION": "2"})
    assert await live_generation(kafka, "test", {"RECIBO_GENERATION": "2"}) == 2
    for refused in (
        live_generation(kafka, "test", {"RECIBO_GENERATION": "1"}),
        settle(kafka, 2, tmp_path, {"RECIBO_GENERATION": "1"}),
    ):
        with pytest.raises(DeploymentError, match=r"RECIBO_GENERATION=1 is set, and generation 2 is live.*Unset"):
            await refused


async def test_several_generations_and_nobody_who_knows(kafka_bootstrap: str, fresh_name: str, tmp_path: Path) -> None:
    """Where topics of a later generation are there and nothing says which is live, none is guessed."""
    kafka = kafka_of(kafka_bootstrap, fresh_name)
    await create_missing(kafka, 2, 2)
    with pytest.raises(DeploymentError, match=r"generations 1 to 2.*RECIBO_GENERATION"):
        await live_generation(kafka, "test", {})
    with pytest.raises(DeploymentError, match="nothing says which is live"):
        await settle(kafka, 2, tmp_path, {})
