"""`recibo archive`, dying by SIGKILL just before or after the nth thing it makes durable: N before|after ARGUMENTS…"""

import os
import signal
import sys
from itertools import count

from cli.archive import command

_fatal, _side = int(sys.argv[1]), sys.argv[2]
_synced = count(1)
_fsync = os.fsync


def fsync_and_die(descriptor: int) -> None:
    is_fatal = next(_synced) == _fatal
    if not is_fatal or _side == "after":
        _fsync(descriptor)
    if is_fatal:
        os.kill(os.getpid(), signal.SIGKILL)


os.fsync = fsync_and_die  # type: ignore[assignment]  # files and folders are all synced through it
command(sys.argv[3:])
