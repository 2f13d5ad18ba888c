"""`recibo reconcile`, dying by SIGKILL just before the nth call of a step: STEP N ARGUMENTS..."""

import os
import signal
import sys
from itertools import count
from typing import Any

from cli.reconcile import command
from reconciliation.keep import send_log
from reconciliation.keep.send_log import SendLog
from reconciliation.keep.send_tables import SendTables

KINDS: dict[str, Any] = {"append": SendLog, "write": SendTables, "arrived": SendTables, "older_rows": SendTables}

_step, _fatal = sys.argv[1], int(sys.argv[2])
_calls = count(1)
_called = getattr(KINDS[_step], _step)


def call_or_die(*arguments: Any, **options: Any) -> Any:
    if next(_calls) == _fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return _called(*arguments, **options)


setattr(KINDS[_step], _step, call_or_die)
send_log._BATCH_BYTES = 4_096  # type: ignore[misc]  # several batches of few records
command(sys.argv[3:])
