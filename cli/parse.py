"""`recibo parse`: what a body becomes, without sending it anywhere."""

import time
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec
from rich.text import Text

from cli._options import config_option
from cli._terminal import Terminal
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
@click.argument("files", nargs=-1, required=True, type=click.File("rb"))
def command(
    provider: str | None, source: str | None, config_file: Path, content_type: str | None, files: tuple[BinaryIO, ...]
) -> None:
    """Print what each body in FILES (- is standard input) becomes: its events, or why there are none."""
    parser, context = _reader(provider, source, config_file)
    own_type = content_type or PROVIDERS[context.provider].content_types[0]
    console, now_ms = Terminal(highlight=False), time.time_ns() // 1_000_000
    for file in files:
        for index, part in enumerate(parser.split(file.read(), own_type)):
            said = parser.normalize(part.body, msgspec.structs.replace(context, content_type=own_type), now_ms)
            kind, what = _told(said)
            head = Text.assemble(
                (file.name, "bold"), f" [{index}]  subject {part.subject or 'none'}  ", (kind, _COLOURS[kind])
            )
            console.print(head)
            console.print_json(data=what)


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


def _told(said: Normalized) -> tuple[str, Any]:
    if isinstance(said, Event):
        fields = msgspec.to_builtins(said)
        return "event", {name: value for name, value in fields.items() if value not in ("", [], None, False)}
    return ("ignored", {"kind": said.kind}) if isinstance(said, Ignored) else ("unmapped", {"why": said.why})
