"""Which version of the parsers and the fold this program has. Pure."""

from typing import Final

PARSER_VERSION: Final = 4
"""Raised by whoever changes what any record comes to: another event, another id, another verdict.

A worker of another version than the one that a partition was last worked with begins only where that one's work is
committed: what it began to publish would otherwise be published a second time, under other ids.
`tests/contracts/test_parser_version.py` fails where what the samples come to changes and this does not.
"""
