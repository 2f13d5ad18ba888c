"""What looks like a credential's key in somebody's text costs nothing beside that text."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.providers import PROVIDERS
from schemas.providers.redacted_tree import by_parsing, is_kept
from schemas.providers.redaction import redactor
from tests.support.samples import Sample, samples

KEYS = ("apikey", "pairingCode", "qrcode", "urlcode", "phoneCode")
redact = redactor(*KEYS)
PLANTED = (
    'Bob "apikey":"',
    '"apikey":{',
    'use "apikey":[ in the body',
    '"apikey" : "a", and "qrcode":',
    '\\"apikey\\":\\"',
    '\\\\"phoneCode":{"',
    '{"apikey":"s","text":"{\\"apikey\\":{"}',
    '"urlcode":"\\',
    '"pairingCode":1',
)
BODIES = [sample for sample in samples() if sample.content_type == "application/json"]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a text in a document: what holds it, and its key there."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, str):
            yield value, key
        elif isinstance(inner, dict | list):
            yield from _places(inner)


@pytest.mark.parametrize("sample", BODIES, ids=lambda sample: sample.file)
def test_a_key_planted_in_any_text_of_any_sample_costs_no_other_value(sample: Sample) -> None:
    """Whoever writes a message, or is called something, cannot have a status thrown away that comes in the same body."""
    document = json.loads(sample.body)
    for planted in PLANTED:
        for holder, key in _places([document]):
            before, holder[key] = holder[key], planted
            after = json.loads(redact(json.dumps(document).encode()))
            holder[key] = before
            _check_kept(document, after, holder, key)


def _check_kept(before: Any, after: Any, holder: Any, planted: Any) -> None:
    """Check that two documents are the same but for values of credentials, and the text at `planted` in `holder`."""
    if isinstance(before, dict):
        assert before.keys() == after.keys()
    elif isinstance(before, list):
        assert len(before) == len(after)
    else:
        assert before == after
        return
    for key, value in before.items() if isinstance(before, dict) else enumerate(before):
        if (key in KEYS and after[key] == "[redacted]") or (before is holder and key == planted):
            continue
        _check_kept(value, after[key], holder, planted)


_texts = st.text() | st.lists(
    st.sampled_from(['"apikey"', '"', "\\", ":", "{", "}", "[", "]", ",", " ", "\n", "s", "é"]), max_size=12
).map("".join)
_documents = st.recursive(
    st.none() | st.integers() | _texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "apikey"]) | _texts, inner, max_size=3)
        | inner.map(json.dumps)
    ),
    max_leaves=8,
)


@given(document=st.lists(_documents, min_size=1, max_size=3), status=_texts)
def test_a_json_body_stays_one_whatever_stands_in_its_texts(document: list[Any], status: str) -> None:
    """Valid JSON gives valid JSON with the same tree, at any depth of JSON in texts; what comes behind is there."""
    body = json.dumps([document, {"id": "wamid.1"}, {"apikey": status or "s"}]).encode()
    after = json.loads(redact(body))
    assert after[1:] == [{"id": "wamid.1"}, {"apikey": "[redacted]"}]
    assert is_kept(body, redact(body))


@given(document=st.lists(_documents, max_size=3))
def test_redaction_by_parsing_keeps_the_tree_too(document: list[Any]) -> None:
    """What stands in where the bytes would not do takes the credentials out, and nothing else."""
    body = json.dumps([document, {"apikey": "s3cret", "id": 1}]).encode()
    after = by_parsing(body, KEYS, lambda text: text)
    assert json.loads(after)[1] == {"apikey": "[redacted]", "id": 1}
    assert is_kept(body, after)


def test_statuses_behind_a_name_with_a_key_in_it_are_stored() -> None:
    """An update of Evolution's with five statuses, the first of a contact who calls himself a credential."""
    updates = [{"keyId": f"k{n}", "remoteJid": "5511@s.whatsapp.net", "status": "DELIVERY_ACK"} for n in range(5)]
    updates[0]["pushName"] = 'Bob "apikey":"'
    body = json.dumps({"event": "messages.update", "instance": "i", "data": updates}).encode()
    evolution = PROVIDERS["evolution"]
    assert evolution.redact is not None
    assert evolution.redact(body) == body
    assert len(evolution.parser(None).split(evolution.redact(body), "application/json")) == 5


def test_a_body_that_would_not_be_kept_is_told() -> None:
    """The check that stands behind the redactor sees values gone, texts cut and JSON that is none any more."""
    body = b'{"a":"x","b":[1,2]}'
    for bad in (b'{"a":"x"}', b'{"a":"x","b":[1]}', b'{"a":"x","b":[1,3]}', b'{"a":"","b":[1,2]}', b'{"a":"[redacted]'):
        assert not is_kept(body, bad)
    assert is_kept(body, b'{"a":"[redacted]","b":[1,2]}')
    assert is_kept(body, b'{"a":"x","b":"[redacted]"}')
