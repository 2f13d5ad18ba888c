"""What callers may not ask of the local engine, decided from the engine's own parse of a statement. Pure.

chDB keeps no users: whoever reaches the port could read and write files as the operator, and send them elsewhere. So a
statement may only be of a kind listed here, and may use no table function, engine or dictionary that reaches files,
other programs or the network.
"""

import re
from collections.abc import Iterable
from typing import Final

_KINDS: Final = frozenset(
    [
        "SelectWithUnionQuery",
        "SelectIntersectExceptQuery",
        "Explain",
        "InsertQuery",
        "DeleteQuery",
        "UpdateQuery",
        "TruncateQuery",
        "UndropQuery",
        "CreateQuery",
        "DropQuery",
        "AlterQuery",
        "Rename",
        "OptimizeQuery",
        "DescribeQuery",
        "CheckQuery",
        "Set",
        "UseQuery",
        "KillQueryQuery",
        "CreateSQLFunctionQuery",
        "DropFunctionQuery",
        "CreateRoleQuery",
        "GrantQuery",
        "ShowTables",
        "ShowColumns",
        "ShowIndexes",
        "ShowEngineQuery",
        "ShowFunctions",
        "ShowSettings",
        "ShowSetting",
        "ShowProcesslistQuery",
        "ShowCreateTableQuery",
        "ShowCreateDatabaseQuery",
        "ShowCreateViewQuery",
        "ShowCreateDictionaryQuery",
        "ExistsTableQuery",
        "ExistsViewQuery",
        "ExistsDatabaseQuery",
        "ExistsDictionaryQuery",
    ]
)
"""First word of a parsed statement."""
_READ_AND_WRITE: Final = frozenset({"InsertQuery", "SelectWithUnionQuery", "Explain"})
"""Kinds that may name a file beside themselves."""
_SYSTEM: Final = re.compile(
    r"SYSTEM (?:(?:STOP|START) (?:MERGES|TTL MERGES|VIEWS?)|(?:REFRESH|WAIT|CANCEL) VIEW|FLUSH LOGS|SYNC)\b"
)
"""Control statements that reach nothing outside the tables."""
_TABLE_FUNCTIONS: Final = frozenset(
    [
        "numbers",
        "numbers_mt",
        "zeros",
        "zeros_mt",
        "primes",
        "generate_series",
        "generateSeries",
        "generateRandom",
        "values",
        "view",
        "viewExplain",
        "viewIfPermitted",
        "null",
        "format",
        "mergeTreeIndex",
        "mergeTreeProjection",
        "mergeTreeAnalyzeIndexes",
    ]
)
_TABLE_ENGINES: Final = re.compile(
    r"(?:Shared|Replicated)?(?:Replacing|Summing|Aggregating|Collapsing|VersionedCollapsing|Coalescing|Graphite)?MergeTree"
    r"|Memory|Null|View|MaterializedView|WindowView|Join|Set|Log|TinyLog|StripeLog|GenerateRandom"
)
_DATABASE_ENGINES: Final = frozenset({"Atomic", "Memory", "Ordinary", "Replicated", "Shared"})
_ALSO_FUNCTIONS: Final = frozenset({"file", "catboostEvaluate", "python"})
"""Ordinary functions that read files or run programs."""
PATH_SETTINGS: Final = frozenset(
    {
        "format_template_row",
        "format_template_resultset",
        "format_schema",
        "format_schema_source",
        "format_avro_schema_registry_url",
    }
)
"""Settings that name a file or an address to read."""
_PATHS: Final = re.compile(rf"\bdisk\s*\(|\b(?:{'|'.join(sorted(PATH_SETTINGS))})\b", re.IGNORECASE)
_DEFAULT_IN_TREE: Final = re.compile(r"^\s*(?:TableIdentifier|Identifier) default(?:\.|$| \()")
_DEFAULT_IN_TEXT: Final = re.compile(r"(?<![\w'])[`\"]?default[`\"]?\.[`\"\w]")
"""chDB's database `default` shows every file that the process can read or write as a table."""
_NAME: Final = re.compile(
    r"^\s*(?:Function|FunctionWithKeyValueArguments)\s+(.+?)(?: \(alias .*\))?(?: \(children \d+\))?$"
)


def reaching_outside(
    table_functions: Iterable[str], engines: Iterable[str], databases: Iterable[str]
) -> frozenset[str]:
    """Return the names that a statement may not use, of all that the engine knows (`system.table_functions`, …), folded."""
    names = {name for name in table_functions if name not in _TABLE_FUNCTIONS} | _ALSO_FUNCTIONS
    names |= {name for name in engines if not _TABLE_ENGINES.fullmatch(name)}
    names |= {name for name in databases if name not in _DATABASE_ENGINES}
    return frozenset(name.lower() for name in names)


def forbidden(text: str, tree: str, outside: frozenset[str]) -> str:
    """Return what of a statement is not allowed, for the caller; "" where all of it is.

    Args:
        text: the one statement, as `formatQuerySingleLine` writes it.
        tree: its `EXPLAIN AST`.
        outside: see `reaching_outside`.
    """
    lines = tree.splitlines()
    kind = lines[0].split()[0] if lines and lines[0].split() else "unknown"
    if kind == "SYSTEM":
        return "" if _SYSTEM.match(text) else "this SYSTEM statement"
    if kind not in _KINDS:
        return f"statements of this kind ({kind})"
    if kind in _READ_AND_WRITE and any(line.startswith(" Literal ") for line in lines):
        return "INFILE and OUTFILE"
    if any(line.strip().startswith("Dictionary definition") for line in lines):
        return "dictionaries"
    if _DEFAULT_IN_TEXT.search(text) or any(map(_DEFAULT_IN_TREE.match, lines)):
        return "the database `default`, whose tables are files"
    path = _PATHS.search(text)
    named = [path[0]] if path else [m[1] for m in map(_NAME.match, lines) if m and m[1].lower() in outside]
    return f"{named[0]}, which reaches files, programs or the network" if named else ""


def forbidden_in_values(rows: bytes, outside: frozenset[str]) -> str:
    """Return what of the rows behind VALUES is not allowed: they are expressions, which may call functions."""
    if re.search(rb"\bdefault[\"`]?(?:\s|/\*.*?\*/|--[^\n]*\n)*\.", rows, re.DOTALL):
        return "the database `default`, whose tables are files"
    for word in re.findall(rb"(\w+)[\"`]?\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*\(", rows, re.DOTALL):
        name = word.decode("utf-8", "replace")
        if name.lower() in outside:
            return f"{name}, which reaches files, programs or the network"
    return ""
