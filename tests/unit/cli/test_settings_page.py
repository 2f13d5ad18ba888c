"""The page of settings, the list of known variables and the settings themselves say the same."""

from types import ModuleType

import pytest

from cli._settings_page import PAGE, STAGES, meanings, options, page
from runtime.known_variables import INTERNAL, KNOWN
from runtime.settings import settings_of
from runtime.shared_settings import SharedSettings
from tests.support.source_tree import ROOT


def test_the_page_is_what_the_settings_say() -> None:
    """docs/settings.md is as it would be made now: `make settings-page`."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_every_setting_says_what_it_means(stage: ModuleType) -> None:
    """Each field of a stage's settings, and of dataclasses in them, has a docstring."""
    silent = [s.variable for s in settings_of(stage.Settings, stage.PREFIX) if not meanings(s.owner).get(s.field)]
    assert not silent


def test_every_shared_setting_says_what_it_means() -> None:
    """So has each shared one."""
    silent = [s.variable for s in settings_of(SharedSettings, "") if not meanings(s.owner).get(s.field)]
    assert not silent


def test_the_known_variables_are_those_that_are_read() -> None:
    """A variable is known exactly where a stage's setting or a command's option is set by it, or our own processes are."""
    read = {s.variable for stage in STAGES for s in settings_of(stage.Settings, stage.PREFIX)}
    read |= {str(option.envvar) for option in options()} | INTERNAL.keys()
    assert {name for name in read if name.startswith("RECIBO_")} == KNOWN
