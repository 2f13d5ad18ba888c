"""`python -m ingest.relay`, the relay's name up to 0.1: the same as `python -m relay`."""

import runpy

if __name__ == "__main__":
    runpy.run_module("relay", run_name="__main__")
