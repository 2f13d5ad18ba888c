"""A request's headers, looked up by name."""

from collections.abc import Sequence


class RequestHeaders:
    """Headers as ASGI gives them: lower-case names and values, as bytes. A value is read as latin-1, which never fails."""

    __slots__ = ("_by_name", "raw")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self.raw = raw
        self._by_name = dict(raw)

    def get(self, name: str) -> str:
        """Return a header's value; "" where it is absent."""
        return self._by_name.get(name.lower().encode(), b"").decode("latin-1").strip()

    def get_bytes(self, name: bytes) -> bytes:
        """Return the value of a lower-case name; b"" where it is absent."""
        return self._by_name.get(name, b"")

    def is_there_once(self, name: bytes) -> bool:
        """Return whether a header of a lower-case name is there, and no second one."""
        return name in self._by_name and (len(self._by_name) == len(self.raw) or len(self._all(name)) == 1)

    def only(self, name: str) -> str:
        """Return a header's value; "" where it is absent, or comes more than once: which of them counts is not known."""
        key = name.lower().encode()
        is_repeated = len(self._by_name) != len(self.raw) and len(self._all(key)) > 1
        return "" if is_repeated else self.get(name)

    def joined(self, name: bytes) -> str:
        """Return the values of a lower-case name that may come more than once, as one list: with commas between."""
        return b",".join(self._all(name)).decode("latin-1")

    def _all(self, name: bytes) -> list[bytes]:
        return [value for other, value in self.raw if other == name]
