"""Records → rows: pure, one file a table. `projections_of` is the whole list of what goes where."""

from functools import partial

from projections.rows import (
    connection_event,
    connection_state,
    message_account,
    message_event,
    message_name,
    message_send,
    message_state,
    webhook_raw,
    webhook_request,
    webhook_set_aside,
)
from projections.rows.table import Projection
from schemas.topics import Topics


def projections_of(topics: Topics) -> tuple[Projection, ...]:
    """Return what becomes of each topic of a deployment."""
    generation = topics.generation
    return (
        Projection(topics.requests, webhook_request.decode, ((webhook_request.TABLE, webhook_request.rows),)),
        Projection(topics.raw, webhook_raw.decode, ((webhook_raw.TABLE, webhook_raw.rows),)),
        Projection(
            topics.message_events,
            message_event.decode,
            ((message_event.TABLE, partial(message_event.rows, generation=generation)),),  # and person_link, before it
        ),
        Projection(
            topics.connection_events,
            message_event.decode,
            ((connection_event.TABLE, partial(connection_event.rows, generation=generation)),),
        ),
        Projection(
            topics.set_aside,
            webhook_set_aside.decode,
            ((webhook_set_aside.TABLE, partial(webhook_set_aside.rows, generation=generation)),),
        ),
        Projection(
            topics.message_state,
            message_state.decode,
            ((message_state.TABLE, message_state.rows),),  # and message_alias, by link.py, before it
            ((message_account.TABLE, message_account.rows), (message_name.TABLE, message_name.rows)),
        ),
        Projection(
            topics.connection_state,
            connection_state.decode,
            ((connection_state.TABLE, connection_state.rows),),
        ),
        Projection(
            topics.sends,
            message_send.decode,
            ((message_send.NAME, message_send.names), (message_send.TABLE, message_send.rows)),
            ((message_send.MANIFEST, message_send.manifests),),
        ),
    )
