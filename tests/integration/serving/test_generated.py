"""Requests that schemathesis thinks of, from the API's own document, as every role: never a 5xx, never another's byte."""

import json
import os
from typing import Any

import msgspec
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

from schemas.access import ROLES
from serving.api.openapi import document
from tests.support.api_server import api_server
from tests.support.api_world import MARKS, NUMBERS, settings_of, two_accounts
from tests.support.databases import Databases, Project

EXAMPLES = int(os.environ.get("RECIBO_TEST_EXAMPLES", "100")) // 20
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

schema = schemathesis.openapi.from_dict(json.loads(msgspec.json.encode(document())))
OPERATIONS: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]  # all are sound


@pytest.mark.timeout(600)
async def test_generated_from_the_contract(databases: Databases, project: Project) -> None:
    """Whatever the document allows or forbids is answered as it says, and the account that a token sees is all that shows."""
    await project(two_accounts())
    with api_server(settings_of(databases)) as server:
        tokens = [server.api.token(role, "alfa") for role in ROLES]
        for operation in OPERATIONS:
            _check(operation, server.url, tokens)


def _check(operation: Any, url: str, tokens: list[str]) -> None:
    @given(case=operation.as_strategy(), token=st.sampled_from(tokens))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def ask(case: Any, token: str) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        response = case.call(base_url=url)
        case.validate_response(response, checks=CHECKS)
        for mark in (MARKS["beta"], NUMBERS["beta"]):
            assert mark.encode() not in response.content

    ask()
