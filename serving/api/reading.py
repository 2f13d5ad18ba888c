"""A request's parameters, read and held to what a question takes. Pure: today is passed in."""

import datetime as dt
import typing
from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import available_timezones

import msgspec

from schemas.access import Scope, Token
from serving.api.problems import Problem, Wrong, problem
from serving.queries import parameters as p
from serving.queries.question import Parameter, Question

Pairs = Sequence[tuple[str, str]]
_DEFAULT_DAYS: Final = 6
_WHENEVER: Final = frozenset({"text", "id", "reference", "identity"})
"""Who is looked for by one of these is found whenever it was: days are no default then."""
_ZONES: Final = frozenset(available_timezones())


def read(question: Question, pairs: Pairs, token: Token, now: dt.datetime, days_max: int) -> dict[str, Any]:
    """Return what was asked: name → value, defaults filled in.

    Raises:
        Problem: a parameter is unknown, given twice, or not what it has to be (422, all of them at once), or is not the
            token's to give (403).
    """
    known = {parameter.name: parameter for parameter in question.parameters}
    given: dict[str, list[str]] = {}
    wrong: list[Wrong] = []
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    asked: dict[str, Any] = {}
    for name, texts in given.items():
        if name not in known:
            wrong.append(Wrong(name[: p.TEXT_LENGTH_MAX], f"is not one of {', '.join(known)}"))
            continue
        try:
            asked[name] = _converted(known[name], texts)
        except msgspec.ValidationError as error:
            wrong.append(Wrong(name, str(error)))
    if wrong:
        raise _refused(wrong)
    for name in asked:
        _require_scope(known[name], token)
    asked = {parameter.name: parameter.default for parameter in known.values() if parameter.default is not None} | asked
    _fill_in_days(asked, known, now, days_max)
    if why := question.refuse(asked):
        raise _refused([Wrong(question.name, why)])
    return asked


def _converted(parameter: Parameter, texts: list[str]) -> Any:
    is_list = typing.get_origin(parameter.kind) is list
    if not is_list and len(texts) > 1:
        raise msgspec.ValidationError("is given more than once")
    if is_list and len(texts) > p.VALUES_MAX:
        raise msgspec.ValidationError(f"is given more than {p.VALUES_MAX} times")
    value = msgspec.convert(texts if is_list else texts[0], parameter.kind, strict=False)
    if parameter.name == "time_zone" and value not in _ZONES:
        raise msgspec.ValidationError("is no IANA name of a time zone, like America/Sao_Paulo")
    if isinstance(value, dt.date) and not p.FIRST_DAY <= value <= p.LAST_DAY:
        raise msgspec.ValidationError(f"is not from {p.FIRST_DAY} to {p.LAST_DAY}")
    return value


def _fill_in_days(asked: dict[str, Any], known: dict[str, Parameter], now: dt.datetime, days_max: int) -> None:
    if p.SINCE.name not in known or (asked.keys() & _WHENEVER and not asked.keys() & {"since", "until"}):
        return
    today = now.date()
    until = asked.setdefault("until", max(today, asked.get("since", today)))
    since = asked.setdefault("since", max(until - dt.timedelta(days=_DEFAULT_DAYS), p.FIRST_DAY))
    if since > until:
        raise _refused([Wrong("since", f"{since} is after until, {until}")])
    if (until - since).days >= days_max:
        raise _refused([Wrong("since", f"from {since} to {until} are more than {days_max} days: ask for fewer")])


def _require_scope(parameter: Parameter, token: Token) -> None:
    if not token.may(parameter.needs):
        raise problem("not-allowed", f"`{parameter.name}` needs the scope {parameter.needs}: {token.role} has it not.")


def require(token: Token, scope: Scope) -> None:
    """Raise the Problem of who has not a scope."""
    if not token.may(scope):
        raise problem("not-allowed", f"This needs the scope {scope}: {token.role} has it not.")


def _refused(wrong: list[Wrong]) -> Problem:
    detail = "; ".join(f"{each.parameter}: {each.detail}" for each in wrong[:3])
    return problem("wrong-parameter", detail, *wrong)


def require_account(token: Token, account: str) -> None:
    """Raise the Problem of who writes for an account that is not the token's."""
    if not token.sees_all and account not in token.accounts:
        raise problem("not-allowed", "The token is of other accounts.")
