"""Error codes of ClickHouse that we answer in a way of their own. Source: the engine's src/Common/ErrorCodes.cpp."""

from enum import IntEnum, unique


@unique
class Code(IntEnum):
    """A code by the engine's own name for it."""

    CANNOT_PARSE_TEXT = 6
    CANNOT_PARSE_QUOTED_STRING = 26
    CANNOT_PARSE_INPUT_ASSERTION_FAILED = 27
    CANNOT_PARSE_DATE = 38
    CANNOT_PARSE_DATETIME = 41
    ILLEGAL_TYPE_OF_ARGUMENT = 43
    UNKNOWN_FUNCTION = 46
    UNKNOWN_IDENTIFIER = 47
    UNKNOWN_TYPE = 50
    TYPE_MISMATCH = 53
    SYNTAX_ERROR = 62
    ARGUMENT_OUT_OF_BOUND = 69
    CANNOT_CONVERT_TYPE = 70
    CANNOT_PARSE_NUMBER = 72
    UNKNOWN_FORMAT = 73
    UNKNOWN_COMPRESSION_METHOD = 89
    UNKNOWN_SETTING = 115
    INCORRECT_DATA = 117
    TOO_LARGE_STRING_SIZE = 131
    VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE = 321
    CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN = 349
    CANNOT_PARSE_UUID = 376
    DECIMAL_OVERFLOW = 407
    UNKNOWN_QUERY_PARAMETER = 456
    BAD_QUERY_PARAMETER = 457
    VIOLATED_CONSTRAINT = 469
    UNKNOWN_ELEMENT_OF_ENUM = 691


class ReaderLimit(IntEnum):
    """Codes that a reader meets where its question asks for more than its limits: a smaller question is answered."""

    TOO_MANY_ROWS = 158
    TIMEOUT_EXCEEDED = 159
    TOO_SLOW = 160
    MEMORY_LIMIT_EXCEEDED = 241
    TOO_MANY_BYTES = 307
    TOO_MANY_ROWS_OR_BYTES = 396
