"""`make faults NAME=processors` (ROUNDS=, FROM=): kill the processors at random points of their work.

Each round is written to `build/faults/processors.jsonl`, where runs of one commit add up.
"""

import asyncio
import json
import logging
import sys
import tempfile
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click

from tests.faults.processors.harness import Harness, run, summary
from tests.faults.processors.scene import WorkerFailed
from tests.faults.tally import Tally
from tests.support.servers import kafka_server


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Kills to try.")
@click.option("--from", "--seed", "seed", default=1, show_default=True, help="Of the run: another one is another run.")
@click.option("--records", default=2000, show_default=True, help="Raw records appended each round.")
@click.option("--partitions", default=3, show_default=True)
@click.option("--check-every", default=10, show_default=True, help="Rounds between full comparisons.")
@click.option("--bootstrap", default="", envvar="KAFKA_BOOTSTRAP_SERVERS", help="A broker; by default one of its own.")
def main(*, rounds: int, seed: int, records: int, partitions: int, check_every: int, bootstrap: str) -> None:
    """Run the harness. The last line is one JSON object; exit code 1 when there is any difference."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it shouts about topics that are only being made

    tally = Tally("processors")

    async def all_rounds(servers: str, folder: Path) -> bool:
        harness = Harness(servers, folder, seed=seed, partitions=partitions, records=records)
        async with harness:
            failure = ""
            try:
                await run(harness, rounds, check_every, click.echo, partial(tally.note_total, seed))
            except WorkerFailed as error:
                failure = f"the worker failed: {error}"
                tally.note(seed, harness.report.rounds, 1)
                click.echo(failure)
            for difference in harness.findings.differences:
                click.echo(f"difference: {difference}")
            click.echo(json.dumps(summary(harness) | tally.sum()))
            return not failure and harness.findings.difference_count == 0

    with nullcontext(bootstrap) if bootstrap else kafka_server() as servers, tempfile.TemporaryDirectory() as folder:
        is_clean = asyncio.run(all_rounds(servers, Path(folder)))
    sys.exit(0 if is_clean else 1)


if __name__ == "__main__":
    main()
