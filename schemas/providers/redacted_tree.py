"""A redacted body held against what came: the same document but for the credentials; and redaction by parsing, where it is not."""

from collections.abc import Callable, Collection
from typing import Any, Final

from schemas.providers.reading import dump, load

REDACTED: Final = b"[redacted]"
_MARK: Final = REDACTED.decode()
_NO_SECRETS: Final = (None, True, False, "")


def is_kept(body: bytes, redacted: bytes) -> bool:
    """Return whether a redacted body still says everything that `body` said beside what was redacted. One that was no JSON
    document has nothing that could be compared.
    """
    before = load(body)
    if before is None:
        return True
    pairs: list[tuple[list[Any], list[Any]]] = [([before], [load(redacted)])]
    for left, right in pairs:
        if len(left) != len(right):
            return False
        for one, other in zip(left, right, strict=True):
            kind = type(one)
            if kind is dict and type(other) is dict:
                pairs += ((list(one), list(other)), (list(one.values()), list(other.values())))
            elif kind is list and type(other) is list:
                pairs.append((one, other))
            elif one != other and not _is_redacted(one, other):
                return False
    return True


def _is_redacted(value: Any, other: Any) -> bool:
    """Return whether `other` is what became of a credential, or of a text with one in it."""
    return type(other) is str and _MARK in other and (type(value) is str or other == _MARK)


def by_parsing(body: bytes, keys: Collection[str], redact_text: Callable[[str], str]) -> bytes:
    """Return a JSON body with the values of these keys replaced, written anew: no byte is as it came, and nothing else is lost.

    Args:
        body: a JSON document.
        keys: whose values are credentials, in any case.
        redact_text: takes credentials out of one text.
    """
    names = {key.casefold() for key in keys}
    whole = [load(body)]
    open_containers: list[Any] = [whole]
    while open_containers:
        container = open_containers.pop()
        for place, value in container.items() if type(container) is dict else enumerate(container):
            if type(place) is str and place.casefold() in names:
                container[place] = value if value in _NO_SECRETS else _MARK
            elif type(value) is str:
                container[place] = redact_text(value)
            elif type(value) in (dict, list):
                open_containers.append(value)
    return dump(whole[0])
