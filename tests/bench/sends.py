"""`make bench NAME=sends`: a file of sends, read and in the table: `recibo reconcile FILE --yes` on a stack of its own.

All on one machine: broker, engine, projector and command. Environment: ROWS (1000000), ROUNDS (1). The last line is one JSON object.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deploy.local.stack import Stack
from runtime.programs import CHECKOUT
from tests.bench.command_line import begin
from tests.bench.results import keep
from tests.support.own_stack import own_stack

ROWS = 1_000_000
_HEADER = "Id da mensagem;Referência;Telefone;Conexão;Campanha;Data envio;Status;Pedido"


def write(path: Path, rows: int, seed: int) -> None:
    """Write a spreadsheet's export: Windows-1252, semicolons, eight columns, Brazilian numbers."""
    chance = random.Random(seed)
    with path.open("w", encoding="cp1252") as file:
        print(_HEADER, file=file)
        for row in range(rows):
            phone = f"5511{chance.randrange(910_000_000, 999_999_999)}"
            at = f"28/11/2026 {row * 7 // rows + 9:02}:{row // 60 % 60:02}:{row % 60:02}"
            message_id = f"wamid.{chance.getrandbits(96):024x}"
            print(f"{message_id};pedido-{row};{phone};loja-{row % 20:02};natal;{at};Entregue;{row}", file=file)


def kept_s(stack: Stack, path: Path) -> float:
    """Return how long the command takes, start included."""
    environ = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka.bootstrap_servers,
        "CLICKHOUSE_URL": stack.clickhouse.url,
        "CLICKHOUSE_PASSWORD_FILE": str(stack.clickhouse.password_file),
    }
    started = time.perf_counter()
    command = [sys.executable, "-m", "cli", "reconcile", str(path), "--account", "bench", "--yes", "--tag", "Pedido"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    print(done.stdout[-300:], done.stderr[-600:], flush=True)
    done.check_returncode()
    return seconds


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Run rounds, each with a file of its own; return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = own_stack(Path(folder) / "data", Path(folder) / "recibo.toml")
        with Stack(settings) as stack:
            seconds = []
            for seed in range(rounds):
                path = Path(folder) / f"sends{seed}.csv"
                write(path, rows, seed)
                seconds.append(round(kept_s(stack, path), 1))
                print(f"{rows:,} rows in {seconds[-1]} s: {rows / seconds[-1]:,.0f} rows/s", flush=True)
    return {"rows": rows, "seconds": seconds}


def main() -> None:
    """Measure, and print the figures; the last line is their JSON."""
    begin(__doc__, ())
    figures = measure(int(os.environ.get("ROWS", str(ROWS))), int(os.environ.get("ROUNDS", "1")))
    keep("sends", figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
