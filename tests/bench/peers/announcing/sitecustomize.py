"""Loaded by Python before the program itself, where this folder is on PYTHONPATH: `python -m processors` is measured as
it is shipped, with all the worker processes it starts.
"""

from tests.bench.peers.first_fetch import announce_first_fetch

announce_first_fetch()
