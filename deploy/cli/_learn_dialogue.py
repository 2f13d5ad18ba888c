"""What `recibo source learn` shows and asks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from deploy.learn.preview import Preview
from deploy.learn.proposals import ORDER, Proposal
from deploy.learn.shapes import Group
from schemas.event import rfc3339
from schemas.providers.mapping import Path, path_of
from schemas.status import RANK, ConnectionStatus

_MEANINGS: Final = (*RANK, *map(str, ConnectionStatus))
_WORDS_SHOWN: Final = 6
console = Console()


def show_groups(groups: Sequence[Group], proposals: Sequence[Proposal], *, unreadable: int) -> None:
    """Print each shape with the places proposed for its fields."""
    for number, (group, proposal) in enumerate(zip(groups, proposals, strict=True), 1):
        where = (
            "" if proposal.items is None else f", events in {'.'.join(proposal.items) or 'the body itself, an array'}"
        )
        table = Table(title=f"shape {number}: {len(group.documents)} bodies{where}", title_justify="left")
        for heading in ("field", "place", "for example", "because"):
            table.add_column(heading, overflow="fold")
        for field in ORDER:
            path = proposal.paths.get(field)
            if path is not None:
                why = next((choice.why for choice in proposal.choices[field] if choice.path == path), "you said so")
                table.add_row(field, ".".join(path), proposal.samples.get(path, ""), why)
        console.print(table)
        shown = [f"{word!r} is {meaning}" for word, meaning in proposal.words.items()]
        shown += [f"{word!r} is not known" for word in proposal.unknown_words[:_WORDS_SHOWN]]
        console.print("words: " + (", ".join(shown) or "none"), markup=False)
    if unreadable:
        console.print(f"{unreadable} bodies are no JSON; a mapping cannot read them")


def ask_places(groups: Sequence[Group], proposals: Sequence[Proposal]) -> dict[str, Path]:
    """Ask where each field is that is missing or that a person wants to settle; return what was said."""
    given: dict[str, Path] = {}
    missing = [f for f in ("message_id", "status") if any(f not in proposal.paths for proposal in proposals)]
    places = sorted({".".join(path) for group in groups for path in group.shape})
    for field in missing:
        text = click.prompt(
            f"Where is {field}? One of {', '.join(places)} (empty: nowhere)", default="", show_default=False
        )
        if text.strip():
            given[field] = path_of(text.strip())
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
        given[field.strip()] = path_of(path.strip())


def ask_words(proposals: Sequence[Proposal], known: Mapping[str, str]) -> dict[str, str]:
    """Ask what each unknown word means; return what was said, words that mean no status with their kind."""
    said: dict[str, str] = {}
    for word in dict.fromkeys(word for proposal in proposals for word in proposal.unknown_words):
        if word not in known:
            question = (
                f"What does {word!r} mean? A status ({', '.join(_MEANINGS)}), a kind of no status, or empty: unknown"
            )
            meaning = click.prompt(question, default="", show_default=False).strip()
            if meaning:
                said[word] = meaning
    return said


def show_preview(table: Mapping[str, Any], made: Preview, captures: int) -> None:
    """Print what the mapping makes of the captures."""
    console.print("Preview on all captures:", style="bold")
    for event in made.events:
        about = event.message_id or event.connection_id
        at = f"{rfc3339(event.occurred_at_ms)} ({event.time_source})"
        console.print(f"  {event.status:<16} {about}  {at}  {event.recipient} {event.connection_id}", markup=False)
    counted = [f"{count} {status}" for status, count in made.statuses.most_common()]
    counted += [f"{count} ignored as {kind}" for kind, count in made.ignored.most_common()]
    counted += [f"{count} still unmapped ({why})" for why, count in made.unmapped.most_common(_WORDS_SHOWN)]
    console.print("  " + ", ".join(counted), markup=False)
    console.print(f"  {made.understood} of {captures} captures are understood whole", markup=False)
    console.print(f"mapping: {dict(table)}", markup=False)
