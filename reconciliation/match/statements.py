"""The statements of a comparison, made of `sql/` and of what is declared: fields and classes are words of ours, every value is a
parameter. They run one after another, each in bounded memory.
"""

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any, Final

from reconciliation.match.classes import ORDER, Class
from reconciliation.match.comparison import Comparison, Dues
from reconciliation.match.due import QUANTILE
from reconciliation.match.forgotten import STRIPPED, known_names, names_forgotten, names_looked_up
from reconciliation.match.keys import FIELDS, Key
from schemas.connection_state import CONNECTION_RANK
from schemas.status import FAILURES, NAMES_BY_RANK

_FOLDER: Final = Path(__file__).parent / "sql"
_FOUND_TYPE: Final = (
    "'Tuple(step UInt8, anchor_day Date, message_id String, status String, seen UInt32, first_at DateTime64(3, \\'UTC\\'), "
    "delivered_at Nullable(DateTime64(3, \\'UTC\\')), provider String, connection_id String, campaign String, "
    "billable Nullable(Bool), category String, is_erased Bool, number_differs Bool)'"
)
_ROW_COLUMNS: Final = {"connection": "connection_id"}
_PORTION: Final = "AND row % {portions:UInt32} = {portion:UInt32}"

Statement = tuple[str, dict[str, Any]]


def read(name: str, store: str, **words: str) -> str:
    """Return a statement of `sql/` with its words filled in."""
    text = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return Template(text).substitute(store=store, **words)


def extent(store: str, account: str, manifests: tuple[str, ...]) -> Statement:
    """Return the question what the manifests hold."""
    return read("extent", store), {"account": account, "manifests": list(manifests)}


def named_days(store: str, account: str, manifests: tuple[str, ...]) -> Statement:
    """Return the question on which days the messages are whose ids the manifests give."""
    return read("named_days", store), {"account": account, "manifests": list(manifests)}


def candidates(store: str, asked: Comparison, portions: int = 1) -> Iterator[Statement]:
    """Yield the statements that find which messages each row may mean, each for one of some portions of the rows."""
    tokens = send_tokens(store, asked.keys)
    words = {
        "message_tokens": message_tokens(asked.keys),
        "send_tokens": tokens,
        "named": read("named", store, send_tokens=tokens, portion=_PORTION),
        "portion": _PORTION,
    }
    text = read("candidates", store, near=_near(asked.keys), **words)
    for number in range(portions):
        yield text, _parameters(asked) | {"portion": number, "portions": portions}


def delays(store: str, asked: Comparison) -> Statement:
    """Return the question how long first callbacks took."""
    return read("delays", store), {"run": asked.run, "weak_from": asked.weak_from, "quantile": QUANTILE}


def resolved(store: str, asked: Comparison, dues: Dues, hash_key: tuple[int, int]) -> Statement:
    """Return the statement that gives every row its class."""
    matched = read(
        "matched",
        store,
        own_key=_own_key(asked.keys),
        status_differs=_STATUS_DIFFERS,
        found_type=_FOUND_TYPE,
        known_names=known_names(store),
        names_forgotten=names_forgotten(store),
        stripped=STRIPPED,
    )
    words = {
        "classes": classes(),
        "place": _place(asked),
        "connection_statuses": _array(CONNECTION_RANK),
        "in_sends": _in_role("sender", asked),
        "in_provider": _in_role("provider", asked),
        "in_invoice": _in_role("invoice", asked),
        "matched": matched,
    }
    parameters = {
        "steps": list(asked.steps),
        "weak_from": asked.weak_from,
        "as_of_ms": asked.as_of_ms,
        "due_ms": dues.default_ms,
        "due_connections": list(dues.connections),
        "due_after_ms": list(dues.after_ms),
        **_hash_key(hash_key),
    }
    if asked.interval:
        parameters |= {"since_ms": asked.interval.since_ms, "until_ms": asked.interval.until_ms}
    return read("resolved", store, **words), _parameters(asked) | parameters


