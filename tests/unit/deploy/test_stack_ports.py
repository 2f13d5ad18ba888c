"""Ports of a local stack: a processors' worker never gets the one of another stage, a demo none that is somebody's."""

from dataclasses import asdict
from pathlib import Path

import pytest

from cli.demo import own_stack
from deploy.local.stack_settings import StackSettings, processors_port


@pytest.mark.parametrize(
    ("workers", "first", "expected"),
    [("", 9201, 9201), ("1", 9201, 9201), ("2", 9201, 9301), ("4", 9201, 9301), ("2", 9400, 9400), ("2", 0, 0)],
)
def test_workers_ports_are_not_those_of_other_stages(workers: str, first: int, expected: int) -> None:
    """Where the ports of several workers would reach those of projections or relay, they begin a hundred higher."""
    settings = StackSettings(processors_metrics_port=first, environ={"RECIBO_PROCESSORS_WORKERS": workers})
    assert processors_port(settings) == expected


def test_a_demo_takes_ports_that_are_free(tmp_path: Path) -> None:
    """It runs beside a line that is up: none of its ports is the one that everybody has."""
    ports = {name: port for name, port in asdict(own_stack(tmp_path)).items() if name.endswith("_port")}
    assert set(ports.values()) == {0}, ports
