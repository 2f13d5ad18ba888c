"""What a spreadsheet calculates: the characters that begin a formula, for all who write CSV.

Source: OWASP, "CSV Injection".
"""

from typing import Final

FORMULA_WIDE: Final = (
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)
"""Taken for their narrow forms where a spreadsheet is set to Chinese, Japanese or Korean."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", *FORMULA_WIDE)
