"""`recibo ready`: a health check for containers that have no curl."""

import sys

import click

from runtime.programs import answers


@click.command()
@click.argument("url")
def command(url: str) -> None:
    """Exit 0 when a GET of URL is answered 2xx within a second, 1 otherwise."""
    sys.exit(0 if answers(url) else 1)
