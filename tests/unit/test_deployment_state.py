"""What the topic `deployment` says, and who may work by it."""

from schemas.deployment_state import (
    HAND_OVER,
    LIVE,
    MAPPINGS,
    PARSER,
    RAW,
    DeploymentState,
    HandOver,
    LiveGeneration,
    Mappings,
    RawIdentity,
    another_log,
    encode,
    key_of,
    not_live,
    told,
)

LOG = RawIdentity("AAAA", 4)


def test_what_is_written_is_read() -> None:
    """Each key of each generation is kept apart, the last value counts, and a deletion takes it away."""
    state = DeploymentState()
    assert not state.is_recorded
    for key, value in (
        (key_of(LIVE), LiveGeneration(2, switching_to=3)),
        (key_of(RAW, 2), LOG),
        (key_of(RAW, 3), RawIdentity("BBBB", 4)),
        (key_of(PARSER, 2, 0), 7),
        (key_of(PARSER, 2, 1), 8),
        (key_of(MAPPINGS, 3), Mappings({0: 5}, {"loja": "{}"})),
        (key_of(HAND_OVER, 2), HandOver(1, {"message.events.g2": {0: 9}})),
    ):
        state = told(state, key, encode(value))
    assert state.is_recorded
    assert state.live == LiveGeneration(2, 3)
    assert state.raw == {2: LOG, 3: RawIdentity("BBBB", 4)}
    assert state.parsers == {(2, 0): 7, (2, 1): 8}
    assert state.mappings[3].until == {0: 5}
    assert state.hand_overs[2].offsets == {"message.events.g2": {0: 9}}
    assert told(state, key_of(RAW, 2), None).raw == {3: RawIdentity("BBBB", 4)}


def test_what_is_not_understood_changes_nothing() -> None:
    """A key of a later version, and a value that is none, leave what is known as it is."""
    state = told(DeploymentState(), key_of(LIVE), encode(LiveGeneration(2)))
    for key, value in ((b"later", b"1"), (b"raw_topic_id.gx", b"{}"), (key_of(LIVE), b"{"), (None, b"1")):
        assert told(state, key, value) == state


def test_who_may_work() -> None:
    """Only the live generation works, and nobody while a switch lasts, but what a repair itself runs."""
    live = DeploymentState(LiveGeneration(2), is_recorded=True)
    assert not not_live(live, 2, is_repairs=False)
    assert "generation 2 is live" in not_live(live, 1, is_repairs=False)
    assert not not_live(live, 3, is_repairs=True)
    switching = DeploymentState(LiveGeneration(2, 3), is_recorded=True)
    assert "is being replaced by 3" in not_live(switching, 2, is_repairs=False)
    assert not not_live(switching, 3, is_repairs=True)


def test_a_recreated_log_is_named_with_the_command() -> None:
    """Another topic id, or another partition count, is refused; an id that nobody knows is not."""
    state = DeploymentState(raw={1: LOG})
    assert not another_log(state, 1, LOG, "webhook.raw")
    assert not another_log(state, 2, RawIdentity("BBBB", 4), "webhook.raw")
    assert not another_log(state, 1, RawIdentity("", 4), "webhook.raw")
    for other in (RawIdentity("BBBB", 4), RawIdentity("AAAA", 8)):
        assert "Run `recibo repair`" in another_log(state, 1, other, "webhook.raw")
