"""Pure: a message forgotten. Its personal facts go, its counts stay: statuses, their times, category and code of a failure."""

from schemas.erasure import Erased
from schemas.event import Erase
from schemas.message_failure import Failure
from schemas.message_state import HORIZON_MS, MessageState


def erase(state: MessageState | None, said: Erase, offset: int, at_ms: int) -> bool:
    """Forget a message, in place: the caller owns the state. Return whether it changed.

    Nothing changes where the message is forgotten already, where this record was folded before (a replay), and where
    there is nothing to forget: no state, one that counts as absent at `at_ms`, or one of a message younger than what is asked.
    """
    if state is None or state.erased is not None or offset <= state.bookkeeping.version:
        return False
    if at_ms - state.bookkeeping.last_at_ms > HORIZON_MS or (state.first_at or state.first_received_ms) > said.since_ms:
        return False
    state.erased = Erased(offset, said.known_as)
    state.bookkeeping.version = offset
    strip(state)
    return True


def strip(state: MessageState) -> None:
    """Take out what says who the recipient is. References and aliases are the sender's own words, and lead to the person."""
    state.recipient = state.recipient_kind = state.line = state.client_ref = ""
    if state.identities:
        state.identities = []
    if state.aliases:
        state.aliases = []
    failure = state.failure
    if failure is not None and failure.title:
        state.failure = Failure(failure.status, failure.category, failure.code)
