"""What the driver asks a program to do, through its environment: where to read, where to write, under which name."""

import os
import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Task:
    """One run of one program. Each field is the variable BENCH_ and its name, in capitals."""

    bootstrap: str
    app: str
    """Consumer group, application id, and prefix of the topics the program makes itself."""
    raw: str
    events: str
    set_aside: str
    folder: str
    """The program's own, empty directory: its disk."""
    threads: str = "1"

    @classmethod
    def from_environ(cls) -> Self:
        """Read the task. Raises KeyError for a variable that is not set."""
        return cls(**{name: os.environ[f"BENCH_{name.upper()}"] for name in cls.__slots__})

    def environ(self) -> dict[str, str]:
        """Return the variables that carry the task."""
        return {f"BENCH_{name.upper()}": getattr(self, name) for name in self.__slots__}


def say_first() -> None:
    """Tell the driver that the first record has been consumed just now; past Faust, which takes `sys.stdout` over."""
    os.write(1, b"\nfirst %d\n" % time.time_ns())  # a line of its own, whatever the program printed
