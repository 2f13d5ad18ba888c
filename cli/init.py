"""`recibo init`: the configuration of a first start."""

import os
from pathlib import Path

import click

from cli._options import config_option, data_dir_option
from deploy.local.first_source import ensure_first_source


@click.command()
@data_dir_option
@config_option
def command(data_dir: Path, config_file: Path) -> None:
    """Make recibo.toml with one source, and its secret, where there is none yet. `recibo up` does so itself."""
    secrets_file = data_dir / "secrets.env"
    is_first = ensure_first_source(config_file, secrets_file, os.environ)
    click.echo(f"made {config_file}" if is_first else f"{config_file} is there already, and stays as it is")
    click.echo(f"secrets: {secrets_file}")
