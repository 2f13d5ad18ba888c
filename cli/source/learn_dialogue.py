"""What `recibo source learn` shows and asks."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import tomlkit
from rich.table import Table

from cli._terminal import Terminal
from operations.learn.lesson import written
from operations.learn.proposals import ORDER, Proposal
from operations.learn.shapes import Group
from operations.learn.teach import Lesson
from schemas.event import rfc3339
from schemas.providers.paths import Path, dotted_of, path_of
from schemas.status import RANK, ConnectionStatus

MEANINGS: Final = (*RANK, *map(str, ConnectionStatus))
"""What a word may mean."""
_WORDS_SHOWN: Final = 6
_EXAMPLE_LENGTH_MAX: Final = 200
console = Terminal()


def show_groups(
    groups: Sequence[Group], proposals: Sequence[Proposal], settled: Mapping[str, str], *, unreadable: int
) -> None:
    """Print each shape with the places proposed for its fields, and what its words mean; `settled` are a person's."""
    for number, (group, proposal) in enumerate(zip(groups, proposals, strict=True), 1):
        count = len(group.documents)
        title = f"shape {number}: {count} {'body' if count == 1 else 'bodies'}"
        if proposal.items is not None:
            title += f", events in {dotted_of(proposal.items)}"
        if not (proposal.paths or proposal.when):
            example = json.dumps(group.documents[0], ensure_ascii=False)[:_EXAMPLE_LENGTH_MAX]
            console.print(f"{title}: nothing in it looks like a status of a message, e.g. {example}")
            continue
        if proposal.remark:
            console.print(f"{title}: stays unmapped: {proposal.remark}")
        table = Table(title=title, title_justify="left")
        for heading in ("field", "place", "for example", "because"):
            table.add_column(heading, overflow="fold")
        for field in ORDER:
            path = proposal.paths.get(field)
            if path is not None:
                why = next(
                    (choice.why for choice in proposal.choices.get(field, ()) if choice.path == path), "you said so"
                )
                table.add_row(field, dotted_of(path), proposal.samples.get(path, ""), why)
        console.print(table)
        for condition in proposal.when:
            console.print(f"{condition.told_by}: {condition.status or f'ignored as {condition.ignored}'}")
        shown = [f"{word!r} is {settled.get(word, meaning)}" for word, meaning in proposal.words.items()]
        shown += [
            f"{word!r} is {settled[word]}" if word in settled else f"{word!r} is not known"
            for word in proposal.unknown_words[:_WORDS_SHOWN]
        ]
        console.print("words: " + (", ".join(shown) or "none"))
    if unreadable:
        console.print(
            f"{unreadable} {'body is' if unreadable == 1 else 'bodies are'} no JSON; a mapping cannot read them"
        )


def ask_places(proposals: Sequence[Proposal]) -> dict[str, Path]:
    """Ask where each field is that is missing or that a person wants to settle; return what was said."""
    given: dict[str, Path] = {}
    for number, proposal in enumerate(proposals, 1):
        places = [dotted_of(path) for path in sorted(proposal.samples)]
        if not places:
            continue
        for field in ("status", "message_id"):
            if field in proposal.paths or given.get(field) in proposal.samples:
                continue
            place = _ask_place(f"Shape {number}: where is {field}?", places)
            if not place:
                break  # without one of the two these bodies stay unmapped, or are no statuses
            given[field] = path_of(place)
    while True:
        text = click.prompt(
            "Another place for a field? FIELD=PATH (empty: as proposed)", default="", show_default=False
        )
        field, _, path = text.partition("=")
        if not path.strip():
            return given
        if field.strip() not in ORDER:
            click.echo(f"The fields are {', '.join(ORDER)}.")
            continue
        if not any(path_of(path.strip()) in proposal.samples for proposal in proposals):
            click.echo(f"No capture has anything at {path.strip()}: it is looked for in bodies to come.")
        given[field.strip()] = path_of(path.strip())


