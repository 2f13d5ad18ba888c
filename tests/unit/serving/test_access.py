"""Who may ask what: tokens are known by their secrets alone, until they end; roles have the scopes of the one table."""

import msgspec
import pytest

from operations.tokens import new_token
from schemas.access import NEEDS, ROLES, ClickHouseRole, Scope, key_of, known, told

NOW_MS = 1_800_000_000_000
CREATED = new_token("crm", "support", ("alfa",), 1_000, NOW_MS)
TOKENS = {CREATED.token.id: CREATED.token}


def test_a_token_is_known_by_its_secret() -> None:
    """The text that was shown is known; another secret, another id, a part of it and nothing are not."""
    assert known(TOKENS, CREATED.text, NOW_MS) == CREATED.token
    other = new_token("crm", "support", ("alfa",), 1_000, NOW_MS)
    mixed = f"rcb_{CREATED.token.id}_{other.text.rpartition('_')[2][-43:]}"
    for text in ("", "rcb_", CREATED.text[:-1], CREATED.text + "x", other.text, mixed, CREATED.token.secret_sha256):
        assert known(TOKENS, text, NOW_MS) is None


def test_what_is_kept_does_not_lead_back_to_the_secret() -> None:
    """Neither the secret nor the token's text is in what the topic has."""
    kept = msgspec.json.encode(CREATED.token).decode()
    secret = CREATED.text.removeprefix(f"rcb_{CREATED.token.id}_")
    assert len(secret) == 43
    assert secret not in kept


def test_a_token_ends() -> None:
    """At its end, or when it is revoked, a token is known no more."""
    assert known(TOKENS, CREATED.text, NOW_MS + 999) is not None
    assert known(TOKENS, CREATED.text, NOW_MS + 1_000) is None
    revoked = msgspec.structs.replace(CREATED.token, revoked_at_ms=NOW_MS)
    assert known({revoked.id: revoked}, CREATED.text, NOW_MS) is None


@pytest.mark.parametrize("value", [None, b"", b"{", b'{"id": "x"}', b"\xff"])
def test_a_record_that_cannot_be_read_takes_the_token_away(value: bytes | None) -> None:
    """Whoever's token cannot be read has none: a fault gives nobody more than he had."""
    tokens = told({}, key_of(CREATED.token.id), msgspec.json.encode(CREATED.token))
    assert tokens == TOKENS
    assert told(tokens, key_of(CREATED.token.id), value) == {}
    assert told(tokens, b"user/somebody", value) == TOKENS


def test_roles_and_scopes() -> None:
    """Numbers are for support, operator and admin; payloads for operator and admin; everybody reads."""
    having = {scope: {name for name, role in ROLES.items() if scope in role.scopes} for scope in Scope}
    assert having[Scope.READ] == set(ROLES)
    assert having[Scope.NUMBERS] == {"support", "operator", "admin"}
    assert having[Scope.PAYLOADS] == {"operator", "admin"}
    assert having[Scope.RECONCILE] == {"analyst", "operator", "admin"}
    order = list(ClickHouseRole)
    for role in ROLES.values():
        needed = [NEEDS[scope] for scope in role.scopes if scope in NEEDS]
        assert role.clickhouse is max(needed, key=order.index)
