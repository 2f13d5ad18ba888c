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

    def repeats(self, name: bytes) -> bool:
        """Tell whether a lower-case name comes more than once."""
        return sum(1 for other, _ in self.raw if other == name) > 1
