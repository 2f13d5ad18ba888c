"""What `recibo message` says of a failure: the code's own advice before its category's, and everything else reported."""

from typing import Any

import pytest

from cli.message.failure import failure_facts, what_came_with_it
from schemas.causes.sentences import Language


def message(provider: str, code: str, category: str, title: str = "") -> dict[str, Any]:
    failure = {"failure_status": "error", "failure_code": code, "failure_category": category, "failure_title": title}
    return {"provider": provider, **failure}


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        ("en", ["account_restricted (463): stop writing to new people", "may help later (the restriction ends"]),
        (
            "pt",
            [
                "account_restricted (463): pare de escrever a pessoas novas",
                "pode ajudar mais tarde (o fim da restrição",
            ],
        ),
    ],
)
def test_a_code_with_advice_of_its_own_gives_that(language: Language, facts: list[str]) -> None:
    """Baileys' 463 calls for more than its category does."""
    said = failure_facts(message("evolution", "463", "account_restricted"), [], language)
    assert [text.startswith(start) for (_, text), start in zip(said, facts, strict=False)] == [True, True]


def test_a_code_of_another_time_gets_its_categorys_advice() -> None:
    """A stored category that today's table no longer gives the code is what counts; one not known calls for a look."""
    said = dict(failure_facts(message("meta_cloud", "131045", "billing"), [], "en"))
    assert said["failure"] == "billing (131045): pay or fix the payment method"
    assert dict(failure_facts(message("meta_cloud", "1", "of_tomorrow"), [], "en"))["failure"].endswith(": inspect")


def test_all_that_was_reported_is_shown_once() -> None:
    """Further errors of all events, without repeats; no failure, nothing."""
    event = {"error_code": "1", "error_title": "a", "further_errors": [("media", "2", "b"), ("unknown", "3", "")]}
    said = dict(failure_facts(message("meta_cloud", "1", "media", "a"), [event, event], "en"))
    assert said["also reported"] == "2 b; 3"
    assert what_came_with_it(event) == "1 a; 2 b; 3"
    assert failure_facts({"failure_status": ""}, [event], "en") == []
