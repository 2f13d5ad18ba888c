"""`recibo message`: one person by any notation, one message by any of its ids, and never two people as one."""

import pytest
from click.testing import CliRunner, Result

from cli.message import command
from schemas.errors import DeploymentError
from schemas.event import ErrorDetail
from schemas.identity import Identity
from schemas.topics import Topics
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, connection_event, message_event

STORED = ("5511987654321", "551187654321", "11987654321")


def ask(databases: Databases, *arguments: str) -> Result:
    """Run `recibo message` on the test's own databases."""
    options = ("--url", databases.url, "--database", f"{databases.views}_numbers")
    return CliRunner().invoke(command, [*arguments, *options], env={"COLUMNS": "250"})


def shown(databases: Databases, *arguments: str) -> str:
    """Return what `recibo message` prints."""
    result = ask(databases, *arguments)
    assert result.exit_code == 0, result.exception
    return result.output


@pytest.mark.parametrize(
    "number", ["(11) 98765-4321", "551187654321", "+5511987654321", "5511987654321@s.whatsapp.net"]
)
async def test_one_person_is_found_by_every_notation(databases: Databases, project: Project, number: str) -> None:
    """Whatever form each provider reported, all messages to one person are listed, and nobody else's."""
    world = World()
    for place, recipient in enumerate(STORED):
        world.post(message_event(f"m-{place}", "delivered", START_MS + place, recipient=recipient))
    world.post(message_event("m-other", "delivered", START_MS, recipient="5511987654322"))
    await project(world)
    listed = shown(databases, number)
    assert "3 messages" in listed
    assert all(f"m-{place}" in listed for place in range(len(STORED)))
    assert "m-other" not in listed
    assert "ambiguous" not in listed


async def test_digits_of_two_lines_are_shown_as_ambiguous_and_not_merged(
    databases: Databases, project: Project
) -> None:
    """Digits that are a number of Brazil and one of Norway list both people's messages and say which may be whose."""
    world = World()
    world.post(message_event("m-1", "read", START_MS, recipient="4733334444"))
    world.post(message_event("m-2", "read", START_MS, recipient="554733334444"))
    await project(world)
    listed = shown(databases, "4733334444")
    assert "can be a number of 2 lines, +4733334444 and +554733334444" in listed
    assert "2 messages" in listed
    assert "4733334444 (ambiguous: +4733334444 or +554733334444)" in listed
    assert "m-2" not in shown(databases, "+4733334444")
    assert "2 messages" in shown(databases, "+554733334444")


async def test_a_message_is_found_by_any_of_its_ids_and_its_reference(databases: Databases, project: Project) -> None:
    """Its own id, an alias and our reference all show the same facts and timeline, the conflict and what to do said."""
    world = World()
    world.post(message_event("q-1", "error", START_MS, client_ref="order-7"))
    world.post(message_event("q-1", "created", START_MS + 1, aliases=("w-1",)))
    world.post(message_event("w-1", "delivered", START_MS + 2))
    world.post(message_event("q-2", "read", START_MS))
    await project(world)
    by_id = shown(databases, "q-1")
    assert by_id == shown(databases, "w-1") == shown(databases, "order-7", "--account", "acme")
    assert "delivered (error was reported too)" in by_id
    assert "media (131052 Media download error): fix the file" in by_id
    assert by_id.count("│ acme") == 0
    assert by_id.count("advanced") + by_id.count("filled") == 3
    assert "q-2" not in by_id


async def test_a_message_is_found_by_each_name_of_its_recipient(databases: Databases, project: Project) -> None:
    """Number, lid and business-scoped id lead to one message, which shows the number though a later status came without it."""
    named = (Identity("phone", "5511987654321"), Identity("bsuid", "BR.6641200347719966"))
    later = (Identity("lid", "77610000000001"), named[1])
    world = World()
    world.post(message_event("m-1", "sent", START_MS, recipient=named[0].value, identities=named))
    world.post(
        message_event("m-1", "read", START_MS + 1, recipient=later[0].value, recipient_kind="lid", identities=later)
    )
    world.post(message_event("m-2", "read", START_MS, recipient="5511987654399"))
    await project(world)
    by_number = shown(databases, "(11) 98765-4321")
    assert by_number == shown(databases, "BR.6641200347719966") == shown(databases, "77610000000001")
    assert "recipient         5511987654321  +5511987654321 BR" in by_number
    assert "also named        77610000000001 (lid), BR.6641200347719966 (bsuid)" in by_number
    assert "m-2" not in by_number


async def test_a_message_is_found_by_a_name_that_another_message_linked(databases: Databases, project: Project) -> None:
    """A message reported by its business-scoped id alone is found by the number, and one reported by the number alone by the id."""
    phone, scoped = Identity("phone", "551187654321"), Identity("bsuid", "BR.6641200347719966")
    world = World()
    world.post(message_event("m-1", "read", START_MS, recipient=scoped.value, recipient_kind="bsuid"))
    world.post(message_event("m-2", "read", START_MS, recipient="5511987654321"))
    world.post(message_event("m-3", "read", START_MS, recipient="5511987654399"))
    await project(world)
    assert "m-1" not in shown(databases, "(11) 98765-4321")
    world.post(message_event("m-4", "sent", START_MS, recipient=phone.value, identities=(phone, scoped)))
    await project(world)
    for text in ("(11) 98765-4321", scoped.value):
        listed = shown(databases, text)
        assert "3 messages" in listed
        assert all(name in listed for name in ("m-1", "m-2", "m-4"))


async def test_what_became_of_it_is_said_in_sentences(databases: Databases, project: Project) -> None:
    """One for support and one for the customer, in either language, with the connection as it is now and all causes."""
    world = World()
    also = (ErrorDetail("provider_outage", "131000", "Something went wrong"),)
    world.post(message_event("m-1", "error", START_MS, connection_id="c-1", further_errors=also))
    world.post(message_event("m-2", "sent", START_MS, connection_id="c-1"))
    world.post(message_event("m-3", "sent", START_MS, connection_id="c-2"))
    world.post(connection_event("c-1", "logout", START_MS + 5))
    await project(world)
    english, portuguese = shown(databases, "m-1"), shown(databases, "m-1", "--language", "pt")
    assert "The provider reports that the message failed: the file's address, size or type was not accepted" in english
    assert "the sending number is disconnected: connect it before sending again." in english
    assert "131052 Media download error; 131000 Something went wrong" in english
    assert (
        "O provedor informa que a mensagem falhou: o endereço, o tamanho ou o tipo do arquivo não foi aceito"
        in portuguese
    )
    assert "media (131052 Media download error): corrija o arquivo" in portuguese
    assert "também informado  131000 Something went wrong" in portuguese
    assert "without our hearing of it" in shown(databases, "m-2")
    assert "whether the sending number is connected is not known" in shown(databases, "m-3")


async def test_what_only_a_state_knows_is_found_as_well(databases: Databases, project: Project) -> None:
    """A message whose events were all unselected is found by its number, since its facts are kept."""
    world = World()
    world.post(message_event("m-1", "delivered", START_MS, recipient=STORED[1]))
    del world.records[Topics(1).message_events]
    await project(world)
    assert "m-1" in shown(databases, STORED[0])


def test_what_is_not_there_is_said_with_the_forms_looked_for(databases: Databases) -> None:
    """Nothing found is an error of one line that names every form, so that nobody trusts a typing mistake."""
    error = ask(databases, "551187654321").exception
    assert isinstance(error, DeploymentError)
    assert "551187654321" in str(error)
    assert "11987654321" in str(error)
