"""The providers, one file each. Adding one: its file, its row here, its samples in `tests/payloads/`."""

from typing import Final

from schemas.providers import wpp_marketing
from schemas.providers.provider import Provider

PROVIDERS: Final[dict[str, Provider]] = {p.name: p for p in (wpp_marketing.PROVIDER,)}
"""Provider name, as in `recibo.toml`, → provider."""
