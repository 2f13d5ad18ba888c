"""Secrets are compared in constant time, whatever kind of proof they are part of."""

import ast
import hmac

import pytest

from ingest.http.authenticate import Attempt, verifier
from ingest.http.request_headers import RequestHeaders
from schemas.sources import parse_sources
from tests.support.source_tree import ROOT

ENVIRON = {"OLD": "old secret, long enough for anything", "NEW": "new secret, long enough for anything"}
SECRETS = '[[sources.x.auth.secrets]]\nenv = "OLD"\n[[sources.x.auth.secrets]]\nenv = "NEW"\n'
KINDS = {
    "hmac": ('kind = "hmac"\nheader = "X-Sig"\nprefix = "sha256="\n', {"x-sig": "sha256=" + "0" * 64}),
    "bearer": ('kind = "bearer"\n', {"authorization": "Bearer wrong"}),
    "basic": ('kind = "basic"\nuser = "u"\n', {"authorization": "Basic dTp3cm9uZw=="}),
    "path": ('kind = "path"\n', {}),
}
"""Kinds of proof whose comparison is ours, each with a wrong one (JWT's is its library's)."""
_SECRET_WORDS = ("secret", "signature", "expected", "digest", "token", "password")


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_are_compared_in_constant_time(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong proof is held against every secret in force, each time by `hmac.compare_digest`."""
    auth, headers = KINDS[kind]
    text = f'[sources.x]\nprovider = "wpp_marketing"\n[sources.x.auth]\n{auth}{SECRETS}'
    verify = verifier(parse_sources(text, ENVIRON).by_name["x"])
    compared: list[object] = []
    real = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    attempt = Attempt(
        body=b"{}",
        url="https://hooks.example.com/x",
        path_secret="wrong",
        address="203.0.113.9",
        is_from_trusted_proxy=False,
        now_ms=1_773_144_000_000,
        headers=RequestHeaders(raw),
    )
    assert verify(attempt) is False
    assert len(compared) >= 2


def test_no_secret_is_compared_by_equality() -> None:
    """No line of the code that proves compares something named like a secret with == or !=."""
    wrong = []
    for name in ("ingest/http/authenticate.py", "schemas/signatures.py", "schemas/authentication.py"):
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                said = {ast.unparse(side).rpartition(".")[2] for side in (node.left, *node.comparators)}
                if said & set(_SECRET_WORDS):
                    wrong.append(f"{name}:{node.lineno}")
    assert not wrong
