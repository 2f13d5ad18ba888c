"""Which generation a deployment on this machine is at: a small file in its data directory.

`recibo up` and the commands read it where RECIBO_GENERATION is not set; `recibo repair` writes it, and `recibo up`
follows it while it runs. Elsewhere (compose, Kubernetes) the operator sets RECIBO_GENERATION.
"""

import os
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from schemas.errors import DeploymentError

FIRST: Final = 1


class Generation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The file's content."""

    generation: int = FIRST
    switching_to: int = 0
    """While a repair replaces tables, nobody may process or project; 0: no repair does."""


def read_generation(data_dir: Path) -> Generation:
    """Return what the file says; the first generation where there is none. Raises DeploymentError where it is none of ours."""
    path = _path(data_dir)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Generation)
    except FileNotFoundError:
        return Generation()
    except msgspec.DecodeError as error:
        raise DeploymentError(f'{path} cannot be read ({error}): write {{"generation": N}} into it') from error


def write_generation(data_dir: Path, generation: Generation) -> None:
    """Replace the file as a whole, synced."""
    path = _path(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(msgspec.json.encode(generation))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def generation_option(command: Any) -> Any:
    """Give a command `--generation`: from RECIBO_GENERATION, else what the data directory says."""
    default = lambda: read_generation(data_dir_of_environment()).generation  # noqa: E731 - click calls it, with nothing
    return click.option(
        "--generation",
        type=click.IntRange(1),
        envvar="RECIBO_GENERATION",
        default=default,
        show_default="what the data directory says",
    )(command)


def data_dir_of_environment() -> Path:
    """Return the data directory of a command that takes none."""
    return Path(os.environ.get("RECIBO_DATA_DIR", ".recibo"))


def _path(data_dir: Path) -> Path:
    return data_dir / "generation.json"
