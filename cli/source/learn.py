"""`recibo source learn`: turns bodies that are not understood into events, without a line of Python."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any, Final

import click

from cli._servers import generation_of
from cli.source.learn_dialogue import MEANINGS, as_json, ask_places, ask_words, ask_zone, show_groups, show_preview
from cli.source.options import with_line, with_registry
from operations.learn.bundle import captures_in
from operations.learn.capture import Capture
from operations.learn.capture_log import captures_at, outcomes_of
from operations.learn.lesson import Said
from operations.learn.redrive import copies_understood, redrive
from operations.learn.teach import Lesson, groups_of, lesson, proposals_for
from operations.learn.zones import zone_of
from operations.sources.entry import set_mapping
from operations.sources.registry import Registry
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError
from schemas.providers.mapping import EMPTY, FIELDS, merged
from schemas.providers.mapping_check import warnings_of
from schemas.providers.paths import EACH, path_of
from schemas.record import SourceContext
from schemas.sources import Source

_HOUR_MS: Final = 3_600_000


@click.command("learn", short_help="Make a mapping from bodies that are not understood yet.")
@click.argument("name")
@click.option("--field", "fields", multiple=True, metavar="FIELD=PATH", help="Where a field is: message_id=msg.ref")
@click.option("--word", "words", multiple=True, metavar="STATUS=WORD", help="What a word means: delivered=chegou")
@click.option(
    "--ignore", "ignored", multiple=True, metavar="KIND=WORD", help="A word that is no status: inbound_message=MO"
)
@click.option(
    "--items", default="", metavar="PATH", help="Where the array of events is: entry[].changes[].value.statuses[]"
)
@click.option(
    "--from", "file", type=click.File("rb"), help="Learn from a file of `recibo source capture`, not the log."
)
@click.option("--json", "as_json", is_flag=True, help="Print the proposal as JSON, ask nothing, save nothing.")
@click.option("--time-zone", default="", help="IANA zone of times without one: America/Sao_Paulo")
@click.option("--since-hours", type=float, default=168.0, show_default=True)
@click.option("--limit", type=int, default=10_000, show_default=True, help="Captures read in one run.")
@click.option("--yes", is_flag=True, help="Do not ask: take the proposals, save, re-drive.")
@click.option("--dry-run", is_flag=True, help="Show what would be understood; save nothing.")
@click.option("--redrive", "redrives_only", is_flag=True, help="Only re-drive what the saved mapping understands.")
@click.option("--force", is_flag=True, help="Save even if the meaning of something understood today changes.")
@click.option("--seconds", type=float, default=60.0, show_default=True, help="How long to wait for the outcomes.")
@with_line
@with_registry
def learn_command(*, registry: Registry, name: str, kafka: KafkaSettings, generation: int, **options: Any) -> None:
    """Show what NAME sent that is not understood, propose a mapping, preview and save it, re-drive the captures."""
    source = registry.source(name)
    since_ms = int(time.time() * 1000 - options["since_hours"] * _HOUR_MS)
    understood: list[Capture] = []
    left = 0
    if options["file"]:
        context = SourceContext(source.name, source.account, source.provider.name)
        captures = captures_in(options["file"].read(), context, options["file"].name)
    else:
        generation = generation_of(kafka, generation)
        captures, understood, left = asyncio.run(_read(kafka, generation, name, since_ms, options["limit"]))
    if not captures:
        click.echo(f"Nothing of source {name} waits to be understood.")
        return
    if not options["redrives_only"]:
        learned = _learn(source, registry.mapping_table(name), captures, understood, options)
        _check_harmless(learned, len(understood), is_forced=options["force"])
        if options["as_json"]:
            return
        if options["dry_run"] or not (options["yes"] or click.confirm("Save this mapping and re-drive the captures?")):
            click.echo("Nothing is saved.")
            return
        _save(registry, name, learned.table)
    if options["file"]:
        return
    _redrive(registry.source(name), captures, kafka, generation, options["seconds"])
    if left:
        click.echo(f"{left} more captures wait: run this again.")


async def _read(
    kafka: KafkaSettings, generation: int, name: str, since_ms: int, limit: int
) -> tuple[list[Capture], list[Capture], int]:
    """Return (captures to learn from, records understood today, how many captures more there are)."""
    outcomes = await outcomes_of(kafka, generation, name, since_ms)
    waiting = outcomes.waiting()
    captures = await captures_at(kafka, waiting[:limit])
    return captures, await captures_at(kafka, outcomes.understood.values()), len(waiting[limit:])


def _learn(
    source: Source,
    existing: dict[str, Any],
    captures: list[Capture],
    understood: list[Capture],
    options: dict[str, Any],
) -> Lesson:
    """Propose, ask, and preview."""
    given = {field: path_of(path) for field, path in _pairs("--field", options["fields"], FIELDS)}
    words = {word: meaning for meaning, word in _pairs("--word", options["words"], MEANINGS)}
    words |= {word: kind for kind, word in _pairs("--ignore", options["ignored"])}
    groups = groups_of(captures)
    now_ms = int(time.time() * 1000)
    items = path_of(options["items"]) if options["items"] else None
    if items and items[-1] != EACH:
        items = (*items, EACH)
    proposals = proposals_for(groups, now_ms, given, items)
    unreadable = len(captures) - sum(len(group.documents) for group in groups)
    if not options["as_json"]:
        show_groups(groups, proposals, words, unreadable=unreadable)
    if not (options["yes"] or options["dry_run"] or options["as_json"]):
        given |= ask_places(proposals)
        proposals = proposals_for(groups, now_ms, given, items)
        words |= ask_words(proposals, words)
    said = Said(words, given, options["time_zone"], items)
    try:
        learned = lesson(source.provider, existing, proposals, said=said, captures=captures, understood=understood)
        zone, evidence = _zone(source, learned, captures, options)
        if zone:
            said = replace(said, time_zone=zone)
            learned = lesson(source.provider, existing, proposals, said=said, captures=captures, understood=understood)
    except ValueError as error:
        raise DeploymentError(f"the mapping cannot be used: {error}") from error
    default = source.provider.mapping or EMPTY
    warnings = [*warnings_of(merged(default, learned.table), default), *filter(None, [evidence])]
    if options["as_json"]:
        click.echo(json.dumps(as_json(proposals, learned, len(captures), warnings), ensure_ascii=False))
    else:
        show_preview(learned, len(captures), warnings)
    return learned


def _zone(source: Source, learned: Lesson, captures: list[Capture], options: dict[str, Any]) -> tuple[str, str]:
    """Return (the zone of times without one, what is to be said of it); "" for what is settled already."""
    own = source.provider.mapping
    if "time_zone" in learned.table or (own is not None and own.time_zone != EMPTY.time_zone):
        return "", ""
    evidence = zone_of(source.provider, learned.table, captures)
    if not evidence.said or options["yes"] or options["dry_run"] or options["as_json"]:
        return evidence.zone, evidence.said
    return ask_zone(evidence.said, evidence.zone or EMPTY.time_zone), ""


def _check_harmless(learned: Lesson, understood: int, *, is_forced: bool) -> None:
    if learned.changed and not is_forced:
        raise DeploymentError(
            f"{len(learned.changed)} of {understood} records that are understood today would mean something else: settle "
            f"the fields with --field, or say --force; the first is {learned.changed[0].body[:300]!r}"
        )


def _save(registry: Registry, name: str, table: dict[str, Any]) -> None:
    def edit(tables: Any) -> dict[str, str]:
        set_mapping(tables[name], table)
        return {}

    registry.change(edit)
    click.echo(f"The mapping is saved in {registry.config_file}.")


def _pairs(option: str, given: tuple[str, ...], known: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    pairs = []
    for text in given:
        key, _, value = text.partition("=")
        if not value or (known and key not in known):
            among = f", NAME one of {', '.join(known)}" if known else ""
            raise DeploymentError(f"{option} {text}: expected NAME=VALUE{among}")
        pairs.append((key, value))
    return pairs


def _redrive(source: Source, captures: list[Capture], kafka: KafkaSettings, generation: int, seconds: float) -> None:
    copies = copies_understood(source.parser, captures, source.mapping_text)
    if not copies:
        click.echo("The saved mapping understands none of the captures: nothing is re-driven.")
        return

    def on_wait() -> None:
        click.echo("waiting until the processors have read the mapping …")

    found = asyncio.run(redrive(kafka, generation, source.name, copies, s_max=seconds, on_wait=on_wait))
    came = {copy.identity for copy in copies}
    settled = len(came & found.settled)
    understood = len(
        {request for request, _ in came & found.settled} - {request for request, _ in came - found.settled}
    )
    requests = len({capture.stamp.request_id for capture in captures})
    colour = "green" if understood == requests else "yellow"
    click.secho(f"{understood} of {requests} requests are understood whole now; they tell {settled} events.", fg=colour)
    if understood < requests:
        click.echo("The others stay unmapped, in part or whole: `recibo source learn` shows them when run again.")
