"""Reading values of strangers' JSON: every function answers with the type it promises, whatever it is given."""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from schemas.providers.lenient_json import load_leniently
from schemas.providers.provider import SUBJECT_LENGTH_MAX

_PROSE_LENGTH_MAX: Final = 512
_FORM: Final = re.compile(rb"[\w.\[\]%+-]+=")
_FIELDS_MAX: Final = 1_000
_DEPTH_MAX: Final = 200
"""Of what is written: the writer takes 254, and a part is wrapped a few times."""
_NOTHING: Final[dict[str, Any]] = {}


def load(body: bytes) -> Any:
    """Return the JSON document, or None where it is none (`null` counts as none: neither says anything)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return load_leniently(body)


def load_any(body: bytes) -> Any:
    """Return the JSON document, or the fields of a form as an object; None where it is neither (or `null`).

    A field that comes several times, or is called `name[]`, is an array: none of its values is dropped.
    """
    document = load(body)
    if document is not None or not _FORM.match(body):
        return document
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        return None
    form: dict[str, Any] = {}
    for name, value in fields:
        key = name.removesuffix("[]")
        if key in form and type(form[key]) is not list:
            form[key] = [form[key]]
        if key in form:
            form[key].append(value)
        else:
            form[key] = [value] if name.endswith("[]") else value
    return form or None


def object_of(value: Any) -> dict[str, Any]:
    """Return `value` where it is an object, else an empty one. Not to be changed by the caller."""
    return value if type(value) is dict else _NOTHING


def array_of(value: Any) -> list[Any]:
    """Return `value` where it is an array, else an empty one."""
    return value if type(value) is list else []


def text_of(value: Any) -> str:
    """Return an id or a word as text; "" for what cannot be one (an object, a boolean, a fraction, too long a text)."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= SUBJECT_LENGTH_MAX else ""
    return str(value) if kind is int else ""


def prose_of(value: Any) -> str:
    """Return a sentence for people, cut where it is too long; "" for what is none."""
    return value[:_PROSE_LENGTH_MAX] if type(value) is str else text_of(value)


def whatsapp_id(serialized: str) -> str:
    """Return the id segment of a WhatsApp Web id, whose other segments change with chat and participant.

    `true_5511999999999@c.us_3EB0AA`, `true_99@lid_3EB0AA`, `true_1203@g.us_3EB0AA_5511@c.us` and `3EB0AA` are one
    message. Source: WAHA and WPPConnect serialise a key as `fromMe_chat_id[_participant]`.
    """
    head, _, rest = serialized.partition("_")
    if head not in ("true", "false"):
        return serialized
    chat, _, identifier = rest.partition("_")
    if "@" not in chat:
        return serialized
    last = identifier.rpartition("_")
    return last[0] if last[0] and "@" in last[2] else identifier


def dump(document: Any) -> bytes:
    """Return a document as the bytes of a JSON body. What is nested deeper than can be written, and than anybody reads, is null."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:
        return orjson.dumps(_cut(document))


def _cut(document: Any) -> Any:
    """Return a copy of a document without what is nested too deep."""
    whole = [document]
    containers: list[Any] = [whole]
    for depth in range(_DEPTH_MAX + 1):
        below = []
        for container in containers:
            for place, value in list(container.items() if type(container) is dict else enumerate(container)):
                if type(value) in (dict, list):
                    container[place] = value.copy() if depth < _DEPTH_MAX else None
                    below.append(container[place])
        containers = below
    return whole[0]
