"""Why messages fail and connections close, as data: a file a provider (TOML), each with the pages it was read from.

`catalogue` reads them once; `categories.toml` says what each kind of failure calls for; `sentences` makes sentences of it.
"""
