"""What the environment may say of ClickHouse, and what is refused with the variable's name."""

from pathlib import Path

import pytest

from runtime.clickhouse.client import password_of
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.settings import from_environ
from schemas.errors import ConfigurationError


def read(environ: dict[str, str]) -> ClickHouseSettings:
    """Read the settings that an environment gives."""
    return from_environ(ClickHouseSettings, "", environ)


def test_databases_are_settings() -> None:
    """Two deployments on one engine have databases of their own; that with numbers goes by the views'."""
    assert (read({}).database, read({}).views_database) == ("recibo_store", "recibo")
    other = read({"RECIBO_PROJECTIONS_STORE": "b_store", "RECIBO_CLICKHOUSE_VIEWS": "b"})
    assert (other.database, other.views_database, other.numbers_database) == ("b_store", "b", "b_numbers")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"CLICKHOUSE_URL": "tcp://ch:9000"}, "CLICKHOUSE_URL"),
        ({"CLICKHOUSE_URL": "localhost"}, "CLICKHOUSE_URL"),
        ({"CLICKHOUSE_CA_FILE": "ca.pem"}, "CLICKHOUSE_CA_FILE"),
        ({"CLICKHOUSE_URL": "https://ch", "CLICKHOUSE_CERT_FILE": "c.pem"}, "CLICKHOUSE_KEY_FILE"),
        ({"CLICKHOUSE_PASSWORD": "hush", "CLICKHOUSE_PASSWORD_FILE": "p"}, "CLICKHOUSE_PASSWORD_FILE"),
        ({"RECIBO_PROJECTIONS_STORE": "x; DROP DATABASE y"}, "RECIBO_PROJECTIONS_STORE"),
        ({"RECIBO_CLICKHOUSE_VIEWS": "recibo_store"}, "RECIBO_CLICKHOUSE_VIEWS"),
    ],
)
def test_what_does_not_fit_together_is_refused(environ: dict[str, str], named: str) -> None:
    """A value that is none, or would be ignored in silence, is refused with its variable's name."""
    with pytest.raises(ConfigurationError, match=named) as refused:
        read(environ)
    assert "hush" not in str(refused.value)


def test_no_password_is_shown(tmp_path: Path) -> None:
    """Settings and messages show the address, never who asks; a password may be in a file."""
    path = tmp_path / "password"
    path.write_text("hush\n")
    settings = read({"CLICKHOUSE_URL": "https://recibo:hush@ch:8443", "CLICKHOUSE_PASSWORD_FILE": str(path)})
    assert "hush" not in repr(settings)
    assert settings.address == "https://ch:8443"
    assert password_of(settings) == "hush"