def no_send(store: str, asked: Comparison, hash_key: tuple[int, int]) -> Statement:
    """Return the statement that tells the messages without a row."""
    own_time = "coalesce(delivered_or_read_at, first_at)" if asked.by == "delivered_at" else "first_at"
    words = {"is_named": _is_named(store, asked.keys), "own_time": own_time}
    parameters = {
        "since_ms": asked.whole.since_ms,
        "until_ms": asked.whole.until_ms,
        "connections": list(asked.extent.connections),
        "campaigns": list(asked.extent.campaigns),
        **_hash_key(hash_key),
    }
    return read("no_send", store, **words), _parameters(asked) | parameters


def message_tokens(keys: tuple[Key, ...]) -> str:
    """Return the names that a message goes by, each with its step, as SQL: an array of (step, hash of kind and name)."""
    of_keys = [f"if({there}, [(toUInt8({step}), {hashed})], [])" for step, there, hashed in _message_keys(keys)]
    own = "[(toUInt8(0), sipHash128('id', message_id))]"
    others = "arrayMap(alias -> (toUInt8(1), sipHash128('id', alias)), arrayFilter(a -> a != message_id, aliases))"
    return f"arrayConcat({', '.join((own, others, *of_keys))})"


def _message_keys(keys: tuple[Key, ...]) -> Iterator[tuple[int, str, str]]:
    """Yield each key's step, whether a message has it, and its hash, as SQL."""
    for step, key in enumerate(keys, 2):
        columns = [FIELDS[field] for field in key.fields]
        bucket = f"toString(intDiv(toUnixTimestamp64Milli(first_at), {key.window_s * 1000}))"
        yield step, _all_there(columns), _hash(step, [*columns, *([bucket] if key.is_weak else [])])


def _is_named(store: str, keys: tuple[Key, ...]) -> str:
    """Return whether a row has a name that a message goes by: `message_tokens`, one by one, the likeliest first."""
    named = f"IN ({read('named', store, send_tokens=send_tokens(store, keys), portion='')})"
    own = f"sipHash128('id', message_id) {named}"
    others = f"arrayExists(alias -> sipHash128('id', alias) {named}, aliases)"
    of_keys = (f"({there} AND {hashed} {named})" for _, there, hashed in _message_keys(keys))
    return " OR ".join((own, *of_keys, others))


def send_tokens(store: str, keys: tuple[Key, ...]) -> str:
    """Return the names that a row gives, as SQL: an array of the hashes that `message_tokens` makes."""
    of_keys = []
    for step, key in enumerate(keys, 2):
        columns = _row_columns(key)
        if not key.is_weak:
            of_keys.append(f"if({_all_there(columns)}, [{_hash(step, columns)}], [])")
            continue
        at = f"intDiv(toUnixTimestamp64Milli(assumeNotNull(sent_at)), {key.window_s * 1000})"
        hashed = _hash(step, [*columns, f"toString({at} + near)"])
        is_there = f"{_all_there(columns)} AND isNotNull(sent_at)"
        of_keys.append(f"if({is_there}, arrayMap(near -> {hashed}, [-1, 0, 1]), [])")
    own = f"if(message_id = '', [], arrayMap(known -> sipHash128('id', known), {names_looked_up(store)}))"
    return f"arrayConcat({', '.join((own, *of_keys))})"


