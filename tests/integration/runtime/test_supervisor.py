"""Children of the local stack, as real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from runtime.programs import CHECKOUT
from runtime.supervisor import Child, Program
from schemas.errors import DeploymentError


def python(code: str, ready_file: Path) -> Program:
    return Program("sample", (sys.executable, "-c", code), is_ready=ready_file.exists, stop_s_max=2)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


@contextmanager
def running(script: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run a supervisor and give what it says; it is killed at the end, so that a failed assertion does not wait for it."""
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True) as supervisor:
        assert supervisor.stdout is not None
        try:
            yield supervisor, supervisor.stdout
        finally:
            supervisor.kill()


def test_a_killed_child_is_started_again_and_the_log_says_so(tmp_path: Path) -> None:
    """A child killed by -9 comes back as another process, and the reason and the wait are reported."""
    ready = tmp_path / "ready"
    heard: list[str] = []
    code = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); print('up', flush=True); time.sleep(60)"
    child = Child(python(code, ready), tmp_path / "sample.log", lambda _, line: heard.append(line))
    child.start()
    try:
        child.wait_ready(10)
        first = child.pid
        child.kill()
        child.wait_ready(10)
        assert child.pid != first
        assert child.starts == 2
        assert "supervisor: ended (killed by SIGKILL); starting it again in 0.5 s" in heard
    finally:
        child.stop()
    assert "starting it again" in (tmp_path / "sample.log").read_text()


def test_a_child_that_cannot_start_is_a_failure_with_its_last_words(tmp_path: Path) -> None:
    """A child that ends before it was ever ready is not started again: the error carries what it said."""
    child = Child(python("import sys; sys.exit('no such thing: fix it')", tmp_path / "never"), tmp_path / "sample.log")
    child.start()
    with pytest.raises(DeploymentError, match=r"did not start \(exit code 1\): no such thing: fix it"):
        child.wait_ready(10)
    child.stop()
    assert child.starts == 1


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    """Stopping ends even a child that does not listen to SIGTERM."""
    ready = tmp_path / "ready"
    code = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    child = Child(python(code, ready), tmp_path / "sample.log")
    child.start()
    child.wait_ready(10)
    pid = child.pid
    child.stop()
    assert pid is not None
    wait_until_gone(pid)


def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    """When the supervisor is killed by -9 the kernel ends its children with it."""
    script = f"""
import sys, time
from pathlib import Path
from runtime.supervisor import Child, Program
child = Child(
    Program("sleeper", (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"), lambda: True),
    Path({str(tmp_path)!r}) / "sleeper.log",
    lambda name, line: print(child.pid, flush=True),
)
child.start()
time.sleep(60)
"""
    with running(script) as (supervisor, said):
        pid = int(said.readline())
        supervisor.kill()
        wait_until_gone(pid)


WORKER = """
import os, signal, sys
def say(*words):  # one write a line: print() makes one of every word where PYTHONUNBUFFERED is set
    os.write(1, (" ".join((sys.argv[1], *words)) + "\\n").encode())
def heard(number, _):
    say("heard", signal.Signals(number).name)
    if number == signal.SIGTERM:
        sys.exit(int(sys.argv[1]))
for number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, heard)
say("up")
while True:
    signal.pause()
"""
SUPERVISOR = f"""
import signal, sys
from runtime.supervisor import Program, supervise
programs = [Program(f"worker {{n}}", (sys.executable, "-c", {WORKER!r}, str(n))) for n in (0, 3)]
print("exit code", supervise(programs, hands_on=[signal.SIGHUP]), flush=True)
"""


def test_workers_get_the_signals_and_give_the_exit_code() -> None:
    """Every worker's output goes where the supervisor's goes, every one gets SIGHUP and SIGTERM, and the greatest of
    their exit codes is the supervisor's.
    """
    with running(SUPERVISOR) as (supervisor, said):
        assert {said.readline() for _ in range(2)} == {"0 up\n", "3 up\n"}
        supervisor.send_signal(signal.SIGHUP)
        assert {said.readline() for _ in range(2)} == {"0 heard SIGHUP\n", "3 heard SIGHUP\n"}
        supervisor.send_signal(signal.SIGTERM)
        assert {said.readline() for _ in range(2)} == {"0 heard SIGTERM\n", "3 heard SIGTERM\n"}
        assert said.readline() == "exit code 3\n"


INTERRUPTED = f"""
import signal, sys, threading
from runtime.supervisor import Program, supervise
def interrupted():
    sys.stdin.readline()
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
threading.Thread(target=interrupted, daemon=True).start()
print("exit code", supervise([Program("worker", (sys.executable, "-c", {WORKER!r}, "0"))]), flush=True)
"""


def test_a_signal_that_another_thread_gets_is_heard() -> None:
    """The kernel may hand SIGTERM to any thread, and does while a child is started: the supervisor stops all the same."""
    with running(INTERRUPTED) as (supervisor, said):
        assert said.readline() == "0 up\n"
        rest, _ = supervisor.communicate("now\n", timeout=10)
        assert rest == "0 heard SIGTERM\nexit code 0\n"
