"""What a spreadsheet would calculate is a text, however the stream is cut."""

import csv
import io

import pytest

from cli._spreadsheet import without_formulas

ROWS = (
    b'"id","text","number"\n'
    b'"a","=1+1",-5\n'
    b'"b","+5511999990000",0\n'
    b'"c","-x ""=y"", z",1\n'
    b'"d","@cmd",2\n'
    b'"e","","-1"\n'
    b'"f","say ""hi""",3\n'
    b'"g","""=1""",4\n'
    b'"h","a=b\n=c",5\n' + '"i","\N{FULLWIDTH EQUALS SIGN}1+1",6\n"j","\N{FULLWIDTH COMMA}",7\n'.encode()
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_no_cell_begins_a_formula(size: int) -> None:
    """Texts get an apostrophe, numbers and everything else stay as they are."""
    chunks = [ROWS[at : at + size] for at in range(0, len(ROWS), size)]
    rows = list(csv.reader(io.StringIO(b"".join(without_formulas(chunks)).decode())))
    assert rows == [
        ["id", "text", "number"],
        ["a", "'=1+1", "-5"],
        ["b", "'+5511999990000", "0"],
        ["c", '\'-x "=y", z', "1"],
        ["d", "'@cmd", "2"],
        ["e", "", "'-1"],
        ["f", 'say "hi"', "3"],
        ["g", '"=1"', "4"],
        ["h", "a=b\n=c", "5"],
        ["i", "'\N{FULLWIDTH EQUALS SIGN}1+1", "6"],
        ["j", "\N{FULLWIDTH COMMA}", "7"],
    ]
