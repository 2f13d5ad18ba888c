"""`POST /api/v1/sends` through Kafka into the tables: whole or nothing, once however often it is asked, found by its tags."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runtime.kafka.settings import KafkaSettings
from tests.support.api_world import RunningApi, running_api, settings_of
from tests.support.sends_deployment import SendsDeployment

KEY = "Idempotency-Key"


@pytest.fixture
async def apis(deployment: SendsDeployment, fresh_name: str) -> AsyncIterator[tuple[RunningApi, RunningApi]]:
    """Two processes' applications over one deployment, whose account is the test's own."""
    deployment.account = fresh_name
    kafka = KafkaSettings(
        deployment.environ["KAFKA_BOOTSTRAP_SERVERS"], topic_prefix=deployment.environ["RECIBO_TOPIC_PREFIX"]
    )
    clickhouse = settings_of(deployment.databases)
    async with running_api(clickhouse, kafka=kafka) as one, running_api(clickhouse, kafka=kafka) as other:
        yield one, other


def batch(account: str, *sends: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a body."""
    return {"account": account, "sends": list(sends), **more}


async def test_a_batch_is_kept_once_and_found_by_its_tags(
    apis: tuple[RunningApi, RunningApi], deployment: SendsDeployment
) -> None:
    """It is in the tables when it is answered; again, of any process, it keeps nothing; another body of its key is refused."""
    account, (api, other) = deployment.account, apis
    sends: list[dict[str, Any]] = [
        {
            "message_id": "m-1",
            "recipient": "+55 (11) 98765-4321",
            "sent_at": "2026-11-03T10:00:00Z",
            "tags": {"order": "A-1"},
        },
        {"reference": "ref-2", "amount": 0.25, "currency": "BRL", "tags": {"order": "A-2", "lot": 7}},
    ]
    body, key = batch(account, *sends), {KEY: f"{account}-1"}
    made = await api.post("sends", api.token("analyst", account), body, **key)
    assert made.status_code == 201, made.text
    assert made.json() == {
        "account": account,
        "manifest": f"key:{account}-1",
        "role": "sender",
        "rows": 2,
        "was_known": False,
    }
    assert deployment.rows("message_id, reference, recipient, amount_micros, tags['order']") == [
        ("m-1", "", "5511987654321", None, "A-1"),
        ("", "ref-2", "", 250_000, "A-2"),
    ]
    again = await other.post("sends", other.token("analyst", account), body, **key)
    assert (again.status_code, again.json()["was_known"]) == (200, True), again.text
    changed = await other.post("sends", other.token("analyst", account), batch(account, sends[0]), **key)
    assert (changed.status_code, changed.json()["type"]) == (422, "urn:recibo:problem:key-reused"), changed.text
    for wanted, found in (("order=A-2", ["ref-2"]), ("order=A-9", []), ("lot=7", ["ref-2"])):
        rows = await api.rows("sends", api.token("viewer", account), tag=wanted)
        assert [row["reference"] for row in rows] == found, wanted
    without_key = await api.post("sends", api.token("operator", account), body)
    assert (without_key.status_code, len(without_key.json()["manifest"])) == (201, 64)
    assert (await api.post("sends", api.token("operator", account), body)).json()["was_known"]


async def test_a_batch_with_a_wrong_send_is_not_kept_at_all(
    apis: tuple[RunningApi, RunningApi], deployment: SendsDeployment
) -> None:
    """Each send that cannot be read is named with what is wrong and what to do, as a file's rows are, and nothing is written."""
    account, (api, _) = deployment.account, apis
    wrong: list[dict[str, Any]] = [
        {"message_id": "m-1"},
        {"message_id": 5.51199e12, "recipient": "5,51199E+12"},
        {"message_id": "m-2", "mesage": "x"},
        {"campaign": "natal"},
        {"message_id": "m-3", "tags": {"text": "Dear Maria"}},
        {"message_id": "m-4", "tags": {"a": ["b"]}},
        {"message_id": "m-5", "sent_at": "yesterday"},
        {"message_id": ["m-6"]},
    ]
    answer = await api.post("sends", api.token("analyst", account), batch(account, *wrong))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:recibo:problem:wrong-body"), answer.text
    said = [one["parameter"] for one in answer.json()["errors"]]
    assert said == [
        "sends[1].recipient",
        "sends[2].mesage",
        "sends[3]",
        "sends[4].tags.text",
        "sends[5].tags.a",
        "sends[6].sent_at",
        "sends[7].message_id",
    ]
    assert deployment.rows() == []


async def test_who_may_not_keep_keeps_nothing(apis: tuple[RunningApi, RunningApi], deployment: SendsDeployment) -> None:
    """Another role, another account, a body that is none, too large or of another type: each is refused with its own status."""
    account, (api, _) = deployment.account, apis
    good, token = batch(account, {"message_id": "m-1"}), api.token("analyst", account)
    assert (await api.post("sends", api.token("viewer", account), good)).status_code == 403
    assert (await api.post("sends", api.token("support", account), good)).status_code == 403
    assert (await api.post("sends", api.token("analyst", "another"), good)).status_code == 403
    bodies: list[Any] = [{"account": account, "sends": []}, {"account": account}, [], {**good, "more": 1}]
    for body in bodies:
        assert (await api.post("sends", token, body)).status_code == 422, body
    assert (await api.post("sends", token, good, **{KEY: "a b"})).status_code == 422
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    path = "/api/v1/sends"
    large = await api.client.post(path, content=b"[" + b" " * 9_000_000 + b"]", headers=headers)
    assert large.status_code == 413
    assert (await api.client.post(path, content=b"{", headers=headers)).status_code == 422
    packed = {**headers, "Content-Encoding": "gzip"}
    assert (await api.client.post(path, content=gzip.compress(b"{}"), headers=packed)).status_code == 422
    assert (
        await api.client.post(path, data={"a": "b"}, headers=headers | {"Content-Type": "text/csv"})
    ).status_code == 415
    assert deployment.rows() == []
