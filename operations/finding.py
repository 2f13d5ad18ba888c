"""What one look of the doctor's found."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "unchecked"]
"""How bad it is; `unchecked`: what this principal may not read is neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found, and what to do about it where it is not ok."""

    level: Level
    subject: str
    text: str
    remedy: str = ""
