"""Numbers: one person is found by any notation, and two people are never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.phone import equivalents, line_of, lines, read_number, search_forms


@pytest.mark.parametrize(
    "text",
    ["(11) 98765-4321", "551187654321", "+5511987654321", "5511987654321@s.whatsapp.net", "whatsapp:+55 11 98765-4321"],
)
def test_every_notation_of_a_brazilian_mobile_finds_one_person(text: str) -> None:
    """National, without the ninth digit, E.164, JID and Twilio's address look for the same two forms."""
    number = read_number(text)
    assert number.e164 == "+5511987654321"
    assert {"551187654321", "5511987654321"} <= set(number.equivalents)
    assert not number.ambiguous
    assert number.reported == text


@pytest.mark.parametrize(
    ("one", "other"),
    [("5491123456789", "541123456789"), ("5215512345678", "525512345678"), ("556181234567", "5561981234567")],
)
def test_a_mobile_digit_may_be_there_or_not(one: str, other: str) -> None:
    """Argentina's 9, Mexico's 1 and Brazil's ninth digit: each form finds the other."""
    assert set(read_number(one).equivalents) == set(read_number(other).equivalents) == {one, other}


def test_a_fixed_line_gets_no_ninth_digit() -> None:
    """A Brazilian number that begins with 2 to 5 is a fixed line: the mobile with a 9 before it is someone else's."""
    assert read_number("+551131234567").equivalents == ("551131234567",)
    assert read_number("+5511931234567").equivalents == ("5511931234567",)


def test_digits_that_are_two_numbers_are_shown_as_ambiguous() -> None:
    """4733334444 is a line of Joinville and one of Norway: both are offered, neither is chosen."""
    number = read_number("4733334444")
    assert number.ambiguous
    assert number.e164 == ""
    assert set(number.equivalents) == {"4733334444", "554733334444"}


def test_a_plus_settles_what_digits_leave_open() -> None:
    """The same digits after a `+` are one number only."""
    number = read_number("+4733334444")
    assert (number.e164, number.region, number.ambiguous) == ("+4733334444", "NO", False)


@pytest.mark.parametrize(
    ("text", "kind", "equivalent"),
    [("99000@lid", "lid", "99000"), ("BR.1000", "bsuid", "BR.1000"), ("120363000@g.us", "group", "120363000")],
)
def test_ids_that_are_no_numbers_are_kinds_of_their_own(text: str, kind: str, equivalent: str) -> None:
    """A lid, a business-scoped id and a group are looked for as themselves, never as a phone number."""
    number = read_number(text)
    assert (number.kind, number.equivalents, number.e164) == (kind, (equivalent,), "")


def test_digits_that_are_no_number_are_looked_for_as_they_are() -> None:
    """A number of no numbering plan has no E.164 form, and can still be found as reported."""
    number = read_number("5500900000001")
    assert (number.e164, number.equivalents, number.ambiguous) == ("", ("5500900000001",), False)


_NOTATIONS = ["(11) 98765-4321", "551187654321", "+5511987654321", "5511987654321@s.whatsapp.net", "011 98765-4321"]


@pytest.mark.parametrize("stored", ["5511987654321", "551187654321", "11987654321", "1187654321", "011987654321"])
@pytest.mark.parametrize("asked", _NOTATIONS)
def test_whatever_notation_is_asked_finds_whatever_notation_is_stored(asked: str, stored: str) -> None:
    """A person asked for in any notation is looked for in every form in which a provider may have reported the number."""
    assert stored in search_forms(asked)
    assert lines(stored) == ("+5511987654321",)


def test_a_search_does_not_look_for_other_lines() -> None:
    """A foreign number has no Brazilian notation, a fixed line no ninth digit, and an id is looked for as it is."""
    assert search_forms("+4733334444") == ("4733334444",)
    assert set(search_forms("+551131234567")) == {"551131234567", "1131234567", "01131234567"}
    assert search_forms("99000@lid") == ("99000",)
    assert search_forms("order-1001") == ("order-1001",)


def test_digits_of_two_countries_are_told_apart() -> None:
    """A stored recipient that two lines share is read as both, so that what is found by it can be shown as ambiguous."""
    assert lines("4733334444") == ("+4733334444", "+554733334444")
    assert "4733334444" in search_forms("+554733334444")


@given(st.text(max_size=40))
def test_any_text_is_read(text: str) -> None:
    """Nothing raises, and a text that is found under a form is found under every form of it."""
    for form in read_number(text).equivalents:
        assert all(form in equivalents(other) for other in equivalents(form))
    assert set(read_number(text).equivalents) <= set(search_forms(text)) or not read_number(text).kind


@given(st.integers(10, 99), st.integers(0, 5), st.integers(0, 9_999_999))
def test_a_mobile_read_by_its_form_is_the_line_that_the_numbering_plan_has(area: int, digit: int, rest: int) -> None:
    """A Brazilian mobile of nine digits needs no look into the plan, and comes to what the plan says; an area without mobiles to none."""
    number = f"55{area}9{digit}{rest:07}"
    assert line_of(number, "phone") == read_number(number).e164


@pytest.mark.parametrize("form", ["5521977771234", "552177771234", "+55 21 97777-1234", "+55 21 7777-1234"])
def test_a_mobile_whose_old_form_is_a_valid_fixed_line_is_one_line(form: str) -> None:
    """Every form is read as the one line that the tables have for it, so that nobody is looked for under another."""
    assert lines(form) == ("+5521977771234",)
    assert read_number(form).e164 == "+5521977771234"
    assert line_of(read_number(form).equivalents[0], "phone") == "+5521977771234"
