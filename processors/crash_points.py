"""Named places at which a test may kill the worker, one at every step that makes something durable.

`RECIBO_CRASH_AT=state_sent:3` sends SIGKILL to this process when `state_sent` is reached the third time. Unset, as
always outside the crash harness, `reach` costs one comparison.
"""

import itertools
import os
import signal
from typing import Final

POINTS: Final = (
    "fetched",
    "state_sent",
    "state_acknowledged",
    "outputs_sent",
    "outputs_acknowledged",
    "store_written",
    "record_acknowledged",
    "committed",
    "revoke",
    "recovery",
    "sweep",
)

_armed, _, _count = os.environ.get("RECIBO_CRASH_AT", "").partition(":")
_passes = itertools.count(1)
_fatal_pass = int(_count or "1")


def reach(name: str) -> None:
    """Die here by SIGKILL if the harness armed this point and it has been reached often enough."""
    if name == _armed and next(_passes) == _fatal_pass:
        os.kill(os.getpid(), signal.SIGKILL)
