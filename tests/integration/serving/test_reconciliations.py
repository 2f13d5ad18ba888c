"""Reconciliations by the API: begun, followed by any process, fetched whole, and acknowledged."""

import time
from typing import Any

import pytest

from tests.support.api_world import MARKS, RunningApi, running_api, settings_of
from tests.support.databases import Databases

S_MAX = 60


async def followed(api: RunningApi, token: str, path: str) -> dict[str, Any]:
    """Return how a reconciliation stands once it runs no more."""
    deadline = time.monotonic() + S_MAX
    while True:
        answer = await api.get(path, token)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        if found["state"] != "running":
            return found
        assert time.monotonic() < deadline, found


async def test_one_is_made_and_found_by_another_process(api: RunningApi, standing: Databases) -> None:
    """It is begun at once, its result is what the lists have, and another process knows how it stands."""
    token = api.token("analyst", "alfa")
    wanted = {"account": "alfa", "manifests": [f"sends-{MARKS['alfa']}"], "name": "november", "due": "1h"}
    begun = await api.post("reconciliations", token, wanted)
    assert begun.status_code == 202, begun.text
    run = begun.json()["run"]
    assert begun.headers["location"] == f"/api/v1/reconciliations/alfa/{run}"
    async with running_api(settings_of(standing)) as other:
        path = f"reconciliations/alfa/{run}"
        found = await followed(other, other.token("operator", "alfa"), path)
        assert found["state"] == "finished", found
        assert found["counts"]["differences"] > 0
        assert (found["record"]["name"], found["record"]["by"]) == ("november", "analyst of ('alfa',)")
        assert (await other.get(path, other.token("viewer", "alfa"))).status_code == 403
        assert (await other.get(path, other.token("analyst", "beta"))).status_code == 404
        assert (await other.get(f"reconciliations/beta/{run}", other.token("admin"))).status_code == 404
    listed = await api.rows("reconciliations", token, name="november")
    assert [row["run"] for row in listed] == [run]
    differences = await api.rows("differences", token, run=run)
    assert len(differences) == listed[0]["differences"]
    classes = sorted({row["class"] for row in differences})
    said = await api.post(f"{path}/acknowledgements", token, {"classes": classes[:1], "reason": "known"})
    assert (said.status_code, said.json()["acknowledged"] > 0) == (200, True), said.text
    nothing = await api.post(f"{path}/acknowledgements", token, {"subject": "none such", "reason": "known"})
    assert nothing.status_code == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"account": "beta"}, 403),
        ({"month": "2026-13"}, 422),
        ({"keys": ["nonsense"]}, 422),
        ({"due": "soon"}, 422),
        ({"manifests": []}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_what_cannot_be_asked_is_refused(api: RunningApi, more: dict[str, Any], status: int) -> None:
    """What the token may not, and what cannot be read, is refused before anything begins."""
    wanted = {"account": "alfa", "manifests": ["any"], **more}
    answer = await api.post("reconciliations", api.token("analyst", "alfa"), wanted)
    assert answer.status_code == status, answer.text


async def test_one_that_cannot_be_made_says_why(api: RunningApi) -> None:
    """Manifests without rows are a failed reconciliation, and it says so."""
    token = api.token("analyst", "alfa")
    begun = await api.post("reconciliations", token, {"account": "alfa", "manifests": ["none"]})
    found = await followed(api, token, f"reconciliations/alfa/{begun.json()['run']}")
    assert (found["state"], found["record"]) == ("failed", None)
    assert "have no rows to compare" in found["why"]
    assert (await api.get(f"reconciliations/alfa/{'0' * 32}", token)).status_code == 404
