"""Fixtures of the API's tests: two accounts in real tables, put there once a module, and the API over them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.integration.cli.conftest import deployment  # noqa: F401 - a fixture
from tests.support.api_world import RunningApi, reconcile_both, running_api, settings_of, two_accounts
from tests.support.databases import Databases
from tests.support.projecting import projecting


@pytest.fixture(scope="module")
def databases(migrated: Databases) -> Databases:
    """The session's databases, empty when a module begins: what one of its tests puts there, the next ones find."""
    return migrated.emptied()


@pytest.fixture(scope="module")
def standing(databases: Databases) -> Databases:
    """The databases with what two accounts had."""
    with projecting(databases) as project:
        world = two_accounts()

        async def put() -> None:
            await project(world)

        asyncio.run(put())
    reconcile_both(databases)
    return databases


@pytest.fixture
async def api(standing: Databases) -> AsyncIterator[RunningApi]:
    """The API over what two accounts had."""
    async with running_api(settings_of(standing)) as running:
        yield running
