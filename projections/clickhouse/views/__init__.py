"""The views: one file each, replaced at every migration, in the order of their numbers.

A file begins with a comment that says what a row is. `recibo` shows numbers masked; `recibo_numbers` has the same
views with numbers in full, for those who may see them. Columns are published (`published.json`): later versions may add
columns, never remove one or change its type (a test compares).
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Final

from clickhouse_connect.driver.client import Client

from projections.clickhouse.ddl import change
from projections.clickhouse.views import catalog, cause_values, columns, fragments
from runtime.clickhouse.settings import bi_database, numbers_database
from runtime.clickhouse.topology import PLAIN, Topology
from schemas.connection_state import CONNECTION_RANK
from schemas.error_category import ACTIONS
from schemas.identity import IDENTITIES_MAX, KINDS
from schemas.message_state import HORIZON_MS
from schemas.providers import matrix
from schemas.status import NAMES_BY_RANK

FOLDER: Final = Path(__file__).parent
_PARTS: Final = FOLDER / "parts"
RETIRED: Final = ("message_fold", "funnel_slot", "message_found")
"""Views of older releases in the database of the tables, which nothing uses any more."""
_PLACE: Final = re.compile(r"\$\{(?P<name>\w+)(?:\((?P<argument>[^{}]+)\))?\}")
"""What is filled in: `${statuses}`, `${number(recipient)}`."""

_MASKED_NUMBER: Final = r"if({0} = '', '', concat(substring({0}, 1, 4), '****', right({0}, 2)))"
_MASKED_DIGITS: Final = (
    r"replaceRegexpAll({0}, '([0-9](?:GAP[0-9]){{3}})(?:GAP[0-9]){{3,}}((?:GAP[0-9]){{2}})', '\\1****\\2')"
).replace("GAP", "[ ()./-]{{0,2}}")
"""Every run of nine digits or more, also where they stand in groups: whatever a text calls its number."""

MARGIN_DAYS: Final = 16
"""Days from a message's own day to its anchor_day, at most: 8 that a provider's time may be before receipt, 7 that our spool
may wait for the log, and 1 for time zones. Of a message told of later than that the rollup knows in which week it is."""
_APPENDED: Final = (
    "WHERE at >= toDateTime({since:Date}, {time_zone:String}) AND at < toDateTime({until:Date} + 1, {time_zone:String})"
)
"""A record appended on one of some days."""
_COPIES: Final = "AND at >= toDateTime({since:Date} - 9, 'UTC') AND at < toDateTime({until:Date} + 2, 'UTC')"
"""Where a copy of such a record is looked for: a spool gives back what it took up to 7 days ago."""
_ALL_DAYS: Final = {"alone": "1", "since": "1", "grouped": "1"}
"""Which states `parts/message_fold.sql` takes: those that stand alone, since when members of groups are, and which groups."""
_WITHIN: Final = "anchor_day BETWEEN {first_day:Date} AND {last_day:Date}"
_SOME_DAYS: Final = {
    "alone": _WITHIN,
    "since": "anchor_day >= {first_day:Date}",
    "grouped": f"state_day >= {{first_day:Date}} AND {_WITHIN}",
}
_BY_NAME: Final = "name IN (SELECT arrayJoin(given))"
_BY_PERSON: Final = " OR found_by = 'recipient' AND name IN (SELECT tupleElement(arrayJoin(people), 2)) AND has(people, (toString(account), name))"

_RUNS_AS_OWNER: Final = re.compile(r"(VIEW \$\{(?:views|bi)\}\.\w+) AS\b")
"""A published view reads the tables as whoever made it: who is granted the view needs no right to the tables."""


def read_views(store: str, views: str, *, masked: bool, folder: Path = FOLDER, time_zone: str = "") -> dict[str, str]:
    """Return name → CREATE statement, in the order in which views depend on one another (`20_messages.sql`).

    Args:
        store: database of the tables.
        views: database of the views.
        masked: whether numbers are shown masked.
        folder: where the files are.
        time_zone: IANA name of the zone of days, for views without parameters.
    """
    words = {
        "store": store,
        "views": views,
        "bi": bi_database(views),
        "time_zone": time_zone,
        "categories": _array(ACTIONS),
        "actions": _array(ACTIONS.values()),
        "statuses": _array(NAMES_BY_RANK),
        "counts": fragments.counts(),
        "fold_columns": fragments.fold_columns(),
        "fold_joins": fragments.fold_joins(),
        "own_time": fragments.own_time(),
        "receipt_times": fragments.receipt_mask("f"),
        "identity_kinds": _array(KINDS),
        "connection_statuses": _array(CONNECTION_RANK),
        "identities_max": str(IDENTITIES_MAX),
        **_messages(),
        **_found(masked=masked),
        "horizon_days": str(HORIZON_MS // 86_400_000),
        "links_missing": part("links_missing", since="{since:Date}", until="{until:Date}"),
        **fragments.first_times(),
        "finds_people": str(int(not masked)),
        **_bounded(),
        "catalog": ", ".join(
            f"({_text(v.name)}, {_text(v.meaning)}, {_array(v.parameters)}, {_text(v.example)})"
            for v in catalog.views()
        ),
        "columns": columns.values(),
        **cause_values.words(),
        "provider_status": ", ".join(f"('{row.provider}', '{row.status}', '{row.reporting}')" for row in matrix.rows()),
    }
    masks = {"number": _MASKED_NUMBER, "digits": _MASKED_DIGITS, "content": "''"}
    calls = {
        "status_of": fragments.status_of,
        "flags": fragments.flags,
        "bit": fragments.bit,
        "sums": fragments.sums,
        "bits": fragments.bits,
        "subject": fragments.subject,
    }

    def fill(match: re.Match[str]) -> str:
        name, argument = match["name"], match["argument"]
        if argument is None:
            return _PLACE.sub(fill, words[name])
        if name in calls:
            return calls[name](argument)
        return masks[name].format(argument) if masked else argument

    found = {}
    for path in sorted(folder.glob("*.sql")):
        text = _RUNS_AS_OWNER.sub(
            r"\1 DEFINER = CURRENT_USER SQL SECURITY DEFINER AS", path.read_text(encoding="utf-8")
        )
        found[path.stem.partition("_")[2]] = _PLACE.sub(fill, text)
    return found


def _messages() -> dict[str, str]:
    """Return the texts of the views that have one row a message, by which states they are made of."""
    which = {"message": _ALL_DAYS, "message_between": _SOME_DAYS, "message_near": _near()}
    shown_id = part("shown_id")
    folds = {name: part("message_fold", shown_id=shown_id, **states) for name, states in which.items()}
    folds["message_found"] = part("found_fold", shown_id=shown_id, rows=part("found_rows", which="states"))
    return {name: part("message", fold=fold) for name, fold in folds.items()}


def _found(*, masked: bool) -> dict[str, str]:
    """Return what finds states by texts, and the groups that states are in.

    Where numbers are masked nobody is found by one: whoever may ask for 20,000 of them would know which are right.
    """
    members = part("found_members")
    people = "" if masked else part("found_people") + "\n    "
    by_name = f"{_BY_NAME} AND found_by = 'reference'" if masked else f"({_BY_NAME}{_BY_PERSON})"
    return {
        "found": part("found", people=people, by_name=by_name, found_members=members),
        "found_members": members,
        "timeline_days": part("timeline_days"),
        "timeline_rows": part("timeline_rows"),
        "shown_id": part("shown_id"),
        "rows_of_members": part("found_rows", which="members"),
    }


def _bounded() -> dict[str, str]:
    """Return the texts of the views that there are twice: of all history, and of what was appended on some days."""
    return {
        "completeness": part("completeness", bound=""),
        "completeness_between": part("completeness", bound=_APPENDED),
        "provider_health": part("provider_health", own="", and_own="", near="", near_s=""),
        "provider_health_between": part(
            "provider_health",
            own=_APPENDED,
            and_own=_APPENDED.replace("WHERE", "AND", 1),
            near=_COPIES,
            near_s=_COPIES.replace(" at ", " s.at "),
        ),
        "audit": part("audit", bound="", request=part("audit_request_keys")),
        "audit_between": part("audit", bound=_APPENDED, request=part("audit_request_days", request_bound=_requested())),
    }


def _near() -> dict[str, str]:
    """Return which states are folded for messages whose own day is within since and until."""
    last = part("message_late", earliest_told=fragments.earliest_told("s."), margin=str(MARGIN_DAYS))
    later = part("message_late_weeks", margin=str(MARGIN_DAYS))
    within = (
        f"(anchor_day BETWEEN {{since:Date}} - 1 AND ({last}) "
        f"OR anchor_day > {{until:Date}} + {MARGIN_DAYS} AND toMonday(anchor_day) IN ({later}))"
    )
    since = "{since:Date} - 1"
    return {"alone": within, "since": f"anchor_day >= {since}", "grouped": f"state_day >= {since} AND {within}"}


def _requested() -> str:
    """Return the bound of the requests whose events were appended on some days: how long these waited is read from them."""
    least, greatest = (
        part("request_received", bound=bound, appended=_APPENDED.replace(" at ", " w.at ")) for bound in ("min", "max")
    )
    return f"WHERE r.received_at BETWEEN ({least}) AND ({greatest})"


def part(name: str, **words: str) -> str:
    """Return a text of `parts/`, which is used in more than one place."""
    return Template((_PARTS / f"{name}.sql").read_text(encoding="utf-8").rstrip()).safe_substitute(words)


def _array(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def create(
    client: Client, store: str, views: str, time_zone: str = "America/Sao_Paulo", topology: Topology = PLAIN
) -> None:
    """Create or replace the views over the tables of `store`: masked in database `views`, in full in `{views}_numbers`.

    Those of `{views}_bi` have no parameters: their days are in `time_zone`.
    """
    for statement in statements(store, views, time_zone):
        change(client, statement, topology)


def statements(store: str, views: str, time_zone: str) -> Iterator[str]:
    """Yield what `create` runs, written for one server."""
    for database, masked in ((views, True), (numbers_database(views), False)):
        yield f"CREATE DATABASE IF NOT EXISTS {database}"
        yield from read_views(store, database, masked=masked).values()
    yield f"CREATE DATABASE IF NOT EXISTS {bi_database(views)}"
    yield from read_views(store, views, masked=True, folder=FOLDER / "bi", time_zone=time_zone).values()
    for name in RETIRED:
        yield f"DROP VIEW IF EXISTS {store}.{name}"
