"""Tables in, answers out: the JSON API over the published views. One process without a disk; several may run.

`queries/` has one file a question: SQL with bound parameters only, put together by pure functions and run by one edge.
`api/` has who may ask, within which limits, and how it is answered. It knows no secret of a webhook.
"""
