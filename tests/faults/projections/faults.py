"""What happens to a line in a round."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.projections.line import Line
from tests.support.faulty_proxy import Fault

Happening = Callable[[Line, random.Random], Awaitable[None]]


async def kill_projector(line: Line, rnd: random.Random) -> None:
    """SIGKILL to one projector; the other continues."""
    rnd.choice(line.projectors).kill()


async def kill_projectors(line: Line, rnd: random.Random) -> None:
    """SIGKILL to every projector at once."""
    for projector in line.projectors:
        projector.kill()


async def kill_engine(line: Line, rnd: random.Random) -> None:
    """SIGKILL to the engine."""
    line.engine.kill()


async def kill_both(line: Line, rnd: random.Random) -> None:
    """SIGKILL to the engine and to a projector."""
    line.engine.kill()
    rnd.choice(line.projectors).kill()


async def restart_engine(line: Line, rnd: random.Random) -> None:
    """The engine drains, ends, and comes back."""
    line.restart_engine()


def away(seconds: float) -> Happening:
    """Return what takes the engine out of reach for so long."""

    async def happen(line: Line, rnd: random.Random) -> None:
        line.proxy.is_away = True
        line.proxy.faults.append(Fault.RESET_BEFORE)  # ends a connection kept alive
        await asyncio.sleep(seconds)
        line.proxy.is_away = False

    return happen


def inserts_meet(fault: Fault) -> Happening:
    """Return what makes the next few inserts meet `fault`."""

    async def happen(line: Line, rnd: random.Random) -> None:
        line.proxy.faults.extend([fault] * (1 if fault is Fault.STALL_AFTER else rnd.randint(1, 6)))

    return happen


def happenings(away_s: float) -> dict[str, Happening]:
    """Return every happening by name; kills are named more than once, so that they come more often."""
    found: dict[str, Happening] = {f"insert {fault.name.lower()}": inserts_meet(fault) for fault in Fault}
    found["engine away"] = away(away_s)
    for kind in (kill_projector, kill_projectors, kill_engine, kill_both, restart_engine):
        found[kind.__name__.replace("_", " ")] = kind
    return found
