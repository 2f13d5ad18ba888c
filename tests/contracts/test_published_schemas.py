"""What is published stays true: a change that would break a consumer of a published version fails here.

Allowed in a version: a new field that may be absent. Everything else (a field gone, another type, another set of words, a
field that may now be absent) needs a new version beside the old one; then add its golden values and its lines to
`published.lock.json`. Never edit what is there.
"""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import msgspec
import pytest

from deploy.demo.observed import Observed
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import generate
from schemas.connection_state import ConnectionState
from schemas.event import CloudEvent
from schemas.message_state import MessageState
from schemas.record import RequestRecord, SetAside
from schemas.send import Send
from schemas.topics import Topics, declared
from tests.contracts.published import GOLDEN, PUBLISHED, VERSIONS, flattened, golden_values, resolved, schema_of
from tests.support.offline_line import run_offline

STRUCTS: dict[str, type[msgspec.Struct]] = {
    "message.events.v1": CloudEvent,
    "connection.events.v1": CloudEvent,
    "message.state.v1": MessageState,
    "message.sends.v1": Send,
    "connection.state.v1": ConnectionState,
    "webhook.set_aside.v1": SetAside,
    "webhook.requests.v1": RequestRecord,
}
LOCK: dict[str, dict[str, Any]] = json.loads((GOLDEN.parent / "published.lock.json").read_text())


def validator_of(version: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        schema_of(version), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@pytest.fixture(scope="module")
def values_now() -> Mapping[str, list[Any]]:
    """What today's code publishes for some traffic, by version."""
    traffic = generate(11, 1_200, OWN_SOURCES, "1773144", 1_773_144_000_000)
    _, observed, _ = run_offline(traffic, 1_773_151_200_000)
    return published_values(observed)


def published_values(observed: Observed) -> dict[str, list[Any]]:
    kept = {
        "message.events.v1": observed.message_events,
        "connection.events.v1": observed.connection_events,
        "message.state.v1": observed.message_states,
        "connection.state.v1": observed.connection_states,
        "webhook.set_aside.v1": observed.set_aside,
    }
    return {version: [record.value for record in records] for version, records in kept.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_is_a_schema(version: str) -> None:
    """Every published file is itself a valid JSON Schema, and has golden values and locked lines."""
    jsonschema.Draft202012Validator.check_schema(schema_of(version))
    assert golden_values(version)
    assert version in LOCK


@pytest.mark.parametrize("version", LOCK)
def test_nothing_published_changed(version: str) -> None:
    """Each field ever published still has its type, its words and its presence."""
    today = dict(flattened(schema_of(version)))
    changed = {path: (was, today.get(path)) for path, was in LOCK[version].items() if today.get(path) != was}
    assert not changed, f"{version}: breaks its consumers; publish a new version instead: {changed}"


@pytest.mark.parametrize("version", LOCK)
def test_new_fields_may_be_absent(version: str) -> None:
    """A field added to a published version is not required: older values do not have it."""
    added = {path: now for path, now in flattened(schema_of(version)) if path not in LOCK[version]}
    demanding = [path for path, now in added.items() if now["required"] and not path.endswith("]")]
    assert not demanding, f"{version}: these new fields are required, and older values lack them: {demanding}"


@pytest.mark.parametrize("version", VERSIONS)
def test_golden_values_are_valid(version: str) -> None:
    """Every value once published still satisfies its schema, and today's code still reads it."""
    for value in golden_values(version):
        validator_of(version).validate(value)
        msgspec.json.decode(json.dumps(value), type=STRUCTS[version])


@pytest.mark.parametrize(
    "version", [version for version in VERSIONS if version.split(".")[1] in {"events", "state", "sends"}]
)
def test_golden_values_are_written_as_they_were(version: str) -> None:
    """A value without the fields that were added since is written with the same bytes as before."""
    for line in (GOLDEN / f"{version}.jsonl").read_bytes().splitlines():
        assert msgspec.json.encode(msgspec.json.decode(line, type=STRUCTS[version])) == line


@pytest.mark.parametrize("version", [v for v in VERSIONS if v not in {"webhook.requests.v1", "message.sends.v1"}])
def test_values_of_today_are_valid(version: str, values_now: Mapping[str, list[Any]]) -> None:
    """What the code publishes today satisfies the schema, and says nothing that the schema does not describe."""
    assert values_now[version]
    described = {path for path, _ in flattened(schema_of(version))}
    for value in values_now[version]:
        validator_of(version).validate(value)
        assert not {path for path in paths_of(value) if path not in described and not path.startswith("$._")}


@pytest.mark.parametrize("version", VERSIONS)
def test_code_and_schema_agree_on_every_field(version: str) -> None:
    """The types that the code writes have the fields of the schema: same names, same types, same presence."""
    code = written_by(STRUCTS[version])
    for path, published in flattened(schema_of(version)):
        assert path in code, f"{version}: {path} is published, and the code no longer writes it"
        assert code[path].get("type", "string") == published["type"], f"{version}: {path} is written with another type"
        assert code[path]["required"] or not published["required"], f"{version}: {path} may be absent now"
    undescribed = {path for path in code if not path.startswith("$._")} - dict(flattened(schema_of(version))).keys()
    assert not undescribed, f"{version}: written and not described: {sorted(undescribed)}"


def test_asyncapi_describes_every_topic_for_consumers() -> None:
    """The AsyncAPI document has a channel for each declared topic that is for consumers, and its references lead somewhere."""
    document = json.loads((PUBLISHED / "asyncapi.json").read_text())
    assert document["asyncapi"].startswith("3.")
    addresses = {channel["address"] for channel in document["channels"].values()}
    ours = {"webhook.raw", "processors.holds", "deployment", "access", "access.looks", "erasures"}
    assert addresses == {topic.name for topic in declared(Topics(1))} - ours
    for reference in references_in(document):
        if reference.startswith("#/"):
            found = document
            for key in reference[2:].split("/"):
                found = found[key]
        else:
            assert (PUBLISHED / reference).exists(), reference


def written_by(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return what a struct writes, flattened as a published schema is."""
    made = msgspec.json.schema(struct)
    definition = made["$defs"][struct.__name__]
    if not struct.__struct_config__.omit_defaults:  # then everything is always written
        definition["required"] = list(definition["properties"])
        for written in definition["properties"].values():
            written.pop("default", None)
    return dict(flattened(resolved(definition, made["$defs"])))


def paths_of(value: Any, path: str = "$") -> set[str]:
    """Return the paths of a value as `flattened` writes them."""
    if isinstance(value, dict):
        counted = path.endswith("_at_ms") and path not in ("$.status_at_ms", "$.data.occurred_at_ms")
        return {path}.union(*(paths_of(v, f"{path}[]" if counted else f"{path}.{k}") for k, v in value.items()))
    if isinstance(value, list):
        tuple_like = path == "$.latest" or path.endswith(".identities[]")
        return {path}.union(*(paths_of(v, f"{path}[{i}]" if tuple_like else f"{path}[]") for i, v in enumerate(value)))
    return {path}


def references_in(document: Any) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if isinstance(document.get("$ref"), str) else []
        return own + [found for inner in document.values() for found in references_in(inner)]
    return [found for inner in document for found in references_in(inner)] if isinstance(document, list) else []
