"""`python -m tests.faults.processors.pausing_worker`: a worker that stops itself (SIGSTOP) at the armed crash point, and can continue."""

import signal
from types import SimpleNamespace
from typing import Any

from processors import crash_points
from processors.__main__ import main

if __name__ == "__main__":
    paused: Any = crash_points
    paused.signal = SimpleNamespace(SIGKILL=signal.SIGSTOP)
    main()
