"""Fixtures of the API's tests: two accounts in real tables, and the API over them."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api_world import RunningApi, running_api, settings_of, two_accounts
from tests.support.databases import Databases, Project


@pytest.fixture
async def api(databases: Databases, project: Project) -> AsyncIterator[RunningApi]:
    """The API over what two accounts had."""
    await project(two_accounts())
    async with running_api(settings_of(databases)) as running:
        yield running
