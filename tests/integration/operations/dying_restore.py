"""`recibo archive --restore`, dying by SIGKILL just before or after the nth insert: N before|after ARGUMENTS…"""

import os
import signal
import sys
from itertools import count

from cli.archive import command
from operations.archive import restore
from projections.sink import Sink

_fatal, _side = int(sys.argv[1]), sys.argv[2]
_inserted = count(1)
_insert = Sink._insert


def insert_and_die(self: Sink, blocks: object) -> None:
    is_fatal = next(_inserted) == _fatal
    if not is_fatal or _side == "after":
        _insert(self, blocks)  # type: ignore[arg-type]  # as it came
    if is_fatal:
        os.kill(os.getpid(), signal.SIGKILL)


Sink._insert = insert_and_die  # type: ignore[method-assign]
restore.BATCH_RECORDS = 100  # type: ignore[misc]  # several inserts of few records
command(sys.argv[3:])
