"""`docs/settings.md`, made of the settings' dataclasses and the commands' options: `python -m cli._settings_page`.

What a setting means is the docstring under its field, what is allowed follows from its type; nothing is said twice.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Final

import click

import ingest.settings
import processors.settings
import projections.settings
import relay.settings
import serving.settings
from cli.__main__ import recibo
from runtime.known_variables import INTERNAL
from runtime.programs import CHECKOUT
from runtime.setting_types import allowed
from runtime.settings import Setting, settings_of
from runtime.shared_settings import SharedSettings
from runtime.whole_file import replace_file

PAGE: Final = Path("docs", "settings.md")
STAGES: Final = (ingest.settings, relay.settings, processors.settings, projections.settings, serving.settings)
"""In the order in which an event passes them."""
_INTRODUCTION: Final = """\
# Settings

Made by `make settings-page` of the settings' dataclasses (`ingest/settings.py` and so on): change those, not this page.

Every process is set by environment variables, read once when it starts; units are in the names. For all of them:

- A variable that is set to nothing counts as one that is not set.
- A value that is not allowed ends the process at once, with exit code 2 and one line that names the variable, its value
  and what is allowed.
- A switch takes `true`, `yes` or `1`, and `false`, `no` or `0`; words may be written in either case.
- A variable that begins with `RECIBO_` and that nothing reads is named in a warning, with the nearest one that is known.

The command line reads the shared variables too; an option that is given wins.
"""


def page() -> str:
    """Return the page's text."""
    parts = [_INTRODUCTION, _shared_part(), *map(_stage_part, STAGES), _command_line_part(), _internal_part()]
    return "\n".join(parts)


def options() -> Iterator[click.Option]:
    """Yield every option of every command that a variable sets too."""
    yield from _options_of(recibo, click.Context(recibo))


def meanings(settings: type) -> dict[str, str]:
    """Return what each field of a dataclass means: the docstring under it, as one line; fields without are left out."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(settings))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            found[field.target.id] = " ".join(inspect.cleandoc(str(ast.literal_eval(text.value))).split())  # type: ignore[attr-defined]  # an Expr, as said above
    return found


def _shared_part() -> str:
    """What is not named after one stage: of the shared settings, and of what stages have nested in theirs."""
    read_by: dict[str, list[str]] = {}
    settings: dict[str, Setting] = {setting.variable: setting for setting in settings_of(SharedSettings, "")}
    for stage in STAGES:
        for setting in settings_of(stage.Settings, stage.PREFIX):
            if not setting.variable.startswith(stage.PREFIX) and setting.variable not in INTERNAL:
                settings.setdefault(setting.variable, setting)
                read_by.setdefault(setting.variable, []).append(_name(stage))
    for option in options():
        readers = read_by.setdefault(str(option.envvar), [])
        if "`recibo`" not in readers:
            readers.append("`recibo`")
    rows = [(*_cells(s), ", ".join(read_by.get(s.variable, ()))) for s in settings.values()]
    return _part("Shared", ("variable", "default", "allowed", "meaning", "read by"), rows)


def _stage_part(stage: Any) -> str:
    own = (s for s in settings_of(stage.Settings, stage.PREFIX) if s.variable.startswith(stage.PREFIX))
    return _part(_name(stage), ("variable", "default", "allowed", "meaning"), map(_cells, own))


def _command_line_part() -> str:
    of_stages = {s.variable for stage in STAGES for s in settings_of(stage.Settings, stage.PREFIX)}
    of_stages |= {s.variable for s in settings_of(SharedSettings, "")}
    others = {str(option.envvar): option for option in options() if option.envvar not in of_stages}
    rows = [
        (f"`{variable}`", f"`{option.opts[0]}`", _default(option.default), option.help or "")
        for variable, option in sorted(others.items())
    ]
    return _part("The command line's own", ("variable", "option", "default", "meaning"), rows)


def _internal_part() -> str:
    rows = [(f"`{variable}`", meaning) for variable, meaning in INTERNAL.items()]
    return _part("Internal: set by our own processes for one another", ("variable", "meaning"), rows)


def _options_of(command: click.Command, context: click.Context) -> Iterator[click.Option]:
    for option in command.params:
        if isinstance(option, click.Option) and option.envvar:
            yield option
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            under = command.get_command(context, name)
            assert under is not None, name
            yield from _options_of(under, click.Context(under, parent=context))


def _name(stage: Any) -> str:
    return str(stage.__name__).partition(".")[0]


def _cells(setting: Setting) -> tuple[str, str, str, str]:
    assert is_dataclass(setting.owner)
    meaning = meanings(setting.owner).get(setting.field, "")
    return f"`{setting.variable}`", _default(setting.default), allowed(setting.hint), meaning


def _default(value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _part(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}", "", _row(heads), _row(["---"] * len(heads)), *map(_row, rows), ""]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    replace_file(CHECKOUT / PAGE, page())
