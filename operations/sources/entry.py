"""The `[sources.NAME]` table of `recibo.toml` as the command line writes and changes it. Pure, on tomlkit tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final

import tomlkit

from schemas.providers.provider import Provider

WITHOUT_SECRETS: Final = ("addresses", "client_certificate", "none")


def free_variable(tables: Any, name: str, what: str = "") -> str:
    """Return an environment variable for a source's secret that no source uses yet, e.g. RECIBO_SECRET_LOJA_2.

    Args:
        tables: the `sources` tables.
        name: the source's name.
        what: what it is, where it is not the source's secret proper: `_VERIFY`.
    """
    stem = f"RECIBO_SECRET_{name.upper().replace('-', '_')}{what}"
    taken = {reference["env"] for table in tables.values() for reference in _references(table)}
    return next(v for n in count(1) if (v := f"{stem}_{n}" if n > 1 else stem) not in taken)


def _references(table: Any) -> list[Any]:
    auth = table.get("auth")
    listed = auth.get("secrets", []) if isinstance(auth, dict) else []
    return [*listed, *([table["verify_token"]] if "verify_token" in table else [])]


def new_table(
    provider: Provider,
    *,
    account: str,
    selected: Sequence[str],
    relay: Sequence[str],
    auth: Mapping[str, Any],
    public_url: str,
    secret: str,
    verify_token: str,
) -> Any:
    """Return a source's table.

    Args:
        provider: its provider.
        account: whose messages; "" for the source's own name.
        selected: statuses; empty for all.
        relay: URLs to hand each webhook on to.
        auth: the auth table without its secrets (`kind` and its keys), or {"kind": "none"}.
        public_url: what its provider calls, where that is not the deployment's; else "".
        secret: the variable of the first secret.
        verify_token: the variable of the verify token, or "".
    """
    table = tomlkit.table()
    table["provider"] = provider.name
    if account:
        table["account"] = account
    if public_url:
        table["public_url"] = public_url
    if selected:
        table["selected"] = list(selected)
    if relay:
        table["relay"] = list(relay)
    if verify_token:
        table["verify_token"] = tomlkit.inline_table()
        table["verify_token"]["env"] = verify_token
    if auth["kind"] == "none":
        table["auth"] = "none"
        return table
    written = tomlkit.table()
    written.update(auth)
    if auth["kind"] not in WITHOUT_SECRETS:
        written["secrets"] = tomlkit.aot()
        written["secrets"].append(_reference(secret))
    table["auth"] = written
    return table


def rotate(tables: Any, name: str, until: datetime, now: datetime) -> str:
    """Put a new secret first, let the others end at `until`, forget those that have ended; return its variable."""
    references = tables[name]["auth"]["secrets"]
    fresh = free_variable(tables, name)
    kept = tomlkit.aot()
    kept.append(_reference(fresh))
    for reference in references:
        ends = reference.get("expires_at")
        if ends is None or ends > until:
            reference["expires_at"] = until
        if reference["expires_at"] > now:
            kept.append(reference)
    tables[name]["auth"]["secrets"] = kept
    return fresh


def set_mapping(table: Any, mapping: Mapping[str, Any]) -> None:
    """Put a mapping table into a source's table, a list for each field, status and kind."""
    written = tomlkit.table()
    for name, value in mapping.items():
        written[name] = value
        if isinstance(value, dict):
            inner = tomlkit.table()
            inner.update(value)
            written[name] = inner
    table["mapping"] = written


def _reference(env: str) -> Any:
    reference = tomlkit.table()
    reference["env"] = env
    return reference
