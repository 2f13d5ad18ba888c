"""Which raw log the tables' rows of a generation were made from: noted once, held to at every start."""

from clickhouse_connect.driver.client import Client

from schemas.deployment_state import RawIdentity, recreated


def another_log(client: Client, store: str, generation: int, found: RawIdentity, raw: str) -> str:
    """Return why the rows of a generation cannot be of the raw log that was found, and what to do; "" where they can.

    Notes the log where nobody has yet.

    Args:
        client: of the engine.
        store: database of the tables.
        generation: that is projected.
        found: the raw log as it is.
        raw: its topic's name.
    """
    known = noted(client, store, generation)
    if known is not None and not known.is_of(found):
        return recreated(raw, generation, known, found)
    if known is None or (found.topic_id and not known.topic_id):
        values = [[generation, found.topic_id, found.partitions]]
        names = ["generation", "topic_id", "partitions"]
        client.insert(f"{store}.raw_log", values, column_names=names, settings={"async_insert": 0})
    return ""


def noted(client: Client, store: str, generation: int) -> RawIdentity | None:
    """Return what the tables know of a generation's raw log; None where nothing is noted."""
    text = f"SELECT topic_id, partitions FROM {store}.raw_log FINAL WHERE generation = {{generation:UInt32}}"  # noqa: S608
    rows = client.query(text, parameters={"generation": generation}).result_rows
    return RawIdentity(str(rows[0][0]), int(rows[0][1])) if rows else None
