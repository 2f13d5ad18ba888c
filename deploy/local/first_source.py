"""The ready-made source of a first start: a `recibo.toml` with one entry, and its secret."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from runtime.secrets_file import add_secrets, read_secrets
from runtime.sources_file import SourcesFile
from runtime.whole_file import replace_file

SECRET_NAME: Final = "RECIBO_SECRET_WPP"  # noqa: S105 - the name of the variable, not its value

_RECIBO_TOML: Final = f"""\
# The sources of this deployment: one table for each URL that a provider posts to.
# Made by the first `recibo up`; yours to change. ingest reads it again whenever it changes.

[sources.wpp]                       # POST /v1/webhooks/wpp
provider = "wpp_marketing"
account = "default"                 # whose messages these are; several sources may share one

[sources.wpp.auth]
kind = "hmac"                       # the HMAC-SHA256 of the body's bytes, in hexadecimal, in this header
header = "X-Recibo-Signature"
prefix = "sha256="

[[sources.wpp.auth.secrets]]        # several are good at once, so that a rotation refuses nobody
env = "{SECRET_NAME}"
"""


def ensure_first_source(config_file: Path, secrets_file: Path, environ: Mapping[str, str]) -> bool:
    """Make the configuration of a first start where there is none, and its secret where that is nowhere.

    Args:
        config_file: `recibo.toml`; never changed once it exists.
        secrets_file: lines NAME=value, readable by its owner alone.
        environ: where a secret may be given instead.

    Returns:
        Whether the configuration was made now.

    Raises:
        ConfigurationError: a file that is there cannot be read.
    """
    is_first = not config_file.exists()
    if is_first:
        replace_file(config_file, _RECIBO_TOML)
    is_used = SECRET_NAME in SourcesFile(config_file).text()
    is_missing = SECRET_NAME not in environ and SECRET_NAME not in read_secrets(secrets_file)
    if is_used and is_missing:
        add_secrets(secrets_file, {SECRET_NAME: secrets.token_hex(32)})
    elif not secrets_file.exists():
        add_secrets(secrets_file, {})  # ingest watches it
    return is_first
