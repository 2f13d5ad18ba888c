"""The causes of all providers, read once from the data files beside this module, and checked.

A file has a title, the pages it was read from, codes by category (`[codes.CATEGORY]`, code = meaning in our words), phrases
of texts where there is no code, advice that differs from its category's, and the words of connections. `passes_on` names the
tables that a provider hands on unchanged: it is looked in only after the provider's own.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

PROVIDERS: Final = (
    *("meta_cloud", "360dialog", "twilio", "gupshup", "infobip", "vonage", "zenvia", "sinch", "messagebird"),
    *("baileys", "evolution", "waha", "wppconnect", "z_api", "wpp_marketing"),
)
"""Whose codes are known; each is a file `NAME.toml`. Those that have no parser of their own serve a mapping's `codes_of`."""
RETRIES: Final = ("never", "later", "changed")
"""Whether sending again may help: never; the same message later; once what was wrong is changed."""
LANGUAGES: Final = ("en", "pt")
CONNECTION_STATES: Final = ("connected", "disconnected", "logout", "pairing", "passing")
"""What a connection's word can mean; `passing` ones say nothing of its state."""


class Kind(NamedTuple):
    """A category of failure. Texts are by language."""

    name: str
    retry: str
    after: Mapping[str, str]
    """What has to be before sending again may help."""
    do: Mapping[str, str]
    why: Mapping[str, str]
    customer: Mapping[str, str]


class Cause(NamedTuple):
    """What is known of one code of a provider. Texts are by language."""

    provider: str
    code: str
    category: str
    meaning: str
    retry: str
    after: Mapping[str, str]
    do: Mapping[str, str]
    from_page: bool
    """False: it is known, and on no page that was read."""


class Phrase(NamedTuple):
    """A text that stands for a code: any that contains `phrase`, case aside."""

    phrase: str
    category: str


class Table(NamedTuple):
    """What one provider's file says."""

    provider: str
    title: str
    pages: tuple[Mapping[str, Any], ...]
    passes_on: tuple[str, ...]
    causes: Mapping[str, Cause]
    phrases: tuple[Phrase, ...]
    connection: Mapping[str, Mapping[str, str]]
    """State of CONNECTION_STATES → the provider's word or code → what it means."""


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every category, in the order in which they are listed to people."""
    fields = ("retry", "after", "do", "why", "customer")
    return {name: Kind(name, *(said[field] for field in fields)) for name, said in _read("categories").items()}


@cache
def tables() -> Mapping[str, Table]:
    """Return every provider's table. Raises ValueError for a file that contradicts itself; the message names it."""
    return {name: table_of(name, _read(name)) for name in PROVIDERS}


def causes(provider: str) -> Iterator[Cause]:
    """Yield every code that a provider may report, its own first, then those it passes on that it has none of its own for."""
    own = tables()[provider]
    known: set[str] = set()
    for table in (own, *(tables()[name] for name in own.passes_on)):
        for code, cause in table.causes.items():
            if code not in known:
                known.add(code)
                yield cause._replace(provider=provider)


def cause_of(provider: str, code: str) -> Cause | None:
    """Return what a code of a provider means; None where it is not documented."""
    return by_code(provider).get(code) if provider in PROVIDERS else None


@cache
def by_code(provider: str) -> Mapping[str, Cause]:
    """Return code → cause of all that a provider may report."""
    return {cause.code: cause for cause in causes(provider)}


def connection_words(provider: str, *states: str) -> Mapping[str, tuple[str, str]]:
    """Return the provider's word → (state, meaning) of a connection's states; no states: all but `pairing`.

    A word of a pairing may be one of a logout too: which it is, the rest of the report says.
    """
    table = tables()[provider].connection
    asked = states or tuple(state for state in CONNECTION_STATES if state != "pairing")
    return {word: (state, meaning) for state in asked for word, meaning in table.get(state, {}).items()}


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files("schemas.causes").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def table_of(provider: str, said: Mapping[str, Any]) -> Table:
    """Return what a provider's file says. Raises ValueError for one that contradicts itself; the message names the place."""
    remembered = frozenset(said.get("memory", {}).get("codes", "").split())
    advice = said.get("advice", {})
    found: dict[str, Cause] = {}
    for category, listed in said.get("codes", {}).items():
        if category not in kinds():
            raise ValueError(f"{provider}.toml: codes.{category}: no category; one of {', '.join(kinds())}")
        for written, meaning in listed.items():
            for code in _codes(written):
                if code in found:
                    raise ValueError(f"{provider}.toml: {code} is in codes.{found[code].category} and codes.{category}")
                found[code] = _cause(
                    kinds()[category],
                    advice.get(code, {}),
                    provider=provider,
                    code=code,
                    meaning=meaning,
                    from_page=written not in remembered,
                )
    strangers = (remembered | advice.keys()) - found.keys()
    if strangers:
        raise ValueError(
            f"{provider}.toml: advice or memory of codes that are not listed: {', '.join(sorted(strangers))}"
        )
    return Table(
        provider,
        said["title"],
        tuple(said["page"]),
        tuple(said.get("passes_on", ())),
        found,
        tuple(Phrase(one["phrase"].casefold(), one["category"]) for one in said.get("text", ())),
        said.get("connection", {}),
    )


def _codes(written: str) -> tuple[str, ...]:
    """Return the codes that a key stands for: `200-299` is a hundred of them."""
    first, _, last = written.partition("-")
    if first.isdecimal() and last.isdecimal():
        return tuple(str(code) for code in range(int(first), int(last) + 1))
    return (written,)


def _cause(kind: Kind, own: Mapping[str, str], **said: Any) -> Cause:
    """Return a cause: what its category calls for, but for what is said of its code alone."""
    return Cause(
        category=kind.name,
        retry=own.get("retry", kind.retry),
        after={language: own.get(f"after_{language}", kind.after[language]) for language in LANGUAGES},
        do={language: own.get(language, kind.do[language]) for language in LANGUAGES},
        **said,
    )
