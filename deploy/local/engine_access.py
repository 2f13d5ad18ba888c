"""Who may ask the local engine: the password that was made for its directory, and how our own commands come by it.

One user, `default`, as on a fresh ClickHouse. The directory holds `password` (0600), which is made once and stays, so that what
a person has configured continues to work, and `address`: where the engine listens, so that no other server on this machine is
ever sent the password.
"""

import secrets
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from runtime.whole_file import replace_file

USER: Final = "default"
FOLDER: Final = "clickhouse"
"""The engine's directory, in the data directory of a stack."""
_PASSWORD, _ADDRESS = "password", "address"
_BYTES: Final = 24


def ensure_password(directory: Path) -> Path:
    """Return the file of the password of the engine in `directory`, making it, readable by its owner alone, where it is not."""
    path = directory / _PASSWORD
    if path.exists():
        return path
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = directory / f".{_PASSWORD}.{secrets.token_hex(4)}"
    replace_file(made, secrets.token_urlsafe(_BYTES) + "\n", mode=0o600)
    try:
        path.hardlink_to(made)  # whole, and the one of whoever is first
    except FileExistsError:
        return path
    finally:
        made.unlink()
    return path


def note_address(directory: Path, address: str) -> None:
    """Note where the engine in `directory` listens, as host:port."""
    replace_file(directory / _ADDRESS, address + "\n", mode=0o600)


def password_file_for(url: str, data_dir: Path) -> Path | None:
    """Return the password's file where `url` leads to the engine of the stack in `data_dir`, and names nobody itself."""
    directory, parts = data_dir / FOLDER, urlsplit(url)
    try:
        noted = (directory / _ADDRESS).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    is_there = parts.username is None and f"{parts.hostname}:{parts.port}" == noted
    return directory / _PASSWORD if is_there else None
