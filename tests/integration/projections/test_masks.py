"""What an analyst, who may not see numbers, can make of the views all the same."""

import pytest

from schemas.event import ErrorDetail
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event

NUMBER = "5511987654321"
CANDIDATES = 20_000
GROUPED = ("+55 (11) 98765-4321", "55 11 98765 4321", "55.11.98765.4321", "(11) 98765-4321", NUMBER)


async def test_a_number_cannot_be_guessed(databases: Databases, project: Project) -> None:
    """Of 20,000 numbers asked of the masked search none is said to be right; ids and references are found, by either."""
    world = World()
    world.post(message_event("m-1", "delivered", START_MS, recipient=NUMBER, client_ref="order-1"))
    await project(world)
    numbers = [str(int(NUMBER) - CANDIDATES // 2 + at) for at in range(CANDIDATES)]
    for first in range(0, CANDIDATES, 5_000):
        assert databases.rows(f"SELECT * FROM views.search(texts = {numbers[first : first + 5_000]})") == []
    assert databases.rows(f"SELECT * FROM views.messages_found(texts = ['{NUMBER}'])") == []
    found = "SELECT message_id, found_by FROM {}.search(texts = ['{}'])"
    assert databases.rows(found.format("numbers", NUMBER)) == [("m-1", "recipient")]
    assert databases.rows(f"SELECT message_id FROM numbers.messages_found(texts = ['{NUMBER}'])") == [("m-1",)]
    for database in ("views", "numbers"):
        assert databases.rows(found.format(database, "order-1")) == [("m-1", "reference")]
        assert databases.rows(found.format(database, "m-1")) == [("m-1", "id")]


@pytest.mark.parametrize("written", GROUPED)
async def test_no_text_shows_a_number(databases: Databases, project: Project, written: str) -> None:
    """A number in a provider's words is masked however its digits are grouped, and no payload is shown."""
    world = World()
    world.post(
        message_event("m-1", "error", START_MS, error=ErrorDetail("unknown", "1", f"not on WhatsApp: {written}."))
    )
    await project(world)
    shown = databases.value("SELECT failure_title FROM views.messages")
    assert written[-8:] not in shown
    assert shown.startswith("not on WhatsApp: ")
    assert shown.endswith(f"{written[-2:]}.")
    assert databases.value("SELECT failure_title FROM numbers.messages") == f"not on WhatsApp: {written}."
    assert databases.rows("SELECT DISTINCT payload FROM views.audit") == [("",)]
