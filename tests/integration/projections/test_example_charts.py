"""The example that draws the funnel and the latencies, on the real views."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from deploy.demo.example_charts import draw, main
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event


def texts(svg: str) -> list[str]:
    picture = ET.fromstring(svg)  # noqa: S314 - our own
    return [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}text")]


async def test_the_funnel_and_the_latencies_are_drawn(databases: Databases, project: Project, tmp_path: Path) -> None:
    """The picture says how many messages came how far, and how long that took, as the views do."""
    world = World()
    for number in range(10):
        world.post(message_event(f"m-{number}", "created", START_MS))
        if number < 8:
            world.post(message_event(f"m-{number}", "delivered", START_MS + 1_000 * (number + 1)))
    world.post(message_event("m-8", "expired", START_MS + 5))
    world.post(message_event("m-0", "read", START_MS + 61_000))
    await project(world)
    main(f"{databases.url}/{databases.views}", str(tmp_path / "charts.svg"), "40")
    told = texts((tmp_path / "charts.svg").read_text(encoding="utf-8"))
    day = datetime.fromtimestamp(START_MS / 1000, UTC).date()
    assert f"{day} to {day} (UTC), by the day of a message's first event" in told
    for step in ("10", "8  (80.0 %)", "1  (10.0 %)"):
        assert step in told
    assert "wpp_marketing: created → delivered" in told
    assert "5 s · 8 s · 8 s" in told
    assert "1 min · 1 min · 1 min" in told


async def test_no_messages_are_said_and_no_latencies_leave_a_line(databases: Databases, tmp_path: Path) -> None:
    """Without messages the program says which days it looked at; without latencies the picture says so."""
    with pytest.raises(SystemExit, match=r"no messages from .* give more DAYS"):
        main(f"{databases.url}/{databases.views}", str(tmp_path / "charts.svg"))
    assert "no message has both times of any two statuses" in texts(draw([3, 0, 0, 0, 0, 3], [], "a week", "a day"))
