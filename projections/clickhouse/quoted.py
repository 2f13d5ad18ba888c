"""Pure: texts as literals of statements."""


def quoted(text: str) -> str:
    """Return a text as a literal of a statement."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
