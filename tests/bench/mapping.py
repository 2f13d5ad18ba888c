"""`make bench NAME=mapping`: µs a body, of parsers driven by a mapping and of the built-in ones, split and normalize.

Two mappings (WPP Marketing's own, and one of nested arrays) and every built-in provider's sample. With BASE=COMMIT the
same file is run at that commit beside this one. Environment: BODIES (20000). The last line is one JSON object.
"""

import json
import os
import time
from typing import Any

from runtime.ports import HOST
from schemas.providers import PROVIDERS
from schemas.providers.mapping import EMPTY, merged
from schemas.record import SourceContext
from tests.bench.command_line import begin
from tests.bench.results import keep
from tests.support.samples import PAYLOADS, RECEIVED_AT_MS, samples

_REPETITIONS = 7
_LIST = {
    "items": ["lote.itens"],
    "paths": {
        "message_id": ["ref"],
        "status": ["estado"],
        "time": ["em"],
        "connection_id": ["conta"],
        "recipient": ["p"],
    },
    "words": {"sent": ["enviada"], "delivered": ["entregue"]},
}


def _list_body(count: int) -> bytes:
    items = [{"ref": f"m{n}", "estado": "ENTREGUE", "em": 1_773_144_003, "p": "5511987654321"} for n in range(count)]
    return json.dumps({"conta": "loja", "lote": {"itens": items}}).encode()


def _cases() -> dict[str, tuple[Any, str, list[bytes]]]:
    """Return name → (parser, provider, bodies)."""
    wpp = PROVIDERS["wpp_marketing"]
    cases: dict[str, tuple[Any, str, list[bytes]]] = {
        "mapping: flat": (
            wpp.parser(None),
            "wpp_marketing",
            [(PAYLOADS / "wpp-marketing-delivered.json").read_bytes()],
        ),
        "mapping: list of 1": (PROVIDERS["generic"].parser(merged(EMPTY, _LIST)), "generic", [_list_body(1)]),
        "mapping: list of 20": (PROVIDERS["generic"].parser(merged(EMPTY, _LIST)), "generic", [_list_body(20)]),
    }
    for name, provider in PROVIDERS.items():
        bodies = [sample.body for sample in samples() if sample.provider == name]
        if bodies and name != "wpp_marketing":
            cases[name] = (provider.parser(None), name, bodies)
    return cases


def _us_a_body(parser: Any, provider: str, bodies: list[bytes], count: int) -> float:
    context = SourceContext("s", "a", provider)
    best = float("inf")
    for _ in range(_REPETITIONS):
        began = time.process_time()
        for n in range(count):
            for part in parser.split(bodies[n % len(bodies)], "application/json"):
                parser.normalize(part.body, context, RECEIVED_AT_MS)
        best = min(best, time.process_time() - began)
    return round(1e6 * best / count, 2)


def main() -> None:
    """Measure and print every case."""
    begin(__doc__, ("all",))
    count = int(os.environ.get("BODIES", "20000"))
    found: dict[str, float] = {}
    for name, (parser, provider, bodies) in _cases().items():
        found[name] = _us_a_body(parser, provider, bodies, count // (20 if "20" in name else 1))
        print(f"{name:22} {found[name]:8.2f} µs", flush=True)
    result = {"us_a_body": found, "host": HOST}
    keep("mapping", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
