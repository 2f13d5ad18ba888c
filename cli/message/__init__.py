"""`recibo message`: what support asks: what became of this message, or of what we sent to this number."""

import logging

import click

from cli._servers import clickhouse_option
from cli.message.show import show_found, show_message
from operations.lookup import ask
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.causes.catalogue import LANGUAGES
from schemas.causes.sentences import Language
from schemas.errors import DeploymentError


@click.command()
@click.argument("text", metavar="ID|NUMBER|REFERENCE")
@click.option("--account", default="", help="Only this account's messages.")
@click.option("--region", default="BR", show_default=True, help="Country of numbers written without a country code.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Of the sentences and of what to do: English or Portuguese.",
)
@clickhouse_option
@click.option(
    "--database",
    default="",
    show_default="recibo_numbers",
    help="`recibo` shows numbers masked, as analysts see them.",
)
def command(
    *, text: str, account: str, region: str, language: Language, clickhouse: ClickHouseSettings, database: str
) -> None:
    """Print what is true of a message, and everything that came about it; or list the messages that were found.

    A NUMBER may be written in any way: (11) 98765-4321, +5511987654321, 551187654321 and a JID find one person. Where
    digits can be numbers of two people, both are shown, and are never merged. A recipient's other names, a lid or a
    business-scoped id (BR.…), find its messages too.
    """
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # errors are reported once, by us
    found, timeline, connection = ask(
        clickhouse, database or clickhouse.numbers_database, text, region.upper(), account
    )
    if not found.messages:
        of_whom = f" of account {account}" if account else ""
        raise DeploymentError(f"no message{of_whom} goes by {' or '.join(found.forms)}")
    show_found(text, found, region.upper())
    if found.total == 1:
        show_message(found.messages[0], timeline, connection, language)
