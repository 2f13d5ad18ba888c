"""Rounds of faults add up over runs, a commit at a time."""

from pathlib import Path

from tests.faults.tally import Tally, checked_out


def test_runs_of_one_commit_add_up(tmp_path: Path) -> None:
    """Rounds, seeds and differences of several runs are one sum; those of another commit are not in it."""
    first = Tally("suite", tmp_path, "one")
    for number, so_far in ((1, 0), (2, 2), (3, 2)):
        first.note_total(7, number, so_far)
    Tally("suite", tmp_path, "two").note(7, 1, 5)
    second = Tally("suite", tmp_path, "one")
    second.note_total(8, 1, 1)
    expected = {"suite": "suite", "commit": "one", "all_rounds": 4, "all_seeds": [7, 8], "all_differences": 3}
    assert second.sum() == expected


def test_a_suite_that_never_ran_has_no_rounds(tmp_path: Path) -> None:
    """Before the first round all sums are nothing."""
    assert Tally("suite", tmp_path, "one").sum()["all_rounds"] == 0


def test_the_commit_under_test_is_named() -> None:
    """What is checked out has a name, whatever it is."""
    assert checked_out()
