"""What `recibo source learn` asks a person, and what it makes of the answers."""

from typing import Any

import click
from click.testing import CliRunner

from cli.source.learn_dialogue import ask_places, ask_words, ask_zone
from operations.learn.proposals import proposals_for
from operations.learn.shapes import grouped
from tests.support.invented_shapes import AT_MS

BODIES = [{"x": {"situ": word}, "q": "??", "n": n + 0.5} for n, word in enumerate(("foo", "bar", "entregue"))]


def answer(lines: str) -> tuple[dict[str, Any], dict[str, str], str]:
    """Ask about BODIES, answering line by line; return what was said, and what was shown."""
    said: list[Any] = []

    @click.command()
    def dialogue() -> None:
        groups = grouped(BODIES)
        given = ask_places(proposals_for(groups, AT_MS, {}))
        proposals = proposals_for(groups, AT_MS, given)
        said.extend((given, ask_words(proposals, {"foo": "sent"})))

    result = CliRunner().invoke(dialogue, input=lines, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return said[0], said[1], result.output


def test_a_missing_place_is_asked_for_and_every_other_may_be_settled() -> None:
    """The needed field that no proposal found is asked for among the places there are; a wrong name is explained."""
    given, _, shown = answer("n\ncolour=x\nstatus=x.situ\n\n\n")
    assert given == {"message_id": ("n",), "status": ("x", "situ")}
    assert "Shape 1: where is message_id? One of n, q, x.situ" in shown
    assert "The fields are status, message_id" in shown


def test_a_place_that_is_not_there_is_asked_for_again() -> None:
    """A typing mistake in a place is said, and the question comes again, instead of leaving a shape unread."""
    given, _, shown = answer("nn\nn\n\n\n")
    assert given == {"message_id": ("n",)}
    assert "There is nothing at nn." in shown


def test_a_status_with_a_typing_mistake_is_not_taken_for_a_kind_to_ignore() -> None:
    """Only what is marked as a kind of no status makes a word ignored: `delivred` is asked about again."""
    _, words, shown = answer("n\n\ndelivred\n-inbound_message\n")
    assert words == {"bar": "inbound_message"}
    assert "delivred is no status" in shown


def test_only_words_that_nobody_knows_are_asked_about() -> None:
    """A word that is understood, or that a flag settled, is not asked about; an empty answer leaves it unknown."""
    _, words, shown = answer("n\n\nread\n")
    assert words == {"bar": "read"}
    assert "'foo'" not in shown
    assert "'entregue'" not in shown
    assert answer("n\n\n\n")[1] == {}


def test_a_zone_is_asked_for_until_it_is_one() -> None:
    """What receipts tell is the default; a name that is no zone is asked for again."""
    found: list[str] = []

    @click.command()
    def dialogue() -> None:
        found.append(ask_zone("times name no zone", "America/Sao_Paulo"))

    for given, zone in (("\n", "America/Sao_Paulo"), ("São Paulo\nAsia/Kolkata\n", "Asia/Kolkata")):
        result = CliRunner().invoke(dialogue, input=given, catch_exceptions=False)
        assert found[-1] == zone
        assert "times name no zone" in result.output
    assert "São Paulo is no zone: write one as America/Sao_Paulo." in result.output
