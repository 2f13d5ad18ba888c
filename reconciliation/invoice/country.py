"""Of which country a number is, by its calling code, as SQL. Pure.

A code that countries share (1, 7, 44) counts as its main country's: invoices by country of such numbers are to be looked at.
"""

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as REGIONS


def country_of_line(column: str) -> str:
    """Return the expression of a line's country: its ISO 3166 code, "" where it has none."""
    parts = []
    for digits in (3, 2, 1):
        codes = {code: regions[0] for code, regions in REGIONS.items() if len(str(code)) == digits}
        keys = ", ".join(f"'{code}'" for code in codes)
        values = ", ".join(f"'{region if region.isalpha() else ''}'" for region in codes.values())
        cut = f"substring({column}, 2, {digits})"
        parts.append(f"{cut} IN ({keys}), transform({cut}, [{keys}], [{values}], '')")
    return f"multiIf({', '.join(parts)}, '')"
