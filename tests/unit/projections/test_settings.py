"""Settings come from the environment, and a wrong one is named with what to write instead."""

import pytest

from projections.settings import Settings, from_environ
from schemas.errors import ConfigurationError


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing need be set for the local stack."""
    assert from_environ({}) == Settings()


def test_values_are_read() -> None:
    """Each variable reaches its field."""
    settings = from_environ(
        {
            "CLICKHOUSE_URL": "https://reader:p%40ss@ch.example:8443",
            "RECIBO_PROJECTIONS_BATCH_AGE_MS_MAX": "50",
            "RECIBO_PROJECTIONS_ACCEPTS_GAPS": "1",
        }
    )
    assert settings.batch_age_ms_max == 50
    assert settings.accepts_gaps


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLICKHOUSE_URL", "127.0.0.1:8123"),
        ("RECIBO_PROJECTIONS_BATCH_ROWS_MAX", "2000000"),
        ("RECIBO_PROJECTIONS_SET_ASIDE_RATIO_MAX", "2"),
        ("RECIBO_PROJECTIONS_SET_ASIDE_RATIO_MAX", "few"),
        ("RECIBO_PROJECTIONS_STORE", "x; DROP DATABASE y"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    """The message names the variable, its value and what to write."""
    with pytest.raises(ConfigurationError, match=name):
        from_environ({name: value})
