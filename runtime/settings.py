"""Settings of a process: one frozen dataclass, read once from the environment, each value held to its bounds.

A field's type says what is allowed (`Annotated[int, Meta(ge=1)]`), its default what holds where the variable is absent or
empty. `Variable` in a field's annotation names a variable that several processes share; every other field is set by
the process's prefix and its own name in capitals. A field that is itself such a dataclass is read likewise.
"""

import ipaddress
import os
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from schemas.errors import ConfigurationError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Variable:
    """The environment variable of a field, where it is not the prefix and the field's name."""

    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a settings dataclass, as the environment sets it."""

    field: str
    variable: str
    kind: Any
    """Its type with everything that is said about it."""
    default: Any


def settings_of(settings: type, prefix: str) -> Iterator[Setting]:
    """Yield every setting of a dataclass, those of the dataclasses in it too."""
    hints = get_type_hints(settings, include_extras=True)
    for field in fields(settings):
        hint = hints[field.name]
        if is_dataclass(hint):
            yield from settings_of(hint, prefix)  # type: ignore[arg-type]  # a dataclass used as a type is a type
        else:
            default = field.default if field.default_factory is MISSING else field.default_factory()
            yield Setting(field.name, _variable(hint, prefix, field.name), hint, default)


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
        if is_dataclass(hint):
            given[field.name] = from_environ(hint, prefix, environ)  # type: ignore[arg-type]  # as above
            continue
        variable = _variable(hint, prefix, field.name)
        text = environ.get(variable, "").strip()
        if text:
            given[field.name] = _read(variable, text, hint)
    return settings(**given)


def _variable(hint: Any, prefix: str, name: str) -> str:
    own = [said.name for said in get_args(hint)[1:] if isinstance(said, Variable)]
    return own[0] if own else prefix + name.upper()


def _read(variable: str, text: str, hint: Any) -> Any:
    kind = _bare(hint)
    parts = [part.strip() for part in text.split(",") if part.strip()] if get_origin(kind) is tuple else text
    try:
        if kind == tuple[Network, ...]:
            return tuple(map(ipaddress.ip_network, parts))
        return msgspec.convert(parts, hint, strict=False, dec_hook=_convert)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigurationError(f"{variable}={text!r}: {error}") from error


def _bare(hint: Any) -> Any:
    """Return a type without what is said about it."""
    return getattr(hint, "__origin__", hint) if hasattr(hint, "__metadata__") else hint


def _convert(kind: type, value: Any) -> Any:
    """Read the types that msgspec does not know."""
    if kind is Path:
        return Path(value)
    raise TypeError(f"no setting is a {kind}")
