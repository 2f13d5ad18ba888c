"""Settings of a process: one frozen dataclass, read once from the environment, each value held to its bounds.

A field's type says what is allowed (`runtime/setting_types.py` has the usual ones), its default what holds where the
variable is absent or empty, the docstring under it what it means (`docs/settings.md` is made of all three). `Variable`
in a field's annotation names a variable that several processes share; every other field is set by the process's prefix
and its own name in capitals. A field that is itself such a dataclass is read likewise.
"""

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from runtime.setting_types import Variable, allowed, kind_of
from schemas.errors import ConfigurationError

T = TypeVar("T")

FOUND: Final = {"is_found": True}
"""Metadata of a field that no variable sets: the process finds its value when it starts."""

_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_CREDENTIALS: Final = re.compile(r"(^[a-z]+://|^).*@", re.DOTALL)
_QUERY: Final = re.compile(r"\?.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a settings dataclass, as the environment sets it."""

    field: str
    variable: str
    owner: type
    """The dataclass whose field it is: the settings themselves, or one in them."""
    hint: Any
    """Its type with everything that is said about it."""
    default: Any


def settings_of(settings: type, prefix: str) -> Iterator[Setting]:
    """Yield every setting of a dataclass, those of the dataclasses in it too.

    Args:
        settings: the dataclass.
        prefix: of the process's own variables, e.g. `RECIBO_INGEST_`.
    """
    hints = get_type_hints(settings, include_extras=True)
    for field in fields(settings):
        hint = hints[field.name]
        if field.metadata.get("is_found"):
            continue
        if is_dataclass(hint):
            yield from settings_of(hint, prefix)  # type: ignore[arg-type]  # a dataclass used as a type is a type
        else:
            default = field.default if field.default_factory is MISSING else field.default_factory()
            yield Setting(field.name, _variable(hint, prefix, field.name), settings, hint, default)


def from_environ(settings: type[T], prefix: str, environ: Mapping[str, str] = os.environ) -> T:
    """Return the settings that the environment gives; a variable that is absent or empty leaves the default.

    Args:
        settings: a frozen dataclass all of whose fields have defaults.
        prefix: of the process's own variables, e.g. `RECIBO_INGEST_`.
        environ: where to read.

    Raises:
        ConfigurationError: naming the variable, its value, and what is allowed.
    """
    hints = get_type_hints(settings, include_extras=True)
    given: dict[str, Any] = {}
    for field in fields(settings):  # type: ignore[arg-type]  # the caller's dataclass
        hint = hints[field.name]
        if field.metadata.get("is_found"):
            continue
        if is_dataclass(hint):
            given[field.name] = from_environ(hint, prefix, environ)  # type: ignore[arg-type]  # as above
            continue
        variable = _variable(hint, prefix, field.name)
        text = environ.get(variable, "").strip()
        if text:
            given[field.name] = read_value(variable, text, hint)
    return settings(**given)


def read_value(variable: str, text: str, hint: Any) -> Any:
    """Return the value that a variable's text stands for.

    Args:
        variable: its name, for the message.
        text: what it is set to, not empty.
        hint: the setting's type with everything that is said about it.

    Raises:
        ConfigurationError: naming the variable, its value (never a password), and what is allowed.
    """
    try:
        return _converted(text, hint)
    except ValueError as error:  # msgspec's is one too
        raise ConfigurationError(f"{variable}={_shown(text, hint)}: must be {allowed(hint)}") from error


def _variable(hint: Any, prefix: str, name: str) -> str:
    own = [said.name for said in get_args(hint)[1:] if isinstance(said, Variable)]
    return own[0] if own else prefix + name.upper()


def _converted(text: str, hint: Any) -> Any:
    kind = kind_of(hint)
    if kind is bool:
        if text.casefold() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.casefold()]
    if kind is Path:
        return Path(text)
    if get_origin(kind) is tuple:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return tuple(parts if get_args(kind)[0] is str else map(ipaddress.ip_network, parts))
    value: Any = text
    if kind in (int, float):
        value = kind(text)
    elif get_origin(kind) is Literal:
        value = next((word for word in get_args(kind) if word.casefold() == text.casefold()), text)
    return msgspec.convert(value, hint)


def _shown(text: str, hint: Any) -> str:
    if any(isinstance(said, Variable) and said.is_secret for said in get_args(hint)[1:]):
        return "(not shown)"
    # What is in front of the last @ of an address, and what follows a question mark, may hold a password.
    return repr(_QUERY.sub("?…", _CREDENTIALS.sub(r"\1…@", text)))
