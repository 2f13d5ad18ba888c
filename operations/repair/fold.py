"""The new generation's processors, run beside the live ones until they have folded the log to its end."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from operations.repair.plan import Plan
from operations.repair.raw_group import RawGroup
from runtime.environ import environ_of
from runtime.ports import HOST, free_port
from runtime.programs import python_program
from runtime.supervisor import Child
from schemas.errors import DeploymentError

_POLL_S: Final = 0.1


async def fold_log(plan: Plan) -> dict[int, int]:
    """Fold the raw log to where it ends now. Return where the group stands then, by partition."""
    async with RawGroup(plan.kafka, plan.processors_group) as group:
        begun, ends = await group.committed(), await group.ends()
        total = sum(max(0, ends[p] - at) for p, at in begun.items())
        if total == 0:
            return begun
        with _processors(plan) as child:
            while True:
                at = await group.committed()
                left = sum(max(0, ends[p] - offset) for p, offset in at.items())
                plan.progress("folding the log", total - left, total)
                if left == 0:
                    break
                if child.failure is not None:
                    raise DeploymentError(child.failure)
                await asyncio.sleep(_POLL_S)
        return await group.committed()


@contextmanager
def _processors(plan: Plan) -> Iterator[Child]:
    """Run the new generation's processors while this is entered."""
    url, name = f"http://{HOST}:{free_port()}", f"processors-g{plan.new}"
    environ = {
        **environ_of(plan.kafka),
        "RECIBO_CONFIG": str(plan.config_file),
        "RECIBO_DATA_DIR": str(plan.data_dir),
        "RECIBO_REPAIR_GENERATION": str(plan.new),
        "RECIBO_PROCESSORS_METRICS_PORT": url.rpartition(":")[2],
        "RECIBO_LOG_LEVEL": os.environ.get("RECIBO_LOG_LEVEL") or "WARNING",
    }
    program = python_program(name, "processors", f"{url}/readyz", environ=environ)
    child = Child(program, plan.data_dir / "logs" / f"{name}.log")
    child.start()
    try:
        yield child
    finally:
        child.stop()
