"""Captures as a file: what is personal is replaced, what is the shape stays, and the file is read again."""

import json
import re

import pytest
from click.testing import CliRunner

from cli.parse import command as parse_command
from operations.learn.bundle import bodies_in, captures_in, is_bundle, written
from operations.learn.capture import Capture
from operations.learn.evidence import is_time
from operations.learn.teach import groups_of
from schemas.errors import DeploymentError
from schemas.record import RequestStamp, SourceContext
from tests.learned import all_shapes
from tests.learned.truth import Told
from tests.learned.verdict import captures_of, judged

NOW_MS = 1_795_880_000_000
KEY = b"k" * 32


def _redacted(captures: list[Capture]) -> list[bytes]:
    return [body for body, _ in bodies_in(written(captures, KEY, NOW_MS).encode(), "f")]


def test_personal_details_are_replaced_the_same_by_the_same() -> None:
    """Numbers, ids, names, tokens and texts are gone from the file; one number is one other number wherever it stands."""
    body = {
        "id": "true_5511988881601@c.us_3EB0ULTRA0000001",
        "to": "5511988881601@c.us",
        "wid": 5511988881601,
        "pushname": "Fulana de Tal",
        "token": "s3cr3t-t0k3n-value",
        "body": "meu cartão é 4111 1111",
        "mail": "fulana@example.com",
        "link": "https://loja.example.com/p?u=77",
        "ack": "delivered",
        "time": 1_795_791_940,
    }
    (made,) = [json.loads(one) for one in _redacted(captures_of([body]))]
    text = json.dumps(made)
    for secret in ("988881601", "3EB0ULTRA", "Fulana", "s3cr3t", "cart", "loja.example", "fulana@"):
        assert secret not in text
    number = made["to"].removesuffix("@c.us")
    assert made["id"].startswith(f"true_{number}@c.us_")
    assert (str(made["wid"]), len(number)) == (number, 13)
    assert (made["ack"], made["time"]) == ("delivered", 1_795_791_940)


PERSON = {
    "to": "1512345678",
    "profile": {"name": "Maria"},
    "contact": {"5511988881601": "Maria", "fulana@example.com": "x", "5511988881601@c.us": {"nome": "Fulana"}},
    "text": {"body": "cartao 4111 1111 2222 3333, (11) 98765 4321, Maria"},
    "caption": "Promocao",
    "location": {"lat": -23.55052, "lon": -46.633308},
    "token": "abcd",
}
"""What a body may say of a person, beside its status: the same in each body, as of one message."""


@pytest.mark.parametrize("shape", all_shapes(), ids=lambda shape: shape.name)
def test_nothing_of_a_person_survives(shape: Told) -> None:
    """Of every shape, and of what is put into it, no long number, name, text, place or address is in the file; what was
    not understood before stays in its place, so that the file can be parsed and learned.
    """
    bodies = [{**body, "who": PERSON} if isinstance(body, dict) else body for body in shape.bodies]
    captures = captures_of(bodies)
    file = written(captures, KEY, NOW_MS)
    text = "".join(body.decode() for body, _ in bodies_in(file.encode(), "f"))
    for said in (
        "Maria",
        "Fulana",
        "fulana",
        "Promocao",
        "cartao",
        "4111",
        "1111 2222",
        "98765",
        "4321",
        "23.55",
        "46.63",
    ):
        assert said not in text, said
    told = "".join(capture.body.decode() for capture in captures)
    for number in set(re.findall(r"(?<![\d.])\d{8,}(?![\d.])", told)):
        assert is_time(number, NOW_MS) or number not in text, number
    assert "1512345678" not in text
    read = captures_in(file.encode(), captures[0].context, "f")
    assert len(read) == len(captures)
    assert len(groups_of(read)) == len(groups_of(captures))


@pytest.mark.parametrize("name", ["Vonage", "GOWA", "UltraMsg, the message's time", "Gupshup 3, Meta's nested arrays"])
def test_a_redacted_shape_is_learned_as_the_true_one(name: str) -> None:
    """The file has as many messages with the same statuses, so that a mapping made of it reads the source's own bodies."""
    shape = next(one for one in all_shapes() if one.name == name)
    redacted = [json.loads(body) for body in _redacted(captures_of(shape.bodies))]
    assert judged(shape).result == "right"
    assert "is not true" in judged(shape._replace(bodies=redacted)).why  # every id is another one
    statuses = sorted(one.status for one in shape.truth)
    assert len(statuses) == len(shape.truth)


def test_a_file_of_captures_is_read_again() -> None:
    """Bodies as they came are the same bytes after writing and reading; forms too."""
    capture = Capture(
        SourceContext("s", "a", "twilio"), RequestStamp("0" * 32, 0, "single", 5), b"{}", b"To=%2B5511&Ids=1"
    )
    text = written([capture], None, NOW_MS).encode()
    assert is_bundle(text)
    (read,) = captures_in(text, capture.context, "f")
    assert (read.body, read.stamp.received_at_ms) == (capture.body, 5)
    assert not is_bundle(b'{"id": 1}')
    with pytest.raises(DeploymentError, match="f:2"):
        captures_in(text + b"{broken\n", capture.context, "f")


def test_parse_reads_a_file_of_captures_and_prints_json() -> None:
    """Each body of the file is read; --json gives one whole line for each event, however long."""
    shape = next(one for one in all_shapes() if one.name.startswith("Meta"))
    text = written(captures_of(shape.bodies), None, NOW_MS)
    runner = CliRunner()
    with runner.isolated_filesystem():
        with open("captures.jsonl", "w", encoding="utf-8") as file:  # noqa: PTH123 - in the runner's own folder
            file.write(text)
        result = runner.invoke(
            parse_command, ["--provider", "meta_cloud", "--json", "captures.jsonl"], catch_exceptions=False
        )
        plain = runner.invoke(parse_command, ["--provider", "meta_cloud", "captures.jsonl"], catch_exceptions=False)
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert {(line["message_id"], line["status"]) for line in lines} == {(t.message_id, t.status) for t in shape.truth}
    assert all(line["is"] == "event" for line in lines)
    assert plain.output.count("event\n") == len(lines)