def classes() -> str:
    """Return the arguments of a multiIf that gives a row the first of ORDER that holds."""
    holds = {
        Class.DUPLICATE: "s.row > s.first_row",
        Class.ERASED: "s.is_erased",
        Class.AMBIGUOUS: "s.candidates > 1 AND NOT s.is_weak",
        Class.NUMBER_DIFFERS: "has(s.differs, 'number_differs')",
        Class.CONNECTION_DIFFERS: "has(s.differs, 'connection_differs')",
        Class.CAMPAIGN_DIFFERS: "has(s.differs, 'campaign_differs')",
        Class.STATUS_DIFFERS: "has(s.differs, 'status_differs')",
        Class.MATCHED_WEAKLY: "s.is_weak",
        Class.MATCHED: "s.candidates > 0",
        Class.NOT_YET_DUE: "toUnixTimestamp64Milli(s.due_at) > {as_of_ms:Int64}",
    }
    listed = ", ".join(f"{holds[c]}, '{c}'" for c in ORDER if c in holds)
    return f"{listed}, '{Class.NO_CALLBACK}'"


def _parameters(asked: Comparison) -> dict[str, Any]:
    return {
        "run": asked.run,
        "account": asked.account,
        "manifests": list(asked.manifests),
        "made_ms": asked.made_ms,
        "first_day": asked.first_day,
        "last_day": asked.last_day,
    }


def _hash_key(key: tuple[int, int]) -> dict[str, Any]:
    return {"key_first": key[0], "key_second": key[1]}


def _row_columns(key: Key) -> list[str]:
    return [_ROW_COLUMNS.get(field, field) for field in key.fields]


def _all_there(columns: list[str]) -> str:
    return " AND ".join(f"{column} != ''" for column in columns)


def _hash(step: int, columns: list[str]) -> str:
    texts = [f"'{step}'", *(f"toString({column})" for column in columns)]
    return f"sipHash128({', '.join(texts)})"


def _own_key(keys: tuple[Key, ...]) -> str:
    """Return what a row without an id is told by: the first of the sure keys that it has in full."""
    parts = []
    for step, key in enumerate(keys, 2):
        if not key.is_weak:
            columns = _row_columns(key)
            parts += [_all_there(columns), f"hex({_hash(step, columns)})"]
    return f"multiIf({', '.join(parts)}, '')"


def _near(keys: tuple[Key, ...]) -> str:
    """Return the condition that what a weak key finds is within its window."""
    apart = "abs(dateDiff('millisecond', m.first_at, assumeNotNull(s.sent_at)))"
    windows = [
        f"(m.step != {step} OR {apart} <= {key.window_s * 1000})" for step, key in enumerate(keys, 2) if key.is_weak
    ]
    return " AND ".join(windows) or "true"


def _place(asked: Comparison) -> str:
    """Return whether a row is within the time compared, by the time that was asked for and by the other one."""
    if asked.interval is None:
        return "'inside'"
    own = {
        "sent_at": "s.asked_at",
        "first_at": "coalesce(s.first_at, s.asked_at)",
        "delivered_at": "coalesce(s.delivered_at, s.first_at, s.asked_at)",
    }
    by, other = own[asked.by], own["first_at" if asked.by == "sent_at" else "sent_at"]
    inside, also = (
        f"(toUnixTimestamp64Milli({at}) >= {{since_ms:Int64}} AND toUnixTimestamp64Milli({at}) < {{until_ms:Int64}})"
        for at in (by, other)
    )
    return f"multiIf({inside} AND {also}, 'inside', {inside}, 'border_in', {also}, 'border_out', 'outside')"


def _in_role(role: str, asked: Comparison) -> str:
    """Return whether some row of a send is of a role. Where all rows have one role, no row looks at others for it."""
    own = f"role = '{role}'"
    return own if len(asked.extent.roles) == 1 else f"max({own}) OVER (PARTITION BY send)"


def _array(texts: Any) -> str:
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


_STATUS_DIFFERS: Final = (
    "s.their_status != '' AND status != '' AND s.their_status != status "
    f"AND (s.their_status IN {_array(sorted(FAILURES))} OR status IN {_array(sorted(FAILURES))} "
    f"OR indexOf({_array(NAMES_BY_RANK)}, status) < indexOf({_array(NAMES_BY_RANK)}, s.their_status))"
)
"""`classes.status_differs`, as SQL."""
