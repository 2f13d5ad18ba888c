"""Recibo's processors as shipped: `python -m processors`, with the first fetch announced."""

import runpy

from tests.bench.peers.first_fetch import announce_first_fetch

if __name__ == "__main__":
    announce_first_fetch()
    runpy.run_module("processors", run_name="__main__", alter_sys=True)
