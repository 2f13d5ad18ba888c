"""Which generation a deployment on this machine is at: a small file in its data directory.

`recibo up` and the commands read it where RECIBO_GENERATION is not set; `recibo repair` writes it, and `recibo up`
follows it while it runs. Elsewhere (compose, Kubernetes) the operator sets RECIBO_GENERATION.
"""

from pathlib import Path
from typing import Final

import msgspec

from runtime.whole_file import replace_file
from schemas.errors import DeploymentError

FIRST: Final = 1


class Generation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The file's content."""

    generation: int = FIRST
    switching_to: int = 0
    """While a repair replaces tables, nothing may process or project; 0: no repair does."""


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
    replace_file(_path(data_dir), msgspec.json.encode(generation))


def _path(data_dir: Path) -> Path:
    return data_dir / "generation.json"
