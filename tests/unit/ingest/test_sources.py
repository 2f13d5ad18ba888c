"""recibo.toml: what it may say, and the errors for anything else."""

import pytest

from schemas.errors import ConfigurationError
from schemas.sources import doubtful_loss, parse_sources, require_secrets

OPEN = '[sources.{}]\nprovider = "wpp_marketing"\nauth = "none"\n'
GOOD = """\
[sources.wpp]
provider = "wpp_marketing"
account = "default"
selected = ["delivered", "read"]
[sources.wpp.auth]
kind = "hmac"
header = "X-Recibo-Signature"
prefix = "sha256="
[[sources.wpp.auth.secrets]]
env = "RECIBO_SECRET_WPP"
expires_at = 2027-01-01T00:00:00Z
[sources.wpp.mapping.paths]
message_id = ["data.id"]
[sources.wpp.mapping.words]
delivered = ["chegou"]
[sources.open]
provider = "wpp_marketing"
auth = "none"
"""


def test_good_file() -> None:
    """A source carries its provider, account, selection, secrets and its own mapping; the account defaults to its name."""
    sources = parse_sources(GOOD, {"RECIBO_SECRET_WPP": "s"}).by_name
    wpp, open_source = sources["wpp"], sources["open"]
    assert (wpp.provider.name, wpp.account, wpp.selected) == ("wpp_marketing", "default", ("delivered", "read"))
    assert [(secret.value, secret.expires_at_ms) for secret in wpp.secrets] == [("s", 1_798_761_600_000)]
    assert wpp.mapping is not None
    assert wpp.mapping.words["chegou"] == "delivered"
    parts = wpp.parser.split(b'{"event": "chegou", "data": {"id": "m-1"}}', "application/json")
    assert [part.subject for part in parts] == ["m-1"]
    assert (open_source.account, open_source.selected, open_source.mapping) == ("open", None, None)


def test_no_sources_is_no_error() -> None:
    """An empty file registers nothing."""
    assert parse_sources("", {}).by_name == {}


@pytest.mark.parametrize(
    ("before", "text", "is_refused"),
    [
        (["a"], "", True),
        (["a"], 'removed = ["a"]', False),
        (["a", "b"], "", True),
        (["a", "b"], OPEN.format("a"), False),
        (["a", "b", "c"], OPEN.format("a"), True),
        (["a", "b", "c"], 'removed = ["b"]\n' + OPEN.format("a"), False),
        (["a"], OPEN.format("new"), True),
        ([], "", False),
        (["a"], OPEN.format("a") + OPEN.format("b"), False),
    ],
)
def test_losing_most_sources_must_be_meant(before: list[str], text: str, *, is_refused: bool) -> None:
    """A reload may not take all sources away, or most of them, unless the file names them as removed."""
    doubt = doubtful_loss(before, parse_sources(text, {}))
    assert (doubt is not None) is is_refused
    if doubt:
        assert parse_sources(doubt[doubt.index("removed =") :] + "\n" + text, {}).removed >= set(before) - {"a"}


def test_secrets_are_asked_for_only_by_who_needs_them() -> None:
    """Processors read sources without any secret; ingest refuses one that is not in the environment, or is empty."""
    for environ in ({}, {"RECIBO_SECRET_WPP": ""}):
        sources = parse_sources(GOOD, environ)
        with pytest.raises(ConfigurationError, match=r"source wpp: .* RECIBO_SECRET_WPP"):
            require_secrets(sources)


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('kind = "hmac"', 'kind = "hmacc"', r"recibo.toml:6: \[sources.wpp.auth.kind\] one of hmac, twilio"),
        ("header =", "heder =", r"recibo.toml:5: \[sources.wpp.auth\] .*heder"),
        ('provider = "wpp_marketing"\na', 'provider = "wp"\na', r"recibo.toml:2: .*'wp' is not known; one of"),
        ('"read"]', '"reed"]', r"recibo.toml:4: .*'reed' is no status; one of queued"),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00", r"recibo.toml:11: .* has no offset"),
        ("message_id = [", "messageid = [", r"recibo.toml:13: .*unknown field; one of message_id"),
        ('auth = "none"', "", r"recibo.toml:16: .*missing required field `auth`"),
        ('auth = "none"', 'auth = "open"', r'recibo.toml:18: .*say auth = "none"'),
        ("[sources.open]", "[source.open]", r"recibo.toml:16: unknown key 'source'"),
        ("[sources.open]", "[sources.open", r"not TOML: .*line 16"),
        ("[sources.open]", "[sources.Open]", r"recibo.toml:16: .*lower-case"),
        ('account = "default"', 'account = "a/b"', r"recibo.toml:3: .*without `/`"),
        ('prefix = "sha256="', 'signed = "{timestamp}"', r"recibo.toml:8: .*must contain \{body\}"),
        ('prefix = "sha256="', 'signed = "{body}{who}"', r"recibo.toml:8: .*who.* is not one of"),
        ('prefix = "sha256="', 'signed = "{timestamp}.{body}"', r"recibo.toml:5: .*timestamp_header\] needed"),
        (
            '[[sources.wpp.auth.secrets]]\nenv = "RECIBO_SECRET_WPP"\nexpires_at = 2027-01-01T00:00:00Z\n',
            "",
            r"none given",
        ),
        ('auth = "none"', 'auth = "none"\nselcted = []', r"recibo.toml:16: .*selcted"),
        (
            'auth = "none"',
            'auth = "none"\n[sources.open.limits]\nburst = "x"',
            r"recibo.toml:20: .*burst\] Expected `int",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(written: str, instead: str, said: str) -> None:
    """An error names file, line and key, and what to write instead."""
    assert written in GOOD
    with pytest.raises(ConfigurationError, match=said):
        parse_sources(GOOD.replace(written, instead, 1), {})


@pytest.mark.parametrize(
    ("mapping", "named"),
    [
        ('words = { delivred = ["chegou"] }', "words.delivred: no status"),
        ('path = { status = "x" }', "path: unknown key"),
        ('paths = { sttus = "x" }', "paths.sttus: unknown field"),
    ],
)
def test_a_mapping_with_a_typing_mistake_is_refused(mapping: str, named: str) -> None:
    """A word for no status, or a key or field that does not exist, is an error with its line, never silently left out."""
    text = f'[sources.x]\nprovider = "generic"\nauth = "none"\n[sources.x.mapping]\n{mapping}\n'
    with pytest.raises(ConfigurationError) as refused:
        parse_sources(text, {})
    assert all(part in str(refused.value) for part in named.split(": "))
