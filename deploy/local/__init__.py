"""The local stack: everything Recibo needs, on one machine, without Docker.

stack → broker → topics → {ingest, relay, processors} → engine → projections (which migrate), each a supervised child.
"""
