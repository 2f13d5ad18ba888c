"""Settings handed to a child process: the variables that make it read the same values."""

from dataclasses import fields
from typing import Any

from runtime.settings import settings_of


def environ_of(settings: Any) -> dict[str, str]:
    """Return the environment in which a settings dataclass, each of whose fields names its variable, reads the same.

    A value that is absent is an empty variable, so that it hides what the parent's environment has.
    """
    found = {}
    for setting in settings_of(type(settings), ""):
        value = getattr(_holder(settings, setting.owner), setting.field)
        found[setting.variable] = "" if value is None else str(value)
    return found


def _holder(settings: Any, owner: type) -> Any:
    """Return the object whose field a setting is: the settings themselves, or one in them."""
    if type(settings) is owner:
        return settings
    return next(held for held in (getattr(settings, field.name) for field in fields(settings)) if type(held) is owner)
