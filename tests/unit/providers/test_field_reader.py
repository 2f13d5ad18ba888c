"""How documents of made-up shapes are read: the same as any, and at a bounded cost."""

import orjson
import pytest

from schemas.providers import field_reader
from schemas.providers.wpp_marketing import PROVIDER
from tests.support.running_ingest import event_body

JSON = "application/json"


def keyed(number: int) -> bytes:
    return orjson.dumps({**orjson.loads(event_body(number)), f"k{number}": 1})


def test_a_plan_is_made_only_for_a_shape_that_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand events of as many shapes cost no plan; one shape that comes again costs one, and reads the same."""
    made: list[object] = []
    compile_plan = field_reader._compile

    def compile_and_count(texts: list[list[str]], value: list[str]) -> object:
        made.append(1)
        return compile_plan(texts, value)

    monkeypatch.setattr(field_reader, "_compile", compile_and_count)
    parser = PROVIDER.parser(None)
    before = len(made)
    parts = parser.split(b"[" + b",".join(keyed(number) for number in range(10_000)) + b"]", JSON)
    assert [part.subject for part in parts] == [f"m-{number}" for number in range(10_000)]
    assert len(made) == before
    for number in range(10):
        (part,) = parser.split(event_body(number), JSON)
        assert part.subject == f"m-{number}"
    assert len(made) == before + 1


def test_what_is_remembered_is_bounded() -> None:
    """What is used goes on being remembered, and what is not is forgotten, however much comes."""
    recent: field_reader.Recent[int, str] = field_reader.Recent(10)
    for number in range(1, 1_000):
        recent.put(number, "x")
        assert recent.get(1) == "x"
    assert recent.get(500) is None
