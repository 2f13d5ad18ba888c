"""Settings come from the environment, and a bad one is named."""

from pathlib import Path

import pytest

from processors.settings import Settings, from_environ
from schemas.errors import ConfigurationError


def test_from_environ() -> None:
    """Each setting has its variable; unset ones keep their defaults."""
    settings = from_environ(
        {
            "KAFKA_BOOTSTRAP_SERVERS": "k:1",
            "RECIBO_DATA_DIR": "/d",
            "RECIBO_REPAIR_GENERATION": "3",
            "RECIBO_PROCESSORS_WORKER": "w",
        }
    )
    assert settings.kafka.bootstrap_servers == "k:1"
    assert settings.state_dir == Path("/d/state/g3/worker-w")
    assert settings.batch_records_max == Settings().batch_records_max


def test_a_bad_number_is_named() -> None:
    """The message names the variable and what it must be."""
    with pytest.raises(
        ConfigurationError, match="RECIBO_PROCESSORS_WORKERS='one': must be a whole number from 1 to 256"
    ):
        from_environ({"RECIBO_PROCESSORS_WORKERS": "one"})
