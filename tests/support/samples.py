"""The samples of `tests/payloads/`: bodies with what they must be understood as."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[1] / "payloads"
RECEIVED_AT_MS = 1_773_144_100_000
"""A time of receipt shortly after the samples' own times."""

_HANDED: dict[str, Any] = json.loads((PAYLOADS / "manifest.json").read_text())
SECRETS: dict[str, str] = _HANDED["secrets"]
META_VERIFY: dict[str, Any] = _HANDED["meta_verify"]
"""Meta's GET that verifies a URL, and the body it expects."""
_PROVIDER_BY_STEM = {"wpp-marketing": "wpp_marketing", "meta-cloud": "meta_cloud", "z-api": "z_api"}


@dataclass(frozen=True)
class Sample:
    """One body and its expectation: a table of an event's fields, `ignored` with its kind, or `unmapped`."""

    file: str
    provider: str
    content_type: str
    headers: dict[str, str]
    url: str
    body: bytes
    expect: list[dict[str, Any]]


def _sample(entry: dict[str, Any]) -> Sample:
    stem = entry["file"].rsplit("-", 1)[0]
    return Sample(
        entry["file"],
        entry.get("provider") or _PROVIDER_BY_STEM.get(stem, stem),
        entry["content_type"],
        entry.get("headers", {}),
        entry.get("url", ""),
        (PAYLOADS / entry["file"]).read_bytes(),
        entry["expect"],
    )


@cache
def samples() -> list[Sample]:
    """Return every sample: those handed to the project (`manifest.json`) and its own (`own.json`)."""
    manifests = (json.loads((PAYLOADS / name).read_text()) for name in ("manifest.json", "own.json"))
    return [_sample(entry) for manifest in manifests for entry in manifest["samples"]]
