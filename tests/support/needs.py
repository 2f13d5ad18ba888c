"""Tests that need root or a tool of this machine: where it is missing they are not run, and listed by name at the end.

`@pytest.mark.needs_root` and `@pytest.mark.needs_tool("strace")`; `make tools` installs the tools. With several processes
each one reports what it left out to the one that prints.
"""

import os
import shutil
from typing import Any, Final

import pytest

_LEFT_OUT: Final = pytest.StashKey[dict[str, str]]()


def missing(item: pytest.Item) -> str:
    """Return what a test needs and this machine has not, "" where nothing is missing."""
    tools = [str(mark.args[0]) for mark in item.iter_markers("needs_tool") if shutil.which(mark.args[0]) is None]
    if item.get_closest_marker("needs_root") is not None and os.geteuid() != 0:
        tools.append("root")
    return ", ".join(dict.fromkeys(tools))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what cannot run here."""
    left_out = {item.nodeid: why for item in items if (why := missing(item))}
    if left_out:
        gone = [item for item in items if item.nodeid in left_out]
        items[:] = [item for item in items if item.nodeid not in left_out]
        config.hook.pytest_deselected(items=gone)
    config.stash.setdefault(_LEFT_OUT, {}).update(left_out)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a process of several, hand over what was left out."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash.get(_LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a process left out."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash.setdefault(_LEFT_OUT, {}).update(left_out)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List what was not run here."""
    for name, why in sorted(config.stash.get(_LEFT_OUT, {}).items()):
        terminalreporter.write_line(f"not run here: {name} (needs {why})")
