"""The providers, one file each. Adding one: its file, its row here, its samples in `tests/payloads/`."""

from typing import Final

from schemas.providers import (
    cloudevents,
    dialog360,
    evolution,
    generic,
    meta_cloud,
    twilio,
    waha,
    wpp_marketing,
    wppconnect,
    z_api,
)
from schemas.providers.provider import Provider

PROVIDERS: Final[dict[str, Provider]] = {
    module.PROVIDER.name: module.PROVIDER
    for module in (
        wpp_marketing,
        meta_cloud,
        dialog360,
        twilio,
        evolution,
        z_api,
        wppconnect,
        waha,
        generic,
        cloudevents,
    )
}
"""Provider name, as in `recibo.toml`, → provider."""
