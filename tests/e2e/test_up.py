"""`recibo up` as a user meets it: one command, a line to paste, Ctrl-C, and on again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from runtime.directory_lock import DirectoryLock
from runtime.programs import CHECKOUT

READY_S_MAX = 90
STOP_S_MAX = 60
ROW_S_MAX = 20
FREE_PORTS = [
    *("--port", "0", "--kafka-port", "0", "--clickhouse-port", "0"),
    *("--ingest-metrics-port", "0"),
    *("--processors-metrics-port", "0", "--projections-metrics-port", "0", "--relay-metrics-port", "0"),
    *("--api-port", "0", "--api-metrics-port", "0"),
]

pytestmark = pytest.mark.timeout(300)


class Up:
    """A running `recibo up`, and what it printed when it was ready."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self.process = process
        self.data_dir = data_dir
        self.printed = ""

    def read_until(self, end: str) -> None:
        """Read its output up to a line that begins with `end`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if line.startswith(end):
                return
        pytest.fail(f"`recibo up` ended ({self.process.wait()}) before it said {end!r}:\n{self.printed}")

    def line(self, label: str) -> str:
        """Return what stands behind a label of the ready text."""
        found = re.search(rf"^{label}: +(.*)$", self.printed, re.MULTILINE)
        assert found, self.printed
        return found[1]

    def message_ids(self) -> set[str]:
        """Return the ids of all messages that can be queried."""
        url = self.line("ClickHouse").split()[0]
        who = ("default", (self.data_dir / "clickhouse" / "password").read_text().strip())
        asked = httpx.post(url, content="SELECT message_id FROM recibo.messages", auth=who)
        return set(asked.raise_for_status().text.split())


@contextmanager
def recibo_up(folder: Path) -> Iterator[Up]:
    command = [sys.executable, "-m", "cli", "up", *FREE_PORTS]
    own = ["--data-dir", str(folder / "data"), "--config", str(folder / "recibo.toml")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("RECIBO_", "KAFKA_", "CLICK"))}
    with subprocess.Popen(
        [*command, *own],
        cwd=CHECKOUT,
        env={**environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        up = Up(process, folder / "data")
        try:
            up.read_until("Stop:")
            yield up
        finally:
            process.kill()


def paste(up: Up) -> str:
    """Run the printed line in a shell; returns the id of the message it is about."""
    line = up.line("Try it")
    answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=30).stdout
    assert answer.startswith("HTTP/1.1 204"), answer
    found = re.search(r'"message":\{"id":"([^"]+)"', line)
    assert found
    return found[1]


def wait_for_messages(up: Up, expected: set[str]) -> None:
    deadline = time.monotonic() + ROW_S_MAX
    while (found := up.message_ids()) != expected:
        assert time.monotonic() < deadline, f"found {found}, expected {expected}"
        time.sleep(0.05)


def is_for_others(path: Path) -> bool:
    """Return whether others than its owner may read or write a file, or enter a folder."""
    return bool(path.lstat().st_mode & 0o077) and not path.is_symlink()


def children_of(pid: int) -> set[int]:
    """Return the processes below a process, from the kernel's table."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    below = {child for child, parent in parents.items() if parent == pid}
    return below | {grandchild for child in below for grandchild in children_of(child)}


def wait_until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_command_runs_the_line_and_the_next_goes_on_with_its_data(tmp_path: Path) -> None:
    """The pasted line is answered 204 and its row can be queried; Ctrl-C ends all; a second `up` keeps and adds."""
    with recibo_up(tmp_path) as up:
        secret = (tmp_path / "data" / "secrets.env").read_text().partition("RECIBO_SECRET_WPP=")[2].strip()
        assert secret in up.printed, "the first start shows it"
        first = paste(up)
        wait_for_messages(up, {first})
        assert [path for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")] if is_for_others(path)] == []
        children = children_of(up.process.pid)
        assert len(children) == 7
        up.process.send_signal(signal.SIGINT)
        up.read_until("recibo      | stopped")
        assert up.process.wait(STOP_S_MAX) == 0
        wait_until_gone(children)
        order = re.findall(r"recibo      \| stopping (\w+)$", up.printed, re.MULTILINE)
        assert order == ["ingest", "relay", "processors", "projections", "serving", "clickhouse", "kafka"]

    with recibo_up(tmp_path) as up:
        assert "created topics" not in up.printed
        assert secret not in up.printed
        assert (tmp_path / "data" / "clickhouse" / "password").read_text().strip() not in up.printed
        second = paste(up)
        wait_for_messages(up, {first, second})
        children = children_of(up.process.pid)
        up.process.kill()
        up.process.wait(STOP_S_MAX)
        wait_until_gone(children)


def test_intake_goes_on_without_the_engine(tmp_path: Path) -> None:
    """Where the engine's metadata is damaged, webhooks are taken all the same, and it is said what is wrong and what to do."""
    with recibo_up(tmp_path) as up:
        wait_for_messages(up, {paste(up)})
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(STOP_S_MAX) == 0
    for path in (tmp_path / "data" / "clickhouse" / "engine").rglob("*.sql"):
        path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))
    with recibo_up(tmp_path) as up:
        assert "Recibo takes webhooks, and fills no table" in up.printed
        assert "with `recibo rebuild`" in up.printed
        paste(up)


def test_a_second_up_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """While one `up` runs, another on its data directory ends with one line that names the process."""
    lock = DirectoryLock(tmp_path, "`recibo up`")
    command = [sys.executable, "-m", "cli", "up", "--data-dir", str(tmp_path)]
    refused = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60)
    lock.release()
    assert refused.returncode == 1
    assert re.fullmatch(rf"recibo: .* is in use by another `recibo up` \(process {os.getpid()}\).*\n", refused.stderr)
