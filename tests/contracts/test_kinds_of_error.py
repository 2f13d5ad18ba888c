"""Every error that a dependency can raise has a kind, decided by somebody who looked at it."""

import errno
import inspect
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import errors as kafka
from chdb.state.sqlitelike import Connection
from clickhouse_connect.driver import exceptions as clickhouse

import runtime.clickhouse.failures
import runtime.disk_failures
import runtime.kafka.failures
from cli._errors_page import PAGE, page
from runtime.clickhouse.error_codes import Code
from runtime.clickhouse.failures import clickhouse_failure
from runtime.disk_failures import disk_failure
from runtime.failure import Cause, Failure
from runtime.kafka.failures import kafka_failure
from runtime.programs import CHECKOUT

GOLDEN = Path(__file__).with_name("golden") / "clickhouse_errors.txt"
ALL_CODES = "SELECT number, errorCodeToName(number) FROM numbers(1, 2000) WHERE errorCodeToName(number) != ''"


def listed(causes: Iterable[Cause[Any]]) -> Counter[Any]:
    return Counter(error for cause in causes for error in cause.errors)


def test_every_error_of_the_kafka_client_has_a_kind() -> None:
    """A class of error that a new aiokafka brings is in no list, and fails here; none is in two."""
    known = {value for value in vars(kafka).values() if inspect.isclass(value) and issubclass(value, Exception)}
    in_lists = listed(runtime.kafka.failures.CAUSES)
    assert {error.__name__ for error in known - set(in_lists)} == set()
    assert [error.__name__ for error, count in in_lists.items() if count > 1] == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (kafka.NotEnoughReplicasError(), Failure.AWAY),
        (kafka.MessageSizeTooLargeError(), Failure.REFUSED),
        (kafka.ProducerFenced(), Failure.BUG),
        (ConnectionResetError(), Failure.AWAY),
        (TimeoutError(), Failure.AWAY),
        (type("NewerThanWeKnow", (kafka.BrokerResponseError,), {})(), Failure.AWAY),
        (AttributeError(), Failure.BUG),
    ],
)
def test_an_error_of_kafka_has_the_kind_of_its_nearest_class(error: Exception, kind: Failure) -> None:
    """A class that is in no list has the kind of the one it derives from; what is none of Kafka's is a bug."""
    assert kafka_failure(error) is kind


def test_every_code_of_the_engine_was_looked_at(tmp_path: Path) -> None:
    """The engine's own list is the golden one: a code that a new release brings fails until its kind was thought of."""
    with Connection(str(tmp_path)) as handle:
        assert handle.query(ALL_CODES, "TabSeparated").bytes().decode() == GOLDEN.read_text(encoding="utf-8")


def test_codes_have_the_names_of_the_engine() -> None:
    """A code that we list stands under the engine's own name for it."""
    names = {
        int(code): name for code, name in (line.split() for line in GOLDEN.read_text(encoding="utf-8").splitlines())
    }
    assert {code.name: names[code] for code in Code} == {code.name: code.name for code in Code}
    assert set(listed(runtime.clickhouse.failures.CAUSES)) == set(Code)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (clickhouse.DatabaseError("away"), Failure.AWAY),
        (clickhouse.DataError("cannot convert"), Failure.REFUSED),
        (OverflowError(), Failure.REFUSED),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), Failure.REFUSED),
        (ConnectionResetError(), Failure.AWAY),
        (AttributeError(), Failure.BUG),
    ],
)
def test_an_error_of_the_clickhouse_client_has_a_kind(error: Exception, kind: Failure) -> None:
    """The client's own conversions are refusals, its lost connections are waited for, the rest is a bug."""
    assert clickhouse_failure(error) is kind


def test_the_kind_of_a_failed_system_call_is_its_numbers() -> None:
    """A full disk is waited for, a damaged file refused, a closed descriptor a bug, an unknown number waited for; none is in two lists."""
    numbers = (errno.ENOSPC, errno.EIO, errno.EBADF, 10_000)
    assert [disk_failure(OSError(number, "")) for number in numbers] == [
        Failure.AWAY,
        Failure.REFUSED,
        Failure.BUG,
        Failure.AWAY,
    ]
    assert max(listed(runtime.disk_failures.CAUSES).values()) == 1


def test_the_page_is_made_of_the_lists() -> None:
    """`docs/errors.md` says what the lists say."""
    assert (CHECKOUT / PAGE).read_text(encoding="utf-8") == page(), "run make errors-page"
