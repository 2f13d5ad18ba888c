"""360dialog: forwards Meta's Cloud API bodies as they are, over a URL and headers that its own API sets.

Source: 360dialog "Receiving messages via webhook": five seconds to answer, repeated for seven days.
"""

from typing import Final

from schemas.providers.json_parser import fixed
from schemas.providers.meta_cloud import REPORTS, SAMPLE, MetaParser
from schemas.providers.provider import Provider

PROVIDER: Final = Provider(
    name="360dialog",
    title="360dialog",
    parser=fixed(MetaParser()),
    sample=SAMPLE,
    answer=200,
    authentication={"kind": "bearer"},
    setup=(
        (
            "Set the number's webhook by 360dialog's API (POST /v1/configs/webhook, with your D360-API-KEY) to this body:\n"
            '{"url": "{url}", "headers": {"Authorization": "Bearer {secret}"}}'
        ),
        "Read it back with GET /v1/configs/webhook.",
    ),
    reports=REPORTS,
)
