"""What goes wrong, as ClickHouse says it: its code, its text, and the HTTP status that it gives to the code."""

import re

_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)\s*$")

_STATUS_BY_NAME = {
    name: status
    for status, names in {
        400: "BAD_ARGUMENTS CANNOT_COMPILE_REGEXP CANNOT_PARSE_TEXT CANNOT_PARSE_ESCAPE_SEQUENCE "
        "CANNOT_PARSE_QUOTED_STRING CANNOT_PARSE_DATE CANNOT_PARSE_DATETIME CANNOT_PARSE_NUMBER "
        "CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING CANNOT_PARSE_IPV4 CANNOT_PARSE_IPV6 CANNOT_PARSE_UUID "
        "CANNOT_PARSE_INPUT_ASSERTION_FAILED DUPLICATE_COLUMN ILLEGAL_COLUMN UNKNOWN_ELEMENT_IN_AST "
        "UNKNOWN_TYPE_OF_AST_NODE THERE_IS_NO_COLUMN TOO_DEEP_AST TOO_BIG_AST UNEXPECTED_AST_STRUCTURE "
        "SYNTAX_ERROR INCORRECT_DATA TYPE_MISMATCH VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
        403: "ACCESS_DENIED AUTHENTICATION_FAILED",
        404: "UNKNOWN_TABLE UNKNOWN_FUNCTION UNKNOWN_IDENTIFIER UNKNOWN_TYPE UNKNOWN_STORAGE UNKNOWN_DATABASE "
        "UNKNOWN_SETTING UNKNOWN_DIRECTION_OF_SORTING UNKNOWN_AGGREGATE_FUNCTION UNKNOWN_FORMAT "
        "UNKNOWN_DATABASE_ENGINE UNKNOWN_TYPE_OF_QUERY UNKNOWN_ROLE",
        408: "TIMEOUT_EXCEEDED",
        413: "QUERY_IS_TOO_LARGE",
        501: "NOT_IMPLEMENTED",
        503: "SOCKET_TIMEOUT CANNOT_OPEN_FILE CANNOT_SCHEDULE_TASK",
    }.items()
    for name in names.split()
}
"""ClickHouse's own table: `src/Server/HTTP/exceptionCodeToHTTPStatus.cpp`. What is not named is 500."""

_STD_EXCEPTION = 1001
"""ClickHouse's code for what is no exception of its own."""


class EngineError(Exception):
    """A statement failed. `text` is ClickHouse's: `Code: 60. DB::Exception: ... (UNKNOWN_TABLE)`."""

    def __init__(self, text: str) -> None:
        coded = _CODE.search(text)
        named = _NAME.search(text)
        self.text = text[coded.start() :].strip() if coded else f"Code: {_STD_EXCEPTION}. DB::Exception: {text.strip()}"
        self.code = int(coded[1]) if coded else _STD_EXCEPTION
        self.status = _STATUS_BY_NAME.get(named[1], 500) if named else 500
        super().__init__(self.text)


def refusal(code: int, name: str, text: str) -> EngineError:
    """Return an error of the interface itself, worded as the engine words its own."""
    return EngineError(f"Code: {code}. DB::Exception: {text} ({name})")
