"""Which column is read as what: found by name, or said by flag; saved as JSON. Pure."""

from collections.abc import Mapping as Said
from collections.abc import Sequence
from typing import Final

import msgspec

from reconciliation.read.columns import fields, is_text, synonyms
from schemas.errors import ConfigurationError
from schemas.providers.words import fold_word
from schemas.send import TAG_CHARS_MAX, TAGS_MAX, Role

FIXED: Final = ("connection_id", "campaign", "template", "provider", "currency", "category", "country", "period")
"""Fields that may be the same for all rows (`--set campaign=natal`)."""

INVOICE_ONLY: Final = frozenset({"period", "quantity"})
"""Fields of a line that counts several messages. A sender's column `month` or `qtd` is about something else, and not taken for one."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the rows of one file or table are read. What it leaves out is not kept."""

    columns: dict[str, str] = {}
    """Field → the column's name."""
    tags: dict[str, str] = {}
    """Tag → the column's name."""
    fixed: dict[str, str] = {}
    """Field → what it is in all rows."""
    time_zone: str = "America/Sao_Paulo"
    """IANA name of the zone of times that name none."""
    key: tuple[str, ...] = ()
    """Of a table: the columns that tell one send from another."""
    watermark: str = ""
    """Of a table: the column that grows with each change."""
    decimal: str = ""
    """`,` or `.`: what stands before the decimals where `1.234` could be both; "": as the file's delimiter suggests."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of how to read: it goes before what is found by name."""

    columns: Said[str, str] = {}
    tags: Sequence[str] = ()
    """Columns, each a tag of its own name, or `tag=column`."""
    fixed: Said[str, str] = {}
    time_zone: str = ""
    """"": that of the deployment's days, or of the saved mapping."""
    decimal: str = ""
    saved: Mapping | None = None
    """A saved mapping, which these go before. Then nothing else is found by name."""


encode = msgspec.json.Encoder(order="sorted").encode
"""Returns a mapping as JSON, always the same for the same mapping."""
decode = msgspec.json.Decoder(Mapping).decode
"""Reads one. Raises msgspec.ValidationError or msgspec.DecodeError."""


def proposed(
    headers: Sequence[str], wanted: Wanted, time_zone: str = "America/Sao_Paulo", role: Role = "sender"
) -> Mapping:
    """Return how columns so called are read.

    Args:
        headers: the columns' names, in the order of the file.
        wanted: what was said; the rest is found by name, unless a saved mapping says it.
        time_zone: of times that name none, where nobody said one.
        role: whose rows they are: only an invoice has what INVOICE_ONLY says.

    Raises:
        ConfigurationError: what was said cannot be, or nothing would be known of a message.
    """
    saved = wanted.saved or Mapping(time_zone=time_zone)
    for field in wanted.columns:
        if field not in fields():
            raise ConfigurationError(f"--column {field}=...: `{field}` is none of {', '.join(fields())}")
    for field in wanted.fixed:
        if field not in FIXED:
            raise ConfigurationError(f"--set {field}=...: what may be set for all rows is one of {', '.join(FIXED)}")
    fixed = {**saved.fixed, **wanted.fixed}
    columns = {field: _column(name, headers) for field, name in {**saved.columns, **wanted.columns}.items()}
    tags = _tags(headers, [*(f"{tag}={name}" for tag, name in saved.tags.items()), *wanted.tags])
    columns = {field: name for field, name in columns.items() if field not in wanted.fixed}
    if role != "invoice" and (said := sorted(INVOICE_ONLY & {*columns, *fixed})):
        raise ConfigurationError(
            f"`{said[0]}` is read of an invoice only (--role invoice): leave it out, or keep the column as a tag (--tag NAME)"
        )
    if wanted.saved is None:
        others = set() if role == "invoice" else INVOICE_ONLY
        columns |= _found(headers, {*columns, *fixed, *others}, {*columns.values(), *tags.values()})
    mapping = Mapping(
        columns=columns,
        tags=tags,
        fixed=fixed,
        time_zone=wanted.time_zone or saved.time_zone,
        decimal=wanted.decimal or saved.decimal,
    )
    check(mapping, headers)
    return mapping


def _found(headers: Sequence[str], said: set[str], taken: set[str]) -> dict[str, str]:
    """Return field → column of those that nobody said, found by name; each column is one field's."""
    columns = {}
    for field, names in synonyms().items():
        found = [header for header in headers if header not in taken and fold_word(header) in names]
        if field not in said and found:
            columns[field] = min(found, key=lambda header: (names[fold_word(header)], headers.index(header)))
            taken.add(columns[field])
    return columns


def check(mapping: Mapping, headers: Sequence[str]) -> None:
    """Raise ConfigurationError where columns so called cannot be read by a mapping (one that was saved, too)."""
    used = [*mapping.columns.values(), *mapping.tags.values()]
    for name in used:
        if is_text(name):
            raise ConfigurationError(
                f"column `{name}`: texts of messages are never kept; leave it out, it is not needed to find a message"
            )
        if headers.count(_column(name, headers)) > 1:
            raise ConfigurationError(f"column `{name}` is there {headers.count(name)} times: rename all but one")
    if not mapping.columns.keys() & {"message_id", "reference", "recipient", "quantity", "amount"}:
        raise ConfigurationError(
            f"no column names a message: there are {_listed(headers)}. Say which one does: "
            "--column message_id=NAME, --column reference=NAME or --column recipient=NAME"
        )


def unread(mapping: Mapping, headers: Sequence[str]) -> list[str]:
    """Return the columns that are not kept."""
    used = {*mapping.columns.values(), *mapping.tags.values()}
    return [name for name in headers if name not in used]


def _tags(headers: Sequence[str], said: Sequence[str]) -> dict[str, str]:
    tags = {}
    for one in said:
        tag, _, name = one.rpartition("=") if one not in headers else (one, "", one)
        column = _column(name, headers)
        tags[(tag or column)[:TAG_CHARS_MAX]] = column
    if len(tags) > TAGS_MAX:
        raise ConfigurationError(f"{len(tags)} tags: at most {TAGS_MAX} columns are kept as tags; leave some out")
    return tags


def _column(name: str, headers: Sequence[str]) -> str:
    """Return the header that a name means: itself, else the only one that is the same but for case, accents and signs."""
    if name in headers:
        return name
    found = [header for header in headers if fold_word(header) == fold_word(name)]
    if len(found) == 1:
        return found[0]
    raise ConfigurationError(f"there is no column `{name}`: the columns are {_listed(headers)}")


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(f"`{header}`" for header in headers[:40]) + (", …" if len(headers) > 40 else "")  # noqa: PLR2004
