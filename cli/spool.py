"""`recibo spool`: what waits in ingest's spool on this machine, and what an operator does about what cannot leave it."""

import time
from pathlib import Path

import click
import msgspec

from cli._options import data_dir_option
from cli._terminal import printable
from operations.spool.contents import contents_of
from operations.spool.files import SpoolFile, find, spool_files, spool_root
from operations.spool.move import give_back, set_aside, to_be_retried

_MS_PER_S = 1000

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group()
@data_dir_option
@click.pass_context
def command(context: click.Context, data_dir: Path) -> None:
    """Records that wait on this machine for Kafka, and those that cannot leave. Safe beside running workers."""
    context.obj = spool_root(data_dir)


@command.command("list")
@json_option
@click.pass_obj
def list_(root: Path, *, as_json: bool) -> None:
    """Show every file of the spool: waiting, refused by Kafka, damaged, set aside, or none of the spool's."""
    files = spool_files(root)
    if as_json:
        click.echo(msgspec.json.encode(files))
        return
    if not files:
        click.echo(f"nothing is in {root}")
    for file in files:
        click.echo(_line(file))


@command.command()
@click.argument("segment")
@json_option
@click.pass_obj
def inspect(root: Path, segment: str, *, as_json: bool) -> None:
    """Show what SEGMENT holds: how many records, and the first of them with why Kafka refused them."""
    contents = contents_of(find(root, segment))
    if as_json:
        click.echo(msgspec.json.encode(contents))
        return
    topics = ", ".join(f"{count} to {topic}" for topic, count in contents.by_topic.items()) or "none"
    click.echo(f"{contents.file}: {contents.bytes} bytes; records: {topics}")
    for what, count in (
        ("in the log already", contents.acknowledged_bytes),
        ("damaged", contents.damaged_bytes),
        ("of a record that was never acknowledged", contents.torn_bytes),
    ):
        if count:
            click.echo(f"  {count} bytes {what}")
    for record in contents.first:
        why = f"  {record.why}" if record.why else ""
        sizes = f"{record.value_bytes} bytes, headers {record.headers_bytes}"
        click.echo(printable(f"  {record.key}  request {record.request_id or '?'}  {sizes}{why}"))
    if contents.records > len(contents.first):
        click.echo(f"  … and {contents.records - len(contents.first)} more")


@command.command("set-aside")
@click.argument("segment")
@json_option
@click.pass_obj
def set_aside_(root: Path, segment: str, *, as_json: bool) -> None:
    """Take SEGMENT out of the workers' way, with all it holds. `retry` gives it back."""
    _say_moved([set_aside(find(root, segment))], "set aside", as_json=as_json)


@command.command()
@click.argument("segment")
@json_option
@click.pass_obj
def retry(root: Path, segment: str, *, as_json: bool) -> None:
    """Let the workers try SEGMENT again, or `all` that Kafka refused or that was set aside."""
    chosen = to_be_retried(root) if segment == "all" else [find(root, segment)]
    _say_moved([give_back(path) for path in chosen], "is tried again", as_json=as_json)


def _say_moved(paths: list[Path], what: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode([str(path) for path in paths]))
        return
    for path in paths:
        click.echo(f"{what}: {path}")
    if not paths:
        click.echo("nothing was refused or set aside")


def _line(file: SpoolFile) -> str:
    age = "" if file.begun_ms is None else f", {max(0.0, time.time() - file.begun_ms / _MS_PER_S):.0f} s old"
    acknowledged = f", {file.acknowledged_bytes} of them in the log already" if file.acknowledged_bytes else ""
    worker = "" if file.worker_runs else "  (no worker runs on this directory)"
    return printable(f"{file.kind:8} {file.directory}/{file.name}  {file.bytes} bytes{acknowledged}{age}{worker}")
