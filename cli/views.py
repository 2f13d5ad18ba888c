"""`recibo views`: what there is to ask, each view with its parameters and an example."""

import click

from projections.clickhouse.views.catalog import views
from schemas.errors import ConfigurationError


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the views that data teams ask, or say all of view NAME. A view with parameters is called with all of them."""
    found = [view for view in views() if name in (None, view.name)]
    if not found:
        raise ConfigurationError(f"there is no view {name}: `recibo views` lists them")
    for view in found:
        given = f"({', '.join(view.parameters)})" if view.parameters else ""
        first, _, more = view.meaning.partition(". ")
        click.secho(f"{view.name}{given}", bold=True)
        click.echo(f"  {first.rstrip('.')}.{' ' + more if name and more else ''}")
        click.echo(f"  {view.example}")
