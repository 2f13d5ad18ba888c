"""Credentials are taken out of bodies however they are written, and nothing else is changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.providers.redaction import redactor

redact = redactor("apikey", "pairingCode")


@pytest.mark.parametrize(
    ("body", "redacted"),
    [
        (b'{"apikey": "s", "x": 1.0}', b'{"apikey": "[redacted]", "x": 1.0}'),
        (b'{"a":{"apikey":"s\\"t\\\\"},"b":"c"}', b'{"a":{"apikey":"[redacted]"},"b":"c"}'),
        (b'{"apikey":12345,"x":1}', b'{"apikey":"[redacted]","x":1}'),
        (b'{"apikey":["s","]"],"x":1}', b'{"apikey":"[redacted]","x":1}'),
        (b'{"apikey":{"v":{"w":"}"}},"x":1}', b'{"apikey":"[redacted]","x":1}'),
        (b'{"APIKEY":"s","ApiKey":"t"}', b'{"APIKEY":"[redacted]","ApiKey":"[redacted]"}'),
        (b'{"api\\u006bey":"s"}', b'{"api\\u006bey":"[redacted]"}'),
        (b'{"\\u0061\\u0050ikey" : "s"}', b'{"\\u0061\\u0050ikey" : "[redacted]"}'),
        (b'\xef\xbb\xbf{"apikey":"s"}', b'\xef\xbb\xbf{"apikey":"[redacted]"}'),
        (b'{"text":"{\\"apikey\\":\\"s\\",\\"x\\":1}"}', b'{"text":"{\\"apikey\\":\\"[redacted]\\",\\"x\\":1}"}'),
        (b'{"text":"{\\"apikey\\": 7}"}', b'{"text":"{\\"apikey\\": \\"[redacted]\\"}"}'),
        (b'{"apikey":""}', b'{"apikey":""}'),
        (b'{"apikey":null,"pairingCode":false}', b'{"apikey":null,"pairingCode":false}'),
        (b'{"apikeys":"s","x":"apikey"}', b'{"apikeys":"s","x":"apikey"}'),
        (b'{"apikey":"never ends', b'{"apikey":"[redacted]"'),
        (b"apikey=s&x=1&APIKEY=t", b"apikey=[redacted]&x=1&APIKEY=[redacted]"),
        (b"x=1&%61pikey=s", b"x=1&%61pikey=[redacted]"),
    ],
)
def test_a_credential_is_taken_out_however_it_is_written(body: bytes, redacted: bytes) -> None:
    """Other kinds of values, other case, escapes, a byte order mark, and JSON within a text."""
    assert redact(body) == redacted


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(value=_values, secret=st.text(min_size=1), levels=st.integers(0, 3), pad=st.booleans())
def test_nested_as_deep_as_anybody_likes(value: object, secret: str, levels: int, *, pad: bool) -> None:
    """JSON within texts of JSON stays valid, loses the credential alone, and keeps everything else."""

    def wrapped(document: object) -> object:
        for _ in range(levels):
            document = {"text": json.dumps(document, indent=2 if pad else None), "beside": 1}
        return document

    body = json.dumps(wrapped({"apikey": secret, "value": value})).encode()
    expected = wrapped({"apikey": "[redacted]", "value": value})
    if b"apikey" not in json.dumps(value).encode():
        assert json.loads(redact(body)) == expected
