"""Any other provider: its body is described by `[sources.NAME.mapping]` alone.

Only Recibo's own status names are understood without configuration. `recibo source learn NAME` proposes a mapping
from captured bodies: JSON and forms. XML and forms of several parts can be read by no mapping; they are kept all the same,
so that what comes can be seen.
"""

from typing import Final

from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import FieldMapping
from schemas.providers.provider import OWN_SIGNATURE, Provider
from schemas.status import RANK, ConnectionStatus

DEFAULT: Final = FieldMapping(paths={}, words={name: name for name in (*RANK, *ConnectionStatus)})

PROVIDER: Final = Provider(
    name="generic",
    title="Generic (described by configuration)",
    parser=lambda mapping: MappedParser(mapping or DEFAULT),
    mapping=DEFAULT,
    content_types=(
        "application/json",
        "text/json",
        "text/plain",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "text/xml",
    ),
    authentication=OWN_SIGNATURE,
    appends_event=True,
    setup=(
        "Enter {url} as the provider's webhook URL.",
        "If it can sign, give it the secret {secret}; its header, algorithm and encoding go into the source's auth table.",
        (
            "If it can only send a fixed header, add the source with --auth bearer; if not even that, with --auth path: the "
            "secret is then part of the URL."
        ),
        "Let a few webhooks come, then run `recibo source learn`: they are kept as unmapped until then.",
    ),
)
