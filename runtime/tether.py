"""Run a command that dies with the process that asked for it: `python tether.py PARENT_PID COMMAND...`.

Linux kills the command when its parent ends, however it ends (prctl PR_SET_PDEATHSIG survives exec), so a
supervisor killed by -9 leaves nothing behind. A small program of its own because a function between fork
and exec is not safe in a process with threads. Elsewhere than on Linux the command runs untethered.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tether this process to `arguments[0]` and become the command in the rest."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - becoming the command is the point


if __name__ == "__main__":
    main(sys.argv[1:])
