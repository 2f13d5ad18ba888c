"""`recibo`: finds the command's module, and says errors of ours in one line."""

import sys
from importlib import import_module
from pkgutil import iter_modules

import click

import cli
from schemas.errors import ReciboError


class Commands(click.Group):
    """A group whose commands are the modules of this package, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all modules, but for those that begin with an underscore."""
        names = (module.name for module in iter_modules(cli.__path__))
        return sorted(name.replace("_", "-") for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the `command` of the module so named."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"cli.{cmd_name.replace('-', '_')}").command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="recibo")
def recibo() -> None:
    """WhatsApp message-status webhooks: kept, deduplicated, folded, reconciled in ClickHouse."""


def main() -> None:
    """Run the command line; an error of ours ends it with one line and exit code 1."""
    try:
        recibo(prog_name="recibo")
    except ReciboError as error:
        click.secho(f"recibo: {error}", fg="red", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
