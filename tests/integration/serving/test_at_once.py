"""Messages that are asked for at once, and so by one statement, are answered as each is alone."""

import asyncio

import httpx
import pytest

from tests.support.api_world import MARKS, RunningApi


@pytest.mark.timeout(300)
async def test_at_once_as_one_by_one(api: RunningApi) -> None:
    """Messages of an account, some that are none, one of another account: the answers of each alone, and nothing of the other."""
    for account, mark in MARKS.items():
        token = api.token("support", account)
        other = next(name for name in MARKS if name != account)
        paths = [f"messages/{account}/{mark}-m-{n:02}" for n in range(9, 15)] + [
            f"messages/{other}/{MARKS[other]}-m-01"
        ]
        alone = [await api.get(path, token) for path in paths]
        together = await asyncio.gather(*(api.get(path, token) for path in paths))
        assert [a.status_code for a in together] == [a.status_code for a in alone]
        assert [a.content for a in together if a.is_success] == [a.content for a in alone if a.is_success]
        assert sum(a.status_code == httpx.codes.OK for a in together) > 2
        assert all(MARKS[other].encode() not in a.content for a in together)
