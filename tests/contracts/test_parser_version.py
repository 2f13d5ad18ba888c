"""The version of parsers and fold: raised by whoever changes what the samples come to (`python -m tests.contracts.test_parser_version`)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from processors.batch import fold_batch, keys_of, read_batch
from schemas.parser_version import PARSER_VERSION
from schemas.providers import PROVIDERS
from schemas.record import HEADER_REQUEST, HEADER_SOURCE, RequestStamp, SourceContext, encode_request, encode_source
from tests.support.raw import raw_record
from tests.support.samples import RECEIVED_AT_MS, samples

LOCK = Path(__file__).with_name("parser_version.lock.json")


def digest() -> str:
    """Return a digest of what every sample comes to: events and what is set aside, byte for byte."""
    records: list[Any] = []
    parsers = {name: provider.parser(None) for name, provider in PROVIDERS.items()}
    for number, sample in enumerate(samples()):
        parser = parsers[sample.provider]
        source = encode_source(SourceContext(sample.provider, "acme", sample.provider, sample.content_type))
        for index, part in enumerate(parser.split(sample.body, sample.content_type)):
            stamp = encode_request(RequestStamp(f"{number:032x}", index, "part", RECEIVED_AT_MS))
            key = f"acme/{part.subject}".encode() if part.subject is not None else b"request"
            headers = ((HEADER_SOURCE, source), (HEADER_REQUEST, stamp))
            records.append(raw_record(len(records), key, part.body, headers))
    understood = read_batch(records, lambda context, _: parsers[context.provider], lambda *_: False)
    messages, connections = (dict.fromkeys(keys) for keys in keys_of(understood))
    folded = fold_batch(understood, 0, messages, connections)
    produced = [*folded.messages.events, *folded.connections.events, *folded.set_aside]
    assert len(produced) == len(records), "each record has one outcome"
    whole = hashlib.sha256()
    for key, value, at_ms in produced:
        whole.update(msgspec.json.encode((key.hex(), (value or b"").hex(), at_ms)))
    return whole.hexdigest()


def test_what_the_samples_come_to_has_this_version() -> None:
    """Whoever changes it raises PARSER_VERSION: else a restart publishes what a crash left uncommitted under other ids."""
    locked = json.loads(LOCK.read_text())
    assert locked == {"version": PARSER_VERSION, "digest": digest()}, (
        "what the samples come to has changed. Raise PARSER_VERSION in schemas/parser_version.py (unless only samples were "
        "added), and run python -m tests.contracts.test_parser_version"
    )


if __name__ == "__main__":
    LOCK.write_text(json.dumps({"version": PARSER_VERSION, "digest": digest()}, indent=1) + "\n")
