"""`make faults NAME=projections` (ROUNDS=, FROM=): every fault between topics and tables, again and again.

Each round is written to `build/faults/projections.jsonl`, where runs of one commit add up.
"""

import asyncio
import json
import logging
import sys
import tempfile
from functools import partial
from pathlib import Path

import click

from tests.faults.projections.check import SHOWN_MAX
from tests.faults.projections.faults import happenings
from tests.faults.projections.harness import run
from tests.faults.tally import Tally


@click.command()
@click.option("--rounds", default=100, show_default=True)
@click.option("--messages", default=4_500, show_default=True, help="New ones each round; about 2.6 events each.")
@click.option("--from", "--seed", "seed", default=1, show_default=True, help="Of the run: another one is another run.")
@click.option("--check-every", default=25, show_default=True, help="Rounds between full comparisons.")
@click.option("--away-s", default=3.0, show_default=True, help="How long the engine is out of reach, real seconds.")
@click.option("--only", default="", help="Only the happenings whose name begins so, e.g. 'engine away'.")
def main(*, rounds: int, messages: int, seed: int, check_every: int, away_s: float, only: str) -> None:
    """Run the rounds. The last line is one JSON object; exit code 1 when there is any difference."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    chosen = {name: what for name, what in happenings(away_s).items() if name.startswith(only)}
    tally = Tally("projections")
    with tempfile.TemporaryDirectory(prefix="recibo-crash-", ignore_cleanup_errors=True) as folder:
        report = asyncio.run(
            run(
                Path(folder),
                rounds,
                messages,
                chosen,
                seed=seed,
                check_every=check_every,
                say=click.echo,
                note=partial(tally.note_total, seed),
            )
        )
    for difference in report.differences[:SHOWN_MAX]:
        click.echo(f"difference: {difference}")
    click.echo(json.dumps({**vars(report), "differences": len(report.differences), **tally.sum()}))
    sys.exit(1 if report.differences else 0)


if __name__ == "__main__":
    main()
