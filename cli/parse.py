"""`recibo parse`: what a body becomes, without sending it anywhere."""

import json
import time
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec
from rich.text import Text

from cli._options import config_option
from cli._terminal import Terminal, printable
from operations.learn.bundle import bodies_in, is_bundle
from runtime.sources_file import SourcesFile
from schemas.errors import ConfigurationError
from schemas.event import Event, Ignored, Normalized
from schemas.providers import PROVIDERS
from schemas.providers.provider import Parser
from schemas.record import SourceContext

_COLOURS = {"event": "green", "ignored": "yellow", "unmapped": "red"}


@click.command()
@click.option(
    "--provider", type=click.Choice(sorted(PROVIDERS)), help="Read as this provider's, by its default mapping."
)
@click.option("--source", help="Read as this source's: its provider, with its own mapping.")
@config_option
@click.option("--content-type", help="Content type of the bodies; default: the provider's.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each event.")
@click.argument("files", nargs=-1, required=True, type=click.File("rb"))
def command(
    *,
    provider: str | None,
    source: str | None,
    config_file: Path,
    content_type: str | None,
    as_json: bool,
    files: tuple[BinaryIO, ...],
) -> None:
    """Print what each body in FILES (- is standard input) becomes: its events, or why there are none.

    A file that `recibo source capture` wrote is read body by body.
    """
    parser, context = _reader(provider, source, config_file)
    own_type = content_type or PROVIDERS[context.provider].content_types[0]
    now_ms = time.time_ns() // 1_000_000
    show = _show_json if as_json else _show
    for file in files:
        raw = file.read()
        bodies = bodies_in(raw, file.name) if is_bundle(raw) else [(raw, own_type)]
        for number, (body, written_type) in enumerate(bodies, 1):
            name = file.name if len(bodies) == 1 else f"{file.name}:{number}"
            its_type = content_type or written_type or own_type
            for index, part in enumerate(parser.split(body, its_type)):
                said = parser.normalize(part.body, msgspec.structs.replace(context, content_type=its_type), now_ms)
                show(name, index, part.subject, *_told(said))


def _show(name: str, index: int, subject: str | None, kind: str, what: Any) -> None:
    """Print for people; where nobody looks on, lines are as long as they are."""
    console = Terminal(highlight=False)
    head = Text.assemble((name, "bold"), f" [{index}]  subject {subject or 'none'}  ", (kind, _COLOURS[kind]))
    console.print(head, soft_wrap=not console.is_terminal)
    if console.is_terminal:
        console.print_json(data=what)
    else:
        click.echo(printable(json.dumps(what, indent=2, ensure_ascii=False)))


def _show_json(name: str, index: int, subject: str | None, kind: str, what: Any) -> None:
    line = {"file": name, "index": index, "subject": subject, "is": kind, **what}
    click.echo(json.dumps(line, ensure_ascii=False))


def _reader(provider: str | None, source: str | None, config: Path) -> tuple[Parser, SourceContext]:
    """Return the parser and whose records it would read. Raises ConfigurationError."""
    if source is None:
        if provider is None:
            raise ConfigurationError("say whose bodies these are: --provider NAME, or --source NAME of recibo.toml")
        return PROVIDERS[provider].parser(None), SourceContext("example", "example", provider)
    sources = SourcesFile(config).read().by_name
    if source not in sources:
        raise ConfigurationError(f"{config}: no source {source!r}; there are {', '.join(sorted(sources)) or 'none'}")
    known = sources[source]
    return known.parser, SourceContext(known.name, known.account, known.provider.name)


def _told(said: Normalized) -> tuple[str, dict[str, Any]]:
    if isinstance(said, Event):
        fields = msgspec.to_builtins(said)
        return "event", {name: value for name, value in fields.items() if value not in ("", [], None, False)}
    return ("ignored", {"kind": said.kind}) if isinstance(said, Ignored) else ("unmapped", {"why": said.why})
