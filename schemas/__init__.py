"""The shared vocabulary of Recibo: what every stage means by its words.

Nothing here does IO and nothing here imports another part of Recibo; `ingest`, `processors` and
`projections` meet only in these types and in Kafka.

status → event → message_state / connection_state; record and topics say how they travel.
"""