def _ask_place(question: str, places: Sequence[str]) -> str:
    while True:
        text = click.prompt(
            f"{question} One of {', '.join(places)} (empty: nowhere)", default="", show_default=False
        ).strip()
        if not text or text in places:
            return str(text)
        click.echo(f"There is nothing at {text}.")


def ask_words(proposals: Sequence[Proposal], known: Mapping[str, str]) -> dict[str, str]:
    """Ask what each unknown word means; return what was said, words that mean no status with their kind."""
    said: dict[str, str] = {}
    for word in dict.fromkeys(word for proposal in proposals for word in proposal.unknown_words):
        if word not in known:
            meaning = _ask_meaning(word)
            if meaning:
                said[word] = meaning
    return said


def _ask_meaning(word: str) -> str:
    """Ask until it is a status or, after a `-`, a kind of no status: a status with a typing mistake must not be ignored."""
    question = (
        f"What does {word!r} mean? A status ({', '.join(MEANINGS)}), -KIND for what is no status "
        "(-inbound_message), or empty: unknown"
    )
    while True:
        meaning = click.prompt(question, default="", show_default=False).strip()
        if meaning.startswith("-") and meaning[1:] not in MEANINGS:
            return str(meaning[1:])
        if not meaning or meaning in MEANINGS:
            return str(meaning)
        click.echo(f"{meaning} is no status.")


def ask_zone(said: str, proposed: str) -> str:
    """Ask in which zone times are that name none, until it is one; `said` is what is known of it."""
    click.echo(said)
    while True:
        zone = click.prompt("In which time zone are they?", default=proposed).strip()
        try:
            return ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError):
            click.echo(f"{zone} is no zone: write one as America/Sao_Paulo.")


def as_json(proposals: Sequence[Proposal], learned: Lesson, captures: int, warnings: Sequence[str]) -> dict[str, Any]:
    """Return what is proposed, and what it makes of the captures, for programs."""
    shapes = [
        {
            "paths": {name: dotted_of(path) for name, path in proposal.paths.items()},
            "because": {
                name: listed[0].why for name, listed in proposal.choices.items() if listed and name in proposal.paths
            },
            "when": [written(condition) for condition in proposal.when],
            "words": proposal.words,
            "unknown_words": proposal.unknown_words,
            "remark": proposal.remark,
        }
        for proposal in proposals
    ]
    made = learned.preview
    counts = {"statuses": made.statuses, "ignored": made.ignored, "unmapped": made.unmapped}
    understood = {"captures": captures, "understood_whole": made.understood, "would_change": len(learned.changed)}
    return {"mapping": learned.table, "shapes": shapes, **counts, **understood, "warnings": list(warnings)}


def show_preview(learned: Lesson, captures: int, warnings: Sequence[str]) -> None:
    """Print what the mapping makes of the captures, what it leaves out, and what should be looked at again."""
    table, made = learned.table, learned.preview
    console.print("Preview on all captures:", style="bold")
    events = Table()
    for heading in ("status", "message", "time", "recipient", "connection"):
        events.add_column(heading, overflow="fold")
    for event in made.events:
        at = f"{rfc3339(event.occurred_at_ms)} ({event.time_source})"
        events.add_row(event.status, event.message_id, at, event.recipient, event.connection_id)
    console.print(events)
    counted = [f"{count} {status}" for status, count in made.statuses.most_common()]
    counted += [f"{count} ignored as {kind}" for kind, count in made.ignored.most_common()]
    counted += [f"{count} still unmapped ({why})" for why, count in made.unmapped.most_common(_WORDS_SHOWN)]
    console.print("  " + ", ".join(counted))
    console.print(f"  {made.understood} of {captures} captures are understood whole")
    for number, why in learned.left_out.items():
        console.print(f"  shape {number + 1} stays unmapped: {why}", style="yellow")
    for warning in warnings:
        console.print(f"  look again: {warning}", style="yellow")
    console.print("The mapping:", style="bold")
    console.print(tomlkit.dumps({"mapping": table}).strip(), highlight=False, soft_wrap=True)
