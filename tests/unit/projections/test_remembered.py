"""What is known to be stored is not stored again, and the memory of it is bounded."""

from projections.remembered import Remembered


def test_only_what_is_not_remembered_is_new() -> None:
    """A row counts as new until it is noted as stored, once however often it is given."""
    remembered = Remembered()
    assert remembered.new([("a",), ("b",), ("a",)]) == [("a",), ("b",)]
    assert remembered.new([("a",)]) == [("a",)]
    remembered.add([("a",)])
    assert remembered.new([("a",), ("b",)]) == [("b",)]


def test_the_oldest_rows_are_forgotten_first() -> None:
    """Beyond the bound the oldest are new again, and stored a second time, which changes nothing."""
    remembered = Remembered(2)
    remembered.add([("a",), ("b",), ("c",)])
    assert remembered.new([("a",), ("b",), ("c",)]) == [("a",)]
