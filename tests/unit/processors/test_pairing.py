"""A session that waits to be paired is no logout, unless its connection was open: WAHA's bodies, through the fold."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from processors.batch import fold_batch, keys_of, read_batch
from schemas.event import decode_cloud_event
from schemas.providers import PROVIDERS
from schemas.record import HEADER_REQUEST, HEADER_SOURCE, RequestStamp, SourceContext, encode_request, encode_source
from tests.support.raw import raw_record
from tests.support.samples import PAYLOADS

PARSER = PROVIDERS["waha"].parser(None)
SOURCE = encode_source(SourceContext("waha", "acme", "waha", "application/json"))
START_MS = 1_795_792_000_000
RECEIVED_AT_MS = START_MS + 200_000


def body(status: str, second: int, *, me: Any = None, lately: tuple[str, ...] = ()) -> bytes:
    statuses = [{"status": word, "timestamp": START_MS} for word in (*lately, status)]
    return json.dumps(
        {
            "id": f"evt_{status}_{second}",
            "timestamp": START_MS + second * 1000,
            "event": "session.status",
            "session": "nova",
            "me": me,
            "payload": {"status": status, "statuses": statuses},
        }
    ).encode()


class Session:
    """One connection's way through the fold, its state kept between batches as a worker keeps it."""

    def __init__(self) -> None:
        self.states: dict[bytes, Any] = {}
        self.statuses: list[str] = []
        self.outcomes: list[str] = []

    def post(self, bodies: Iterable[bytes], first_offset: int | None = None) -> None:
        """Fold bodies, each a batch of its own, from an offset on."""
        for number, one in enumerate(bodies, len(self.outcomes) if first_offset is None else first_offset):
            (part,) = PARSER.split(one, "application/json")
            key = b"acme/" + part.subject.encode() if part.subject else b"request"
            stamp = encode_request(RequestStamp(f"{number:032x}", 0, "single", RECEIVED_AT_MS))
            record = raw_record(number, key, part.body, ((HEADER_SOURCE, SOURCE), (HEADER_REQUEST, stamp)))
            understood = read_batch([record], lambda *_: PARSER, lambda *_: False)
            _, keys = keys_of(understood)
            folded = fold_batch(understood, 0, {}, {key: self.states.get(key) for key in keys})
            self.states.update(folded.connections.states)
            self.outcomes += folded.outcomes
            self.statuses += [decode_cloud_event(value or b"").data.status for _, value, _ in folded.connections.events]


def reported(*names: str) -> list[bytes]:
    return [(PAYLOADS / "reported" / f"waha-{name}.json").read_bytes() for name in names]


PAIRING = reported(
    *("pair_0_STARTING", "pair_1_SCAN_QR_CODE", "pair_2_SCAN_QR_CODE", "pair_3_SCAN_QR_CODE"),
    *("pair_4_WORKING", "pair_5_STOPPED", "pair_6_STARTING", "pair_7_WORKING"),
)


def test_a_first_pairing_is_no_logout() -> None:
    """However many QR codes are shown, nothing is reported of a connection until it is open."""
    session = Session()
    session.post(PAIRING)
    assert session.statuses == ["connected", "disconnected", "connected"]
    assert session.outcomes[:4] == ["ignored"] * 4


def test_a_pairing_without_id_and_time_is_no_logout() -> None:
    """The shape of 2024, twice."""
    session = Session()
    session.post(reported("session_no_timestamp") * 2)
    assert session.statuses == []
    assert session.outcomes == ["ignored", "ignored"]


def test_a_pairing_that_nobody_finishes_is_no_logout() -> None:
    """WAHA calls the session FAILED when nobody read its QR codes."""
    session = Session()
    session.post([body("SCAN_QR_CODE", 1), body("FAILED", 60)])
    assert session.statuses == []


@pytest.mark.parametrize(
    "logout",
    [
        body("SCAN_QR_CODE", 50),
        body("FAILED", 50),
        body("SCAN_QR_CODE", 50, lately=("WORKING", "STARTING")),
        body("SCAN_QR_CODE", 50, me={"id": "12025550100@c.us"}),
    ],
)
def test_an_open_session_that_asks_for_a_code_was_logged_out(logout: bytes) -> None:
    """Once; each further code of the same wait is no further logout, and a later opening can be ended again."""
    session = Session()
    session.post([body("WORKING", 1), logout, body("SCAN_QR_CODE", 70), body("SCAN_QR_CODE", 90)])
    assert session.statuses == ["connected", "logout"]
    session.post([body("WORKING", 100), body("SCAN_QR_CODE", 120)])
    assert session.statuses == ["connected", "logout", "connected", "logout"]


@pytest.mark.parametrize("document", [{"me": {"id": "12025550100@c.us"}}, {}])
def test_an_unknown_past_counts_as_open(document: dict[str, Any]) -> None:
    """Where nothing is known of the connection, and WAHA does not say that it has no account, it is a logout."""
    said = json.loads(body("SCAN_QR_CODE", 5))
    del said["me"]
    session = Session()
    session.post([json.dumps(said | document).encode()])
    assert session.statuses == ["logout"]


def test_a_code_shown_before_the_session_opened_is_no_logout() -> None:
    """Reports that come out of order are judged by their own times."""
    session = Session()
    session.post([body("WORKING", 40), body("SCAN_QR_CODE", 20)])
    assert session.statuses == ["connected"]


def test_a_repeated_report_is_a_repeat() -> None:
    """The same body again changes nothing, whether it was a logout, a pairing or an opening."""
    session = Session()
    bodies = [body("SCAN_QR_CODE", 1), body("WORKING", 2), body("SCAN_QR_CODE", 50)]
    session.post([one for one in bodies for _ in range(2)])
    assert session.statuses == ["connected", "logout"]
    assert session.outcomes == ["ignored", "ignored", "advanced", "repeat", "advanced", "repeat"]


def test_a_replay_decides_nothing_anew() -> None:
    """After a crash each record gets the outcome that it had."""
    session = Session()
    session.post([body("SCAN_QR_CODE", 1), body("WORKING", 2), body("SCAN_QR_CODE", 50), body("SCAN_QR_CODE", 70)])
    first = list(session.outcomes)
    session.post(
        [body("SCAN_QR_CODE", 1), body("WORKING", 2), body("SCAN_QR_CODE", 50), body("SCAN_QR_CODE", 70)],
        first_offset=0,
    )
    assert session.outcomes == first * 2
