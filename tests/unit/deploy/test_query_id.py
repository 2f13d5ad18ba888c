"""The id of a query that a caller names comes back in a header: no caller writes headers of his own."""

import pytest
from starlette.requests import Request

from deploy.local.clickhouse.http import _query_id


@pytest.mark.parametrize("given", ["a%0d%0aset-cookie:%20x", "%00", "%c3%a9", "a" * 300, "", "a%20b"])
def test_an_id_that_no_header_can_hold_is_replaced(given: str) -> None:
    """Such an id is answered with one of ours; any other comes back as it is."""
    scope = {"type": "http", "query_string": f"query_id={given}".encode(), "headers": []}
    assert _query_id(Request(scope)).isascii()
    assert len(_query_id(Request(scope))) == 36
    scope["query_string"] = b"query_id=report-7"
    assert _query_id(Request(scope)) == "report-7"
