"""Requests that Hypothesis and schemathesis think of: never a 5xx, and every taken body is found as it was."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from schemas.topics import RAW
from tests.support.running_ingest import (
    SIGNED_SOURCE,
    RunningIngest,
    ingest_at,
    records_of,
    signature,
)

EXAMPLES = int(os.environ.get("RECIBO_TEST_EXAMPLES", "100"))
OPENAPI = json.loads(Path(__file__).with_name("openapi.json").read_text())
OPEN_SOURCE = '[sources.{name}]\nprovider = "meta_cloud"\nauth = "none"\n'
SIGNED, OPEN = f"signed-{uuid4().hex[:8]}", f"open-{uuid4().hex[:8]}"

schema = schemathesis.openapi.from_dict(OPENAPI)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)
BODIES = st.binary(max_size=2_000) | JSON.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def ingest(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """One ingest for this module, with a signed and an open source."""
    sources = SIGNED_SOURCE.format(name=SIGNED) + OPEN_SOURCE.format(name=OPEN)
    with ingest_at(broker, tmp_path_factory.mktemp("ingest"), sources) as running:
        running.wait_for_kafka()
        yield running


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_from_the_contract(ingest: RunningIngest, case: Any) -> None:
    """Whatever the contract allows or forbids, the answer is one the contract names, of the type it names."""
    if "source" in case.path_parameters and len(str(case.path_parameters["source"])) % 2:
        case.path_parameters["source"] = OPEN
    response = case.call(base_url=ingest.url)
    case.validate_response(
        response,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )


async def test_generated_bodies_are_kept(ingest: RunningIngest) -> None:
    """Every signed body, of whatever bytes, is answered 204 and found in the raw log byte for byte."""
    sent: list[bytes] = []

    @given(BODIES)
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def post(body: bytes) -> None:
        answer = client.post(f"/v1/webhooks/{SIGNED}", content=body, headers=signature(body))
        assert answer.status_code == 204
        sent.append(body)

    with httpx.Client(base_url=ingest.url) as client:
        post()
    values = [record.value for record in await records_of(ingest.bootstrap_servers, RAW, SIGNED)]
    assert set(sent) <= set(values)
