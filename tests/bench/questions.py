"""What is asked of each published view when it is timed: about one week, or about one message. Pure."""

from typing import Final

from tests.bench.many_messages import STORE, VIEWS

_MINUTES_OLD_S: Final = 3_600


def about_a_week(since: str, until: str) -> dict[str, str]:
    """Return a question to every published view about the days from `since` to `until`, by the view's name."""
    days = f"anchor_day BETWEEN '{since}' AND '{until}'"
    at = f"at >= '{since}' AND at < toDate('{until}') + 1"
    hour = at.replace("at ", "hour ")
    span = f"since = '{since}', until = '{until}'"
    zoned = f"time_zone = 'America/Sao_Paulo', {span}"
    some = f"(SELECT message_id FROM {STORE}.message_alias WHERE anchor_day = '{since}' LIMIT 1)"
    asked = {
        "messages": f"SELECT status, count() FROM v.messages WHERE {days} GROUP BY status",
        "messages_found": f"SELECT * FROM v.messages_found(texts = [{some}])",
        "messages_of_days": f"SELECT status, count() FROM v.messages_of_days({zoned}) GROUP BY status",
        "persons": "SELECT count() FROM v.persons",
        "causes": "SELECT count() FROM v.causes",
        "connections": "SELECT status, count() FROM v.connections GROUP BY status",
        "logouts": f"SELECT status, count() FROM v.logouts WHERE {at} GROUP BY status",
        "connection_history": f"SELECT status, count() FROM v.connection_history WHERE {at} GROUP BY status",
        "connection_uptime": f"SELECT count() FROM v.connection_uptime({zoned})",
        "logout_in_flight": f"SELECT sum(in_flight) FROM v.logout_in_flight({zoned})",
        "funnel": f"SELECT sum(messages), sum(delivered) FROM v.funnel({zoned})",
        "funnel_rollup": f"SELECT sum(messages), sum(delivered) FROM v.funnel_rollup({zoned})",
        "latencies": f"SELECT * FROM v.latencies({zoned})",
        "stuck": f"SELECT count() FROM v.stuck({zoned}, min_age_s = {_MINUTES_OLD_S})",
        "errors": f"SELECT * FROM v.errors({zoned})",
        "prices": f"SELECT * FROM v.prices({zoned})",
        "numbers_not_found": f"SELECT count() FROM v.numbers_not_found({zoned})",
        "conflicts": f"SELECT count() FROM v.conflicts WHERE {days}",
        "read_without_delivered": f"SELECT count() FROM v.read_without_delivered WHERE {days}",
        "outcomes": f"SELECT outcome, count() FROM v.outcomes WHERE {at} GROUP BY outcome",
        "events": f"SELECT status, count() FROM v.events({zoned}) GROUP BY status",
        "requests": f"SELECT http_status, count() FROM v.requests({zoned}) GROUP BY http_status",
        "audit": f"SELECT outcome, http_status, count() FROM v.audit WHERE {at} GROUP BY ALL",
        "audit_between": f"SELECT outcome, http_status, count() FROM v.audit_between({zoned}) GROUP BY ALL",
        "timeline": f"SELECT * FROM v.timeline(account = 'acme', message_id = {some})",
        "timelines": f"SELECT * FROM v.timelines(account = 'acme', message_ids = [{some}])",
        "repeats": f"SELECT sum(repeats), sum(late) FROM v.repeats WHERE {hour}",
        "repeats_between": f"SELECT sum(repeats), sum(late) FROM v.repeats_between({zoned})",
        "provider_health_between": f"SELECT max(delay_p99_ms) FROM v.provider_health_between({zoned})",
        "provider_health": f"SELECT max(delay_p99_ms) FROM v.provider_health WHERE {hour}",
        "answers": f"SELECT sum(requests) FROM v.answers WHERE {hour}",
        "provider_status": "SELECT count() FROM v.provider_status",
        "search": f"SELECT * FROM v.search(texts = [{some}])",
        "columns": "SELECT count() FROM v.columns",
        "views": "SELECT count() FROM v.views",
        "completeness": "SELECT * FROM v.completeness",
        "completeness_between": f"SELECT * FROM v.completeness_between({zoned})",
        "fold_differences": f"SELECT count() FROM v.fold_differences({zoned})",
        "freshness": "SELECT * FROM v.freshness",
        "sends": "SELECT class, count() FROM v.sends GROUP BY class",
        "sends_found": f"SELECT * FROM v.sends_found(texts = [{some}])",
        "send_tags": "SELECT tag, sum(sends) FROM v.send_tags GROUP BY tag",
        "reconciliation_runs": "SELECT count() FROM v.reconciliation_runs",
        "reconciliation_differences": "SELECT class, count() FROM v.reconciliation_differences GROUP BY class",
        "reconciliation_daily": "SELECT class, sum(rows) FROM v.reconciliation_daily GROUP BY class",
        "links_missing": f"SELECT count() FROM v.links_missing({span})",
        "generations": "SELECT * FROM v.generations",
    }
    return {name: _named(sql) for name, sql in asked.items()}


def about_one_message(text: str, message_id: str) -> dict[str, str]:
    """Return the questions of somebody who knows a message by `text`: found, its facts, and its timeline."""
    asked = {
        "search": f"SELECT * FROM v.search(texts = ['{text}'])",
        "facts": f"SELECT * FROM v.messages_found(texts = ['{text}'])",
        "timeline": f"SELECT * FROM v.timeline(account = 'acme', message_id = '{message_id}')",
    }
    return {name: _named(sql) for name, sql in asked.items()}


def _named(sql: str) -> str:
    return sql.replace("v.", f"{VIEWS}.")
