"""`make bench NAME=plot`: the last results of this checkout's benchmarks as charts in docs/figures/.

Draws what there is of `processors`, `large_state` and `workers`; a benchmark that was not run keeps its former chart.
"""

from runtime.programs import CHECKOUT
from tests.bench.chart import Bar, bar_chart
from tests.bench.command_line import begin
from tests.bench.results import last

FIGURES = CHECKOUT / "docs" / "figures"
TITLES = {
    "recibo": "Recibo, a worker a core",
    "recibo_1": "Recibo, 1 worker",
    "kafka_streams_1": "Kafka Streams, 1 thread",
    "kafka_streams_2": "Kafka Streams, 2 threads",
    "quix_streams": "Quix Streams",
    "stock_faust": "Faust as it comes",
    "limit": "consume and parse only",
}
_UNIT = "events/s, the broker on the same machine; median"


def _programs() -> str | None:
    result = last("processors")
    if result is None:
        return None
    bars = [
        Bar(TITLES[name], run["events_per_s"], f"{run['peak_memory_mb']:.0f} MiB", name.startswith("recibo"))
        for name, run in result["runs"].items()
    ]
    return bar_chart(f"The same records of {result['messages']:,} messages", _UNIT, bars)


def _state_sizes() -> str | None:
    result = last("large_state")
    if result is None:
        return None
    bars = [
        Bar(f"{run['states']:,}", run["events_per_s"], f"{run['memory_mb']:.0f} MiB") for run in result["runs"].values()
    ]
    return bar_chart("Throughput by the number of tracked messages", _UNIT, bars)


def _workers() -> str | None:
    result = last("workers")
    if result is None:
        return None
    bars = [
        Bar(f"{workers} worker{'s' if workers != '1' else ''}", run["events_per_s"], f"{run['peak_memory_mb']:.0f} MiB")
        for workers, run in result["runs"].items()
    ]
    return bar_chart("Throughput by the number of worker processes", _UNIT, bars)


CHARTS = {"processors": _programs, "state_size": _state_sizes, "workers": _workers}


def main() -> None:
    """Write the charts and say which."""
    options = begin(__doc__, CHARTS)
    FIGURES.mkdir(exist_ok=True)
    for name, draw in CHARTS.items():
        if name not in options.parts:
            continue
        svg = draw()
        if svg is None:
            print(f"no results for {name}: run its benchmark first")
            continue
        file = FIGURES / f"throughput_by_{name}.svg"
        file.write_text(svg)
        print(file.relative_to(CHECKOUT))


if __name__ == "__main__":
    main()
