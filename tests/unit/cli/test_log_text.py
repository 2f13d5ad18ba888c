"""What a stage logs, as `recibo up` shows it."""

import json
import logging

import pytest

from cli.up.log_text import readable
from runtime.logs import formatter


def line(level: int, text: str, **record: object) -> str:
    made = logging.LogRecord("ingest.app", level, __file__, 1, text, (), None)
    made.__dict__.update(record)
    return formatter("ingest", worker=0).format(made)


def test_a_line_is_one_json_object_that_says_where_it_is_from() -> None:
    """Every line names its stage, level and logger; line breaks and escapes from outside stay inside their string."""
    text = line(logging.WARNING, "from \x1b[31m outside\r\n{}", attempt=3)
    said = json.loads(text)
    assert "\n" not in text
    assert "\x1b" not in text
    assert said.pop("timestamp")
    assert said == {
        "stage": "ingest",
        "worker": 0,
        "event": "from \x1b[31m outside\r\n{}",
        "attempt": 3,
        "level": "warning",
        "logger": "ingest.app",
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (line(logging.INFO, "serving 1 sources"), "serving 1 sources"),
        (line(logging.ERROR, "not stored", request="r1"), "error: not stored request=r1"),
        (line(logging.INFO, "source \x1b[2Jshop\r\n"), r"source \x1b[2Jshop\r\n"),
        ("[main] WARN Kafka says so", "[main] WARN Kafka says so"),
        ('["event"]', '["event"]'),
        ("{not json", "{not json"),
    ],
)
def test_people_read_what_happened(written: str, shown: str) -> None:
    """The sentence comes first, its level only where it is above info; what is no such line is shown as it is."""
    assert readable(written) == shown


def test_a_traceback_follows_its_line() -> None:
    """An exception is shown below the line that reports it."""
    error = ValueError("broken")
    text = line(logging.CRITICAL, "stopping", exc_info=(ValueError, error, error.__traceback__))
    first, *rest = readable(text).splitlines()
    assert first == "critical: stopping"
    assert rest[-1] == "ValueError: broken"
