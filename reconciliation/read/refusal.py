"""What cannot be read, and what whoever has the file can do about it. Pure."""

from typing import NamedTuple


class CellRefused(ValueError):
    """A cell says nothing that can be kept. Why, and what to do, each a clause without a full stop."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


class RowRefused(NamedTuple):
    """A row that is not kept."""

    row: int
    column: str
    """The column's name in the file; "" where it is the row as a whole."""
    value: str
    """What stands there, cut to SHOWN_CHARS."""
    why: str
    remedy: str

    @property
    def sentence(self) -> str:
        """For people: where, what, why, what to do."""
        where = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        shown = f": `{self.value}` {self.why}" if self.value else f": {self.why}"
        return f"{where}{shown}: {self.remedy}"


SHOWN_CHARS = 80


def shown(value: str) -> str:
    """Return a cell as it is shown beside a refusal."""
    return value if len(value) <= SHOWN_CHARS else value[: SHOWN_CHARS - 1] + "…"
