"""The causes of failures (`schemas/causes/`) as lists of tuples, for the view `recibo.causes`."""

from collections.abc import Iterable

from schemas.causes.catalogue import Cause, Kind, kinds, tables


def words() -> dict[str, str]:
    """Return what the view's text is filled in with."""
    return {"causes": codes(), "cause_tables": passed_on(), "cause_kinds": categories()}


def passed_on() -> str:
    """Return (provider, whose codes it may report, in which order) of every provider: its own come first."""
    return _rows(
        (name, whose, place) for name, table in tables().items() for place, whose in enumerate((name, *table.passes_on))
    )


def codes() -> str:
    """Return every code once, of whom it is; what is not said of it alone is left to its category."""
    return _rows(_code(cause, kinds()[cause.category]) for t in tables().values() for cause in t.causes.values())


def categories() -> str:
    """Return what each category calls for."""
    return _rows((k.name, k.after["en"], k.after["pt"], k.do["en"], k.do["pt"]) for k in kinds().values())


def _code(cause: Cause, kind: Kind) -> tuple[object, ...]:
    own = [
        said[language] if said[language] != usual[language] else ""
        for said, usual in ((cause.after, kind.after), (cause.do, kind.do))
        for language in ("en", "pt")
    ]
    return (cause.provider, cause.code, cause.category, cause.meaning, cause.retry, *own, cause.from_page)


def _rows(rows: Iterable[tuple[object, ...]]) -> str:
    return ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value).lower()
