"""`recibo causes`: what a provider's error codes mean, and what to do about them."""

import json

import click
from rich.table import Table

from cli._terminal import Terminal
from schemas.causes.catalogue import LANGUAGES, PROVIDERS, Cause, causes, tables
from schemas.causes.sentences import Language
from schemas.errors import ConfigurationError


@click.command()
@click.argument("provider", required=False, type=click.Choice(PROVIDERS))
@click.argument("codes", nargs=-1)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of what to do.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each code.")
def command(*, provider: str | None, codes: tuple[str, ...], language: Language, as_json: bool) -> None:
    """Print the error codes of PROVIDER, or only CODES of them: category, whether sending again may help, what to do.

    Without PROVIDER: whose codes are known, how many, and which pages they were read from.
    """
    if provider is None:
        _show_providers()
        return
    found = [cause for cause in causes(provider) if not codes or cause.code in codes]
    missing = set(codes) - {cause.code for cause in found}
    if missing:
        raise ConfigurationError(
            f"{provider} documents no {', '.join(sorted(missing))}; `recibo causes {provider}` lists them"
        )
    if as_json:
        for cause in found:
            click.echo(json.dumps(cause._asdict(), ensure_ascii=False))
        return
    _show_codes(found, language)


def _show_codes(found: list[Cause], language: Language) -> None:
    table = Table()
    for heading in ("code", "means", "category", "sending again", "after", "what to do"):
        table.add_column(heading, overflow="fold")
    for cause in found:
        after = cause.after[language] if cause.retry != "never" else ""
        table.add_row(cause.code, cause.meaning, cause.category, cause.retry, after, cause.do[language])
    Terminal(highlight=False).print(table)


def _show_providers() -> None:
    console = Terminal(highlight=False)
    for name, table in tables().items():
        also = f", and those of {', '.join(table.passes_on)}" if table.passes_on else ""
        console.print(f"{name}: {len(table.causes)} codes, {len(table.phrases)} texts{also}", soft_wrap=True)
        for page in table.pages:
            console.print(f"  {page.get('url') or page.get('name')} ({page['read']}): {page['how']}", soft_wrap=True)
