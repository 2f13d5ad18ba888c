"""`recibo source …`: register sources, change them, test them, teach them."""

import click

from cli.source.add import add_command
from cli.source.capture import capture_command
from cli.source.change import remove_command, rotate_command, select_command, url_command
from cli.source.learn import learn_command
from cli.source.show import list_command, show_command
from cli.source.test import test_command


@click.group()
def command() -> None:
    """Register the URLs that providers post to, and what each of them may do."""


for _subcommand in (
    add_command,
    list_command,
    show_command,
    rotate_command,
    select_command,
    url_command,
    test_command,
    capture_command,
    learn_command,
    remove_command,
):
    command.add_command(_subcommand)
