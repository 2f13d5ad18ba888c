"""Which records of a batch are refused, found from the broker's answers to its parts."""

import pytest
from aiokafka.errors import (
    BrokerResponseError,
    InvalidTopicError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    TopicAuthorizationFailedError,
    UnknownError,
)
from hypothesis import given
from hypothesis import strategies as st

from ingest.durable.dissection import ANSWERS_MAX, Dissection, Step

BATCH = st.integers(1, 60).flatmap(
    lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1), max_size=5))
)


def dissected(count: int, bad: set[int], error: BrokerResponseError) -> tuple[list[int], list[int], int, bool]:
    """Send a batch to a broker that answers any part with a bad record by an error.

    Returns (taken, refused, answers, whether it was given up).
    """
    dissection, taken, answers = Dissection(list(range(count))), [], 0
    while piece := dissection.piece:
        answers += 1
        if bad.isdisjoint(piece):
            taken += piece
            dissection.taken()
        elif dissection.answered(error) is Step.GIVE_UP:
            return taken, [], answers, True
    return taken, [n for n, _why in dissection.refused], answers, not dissection.is_proven


@given(BATCH)
def test_exactly_the_refused_are_found(batch: tuple[int, set[int]]) -> None:
    """Whichever records are refused: all others are taken, once and in order, by a bounded number of answers."""
    count, bad = batch
    taken, refused, answers, gave_up = dissected(count, bad, MessageSizeTooLargeError())
    assert taken == [n for n in range(count) if n not in bad]
    assert refused == sorted(bad)
    assert answers <= 1 + 2 * len(bad) * count.bit_length()
    assert not gave_up


@given(BATCH)
def test_an_answer_that_explains_nothing_is_traced_to_its_record(batch: tuple[int, set[int]]) -> None:
    """The same unexplained answer again and again finds its one record, as long as the broker takes others."""
    count, bad = batch
    taken, refused, answers, gave_up = dissected(count, bad, UnknownError())
    assert answers <= ANSWERS_MAX * (1 + 2 * max(1, len(bad)) * count.bit_length())
    if len(bad) == 1 and count > 1:
        assert (taken, refused, gave_up) == ([n for n in range(count) if n not in bad], sorted(bad), False)
    if not gave_up:
        assert sorted(refused) == sorted(bad)


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_a_broker_that_takes_nothing_is_in_trouble_itself(count: int) -> None:
    """Where every record is answered without explanation none is set aside, and the broker is soon left alone."""
    taken, refused, answers, gave_up = dissected(count, set(range(count)), UnknownError())
    assert (taken, refused, gave_up) == ([], [], True)
    assert answers <= ANSWERS_MAX * (2 + count.bit_length())


@pytest.mark.parametrize("error", [TopicAuthorizationFailedError(), KafkaTimeoutError()])
def test_away_is_given_up_at_once(error: BrokerResponseError) -> None:
    """An answer that says that Kafka is away, or does not let us in, concerns no record."""
    assert Dissection([1, 2]).answered(error) is Step.GIVE_UP


@pytest.mark.parametrize("error", [OutOfOrderSequenceNumber(), InvalidTopicError()])
def test_a_bug_is_tried_a_few_times(error: BrokerResponseError) -> None:
    """A broken sequence begins anew, so the same records are sent again; but not for ever."""
    dissection = Dissection([1, 2])
    assert [dissection.answered(error) for _ in range(ANSWERS_MAX)] == [Step.AGAIN] * (ANSWERS_MAX - 1) + [Step.GIVE_UP]


def test_what_cannot_be_encoded_is_refused_alone() -> None:
    """A record that makes no bytes is dropped from its piece, and the others go on."""
    dissection = Dissection([1, 2, 3])
    dissection.cut(1)
    dissection.taken()
    dissection.drop()
    assert dissection.piece == [3]
    assert [n for n, _why in dissection.refused] == [2]
