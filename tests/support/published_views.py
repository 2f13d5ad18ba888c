"""The published views, and how each is called: a SELECT of it that reads everything there is."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from projections.clickhouse.views import FOLDER, read_views

_TODAY: Final = datetime.now(UTC).date()
_WIDE: Final = {
    "since": f"'{_TODAY - timedelta(days=120)}'",
    "until": f"'{_TODAY - timedelta(days=1)}'",  # what an open span says of a day to come differs from second to second
    "time_zone": "'UTC'",
    "min_age_s": "60",
    "texts": "['wamid-1', 'order-1', '5500900000001']",
    "account": "'acme'",
    "message_id": "'wamid-1'",
    "message_ids": "['wamid-1', 'm-2']",
}


def published_names() -> list[str]:
    """Return the names of the published views."""
    return list(json.loads((FOLDER / "published.json").read_text(encoding="utf-8")))


def call(view: str) -> str:
    """Return a view's name with arguments that let every row in, if it has parameters."""
    names = sorted(set(re.findall(r"\{(\w+):[\w()]+\}", read_views("store", "views", masked=True)[view])))
    return f"{view}({', '.join(f'{name} = {_WIDE[name]}' for name in names)})" if names else view
