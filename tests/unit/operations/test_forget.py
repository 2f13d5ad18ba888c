"""Whom a name means, what it is found by in texts, and the key without which nobody is known again. Pure."""

import re
from pathlib import Path

import pytest
from rich.console import Console

from cli.forget import print_done
from operations.forget.forget import Report
from operations.forget.found import Person
from operations.forget.key import given_key, key_of, made_key, require_key
from operations.forget.log import Erasures
from operations.forget.names import Names, is_meant, is_unclear, read_identity
from schemas.erasure import KEY_VARIABLE, Erasure, ErasureKey, known_as
from schemas.errors import ConfigurationError, DeploymentError
from schemas.identity import Identity
from schemas.record import record_key

ANA = Names((Identity("lid", "99000111222333"), Identity("phone", "+5511987654321")))


@pytest.mark.parametrize(
    "text", ["+55 (11) 98765-4321", "551187654321", "5511987654321@s.whatsapp.net", "whatsapp:+5511987654321"]
)
def test_every_spelling_of_a_number_is_one_person(text: str) -> None:
    """However a number is written, it is the one line."""
    assert read_identity(text) == Identity("phone", "+5511987654321")


@pytest.mark.parametrize(
    ("text", "kind"), [("99000111222333@lid", "lid"), ("BR.1a2b3c", "bsuid"), ("BR.ENT.1a2b3c", "parent_bsuid")]
)
def test_ids_are_taken(text: str, kind: str) -> None:
    """A lid and business-scoped ids name a person too."""
    assert read_identity(text).kind == kind


def test_a_number_with_two_readings_is_refused() -> None:
    """Nothing is done where two people may be meant, and both are spelled out."""
    with pytest.raises(ConfigurationError, match=r"\+4733334444 or \+554733334444"):
        read_identity("4733334444")


@pytest.mark.parametrize("text", ["120363000000000000@g.us", "hello", "", "+55 11 1"])
def test_who_names_no_person_is_refused(text: str) -> None:
    """A group is no person, and neither is a word."""
    with pytest.raises(ConfigurationError, match=r"is a group|no number|no valid"):
        read_identity(text)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ('{"to":"5511987654321"}', True),
        ("To=whatsapp%3A%2B5511987654321&X", True),
        ("ligar para +55 (11) 98765-4321.", True),
        ('"551187654321@s.whatsapp.net"', True),
        ('"99000111222333@lid"', True),
        ("id 15511987654321", False),
        ("id 55119876543210", False),
        ('{"to":"5511987654322"}', False),
    ],
)
def test_a_person_is_found_whole_in_texts(text: str, is_found: bool) -> None:  # noqa: FBT001 - a case
    """Each spelling is found, and no longer number that has it in it."""
    assert (re.search(ANA.pattern, text) is not None) == is_found


def test_a_number_of_two_readings_is_nobodys_for_sure() -> None:
    """A recipient that may be another's number is left, and said."""
    assert is_meant("5511987654321", ANA)
    assert is_meant("551187654321", ANA)
    assert not is_meant("5511987654322", ANA)


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """The first erasure makes a key in the secrets file; the next one finds it."""
    secrets = tmp_path / "secrets.env"
    secrets.write_text("OTHER=1\n")
    assert key_of(secrets, {}) is None
    key = made_key(secrets, {}, Erasures())
    assert made_key(secrets, {}, Erasures()) == key == key_of(secrets, {})
    assert "OTHER=1" in secrets.read_text()


def test_a_missing_key_is_refused_once_somebody_was_forgotten(tmp_path: Path) -> None:
    """Without the key, or with another, nothing goes on: who was forgotten could come back unnoticed."""
    secrets = tmp_path / "secrets.env"
    key = made_key(secrets, {}, Erasures())
    known = Erasures(identities={"x": Erasure(1, key.id)})
    require_key(secrets, {}, known)
    with pytest.raises(ConfigurationError, match="missing"):
        require_key(tmp_path / "none.env", {}, known)
    with pytest.raises(ConfigurationError, match=KEY_VARIABLE):
        require_key(secrets, {KEY_VARIABLE: "ab" * 32}, known)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    """A key that was cut short is said, not used."""
    with pytest.raises(ConfigurationError, match="hexadecimal"):
        key_of(tmp_path / "none.env", {KEY_VARIABLE: "abcd"})


def test_hashes_tell_nothing_without_the_key() -> None:
    """Two keys give one person two hashes; names of messages depend on the salt alone, which is not the key."""
    one, other = ErasureKey(b"1" * 32), ErasureKey(b"2" * 32)
    ana = Identity("phone", "+5511987654321")
    assert one.identity(ana) != other.identity(ana)
    assert one.identity(ana) != one.identity(Identity("lid", "+5511987654321"))
    assert one.known_as(record_key("a", "m")) == known_as(one.messages_salt, b"a/m") != other.known_as(b"a/m")
    assert one.secret.hex() not in one.messages_salt


@pytest.mark.parametrize("recipient", ["5521977771234", "552177771234", "21977771234"])
def test_a_mobile_that_begins_with_7_is_forgotten_whole(recipient: str) -> None:
    """Messages stored under any form of a mobile of 97… are the person's, though its old form could be a fixed line."""
    assert is_meant(recipient, Names((read_identity("+55 21 97777-1234"),)))


def test_digits_of_two_lines_are_left_as_unclear() -> None:
    """Digits that are a number of two countries are nobody's for sure; those of another line are not counted as left."""
    joao = Names((read_identity("+55 47 3333-4444"),))
    assert is_unclear("4733334444", joao)
    assert not is_meant("4733334444", joao)
    assert not is_unclear("554733334444", joao)
    assert not is_unclear("5511987654321", joao)


def test_forgetting_does_not_end_well_while_messages_are_left() -> None:
    """Messages that may be the person's and are left make an error of it, said after what was done."""
    done = Report(Person(ANA, (), unclear=2), [], messages=3)
    with pytest.raises(DeploymentError, match="2 messages are left"):
        print_done(Console(quiet=True), done)
    print_done(Console(quiet=True), Report(Person(ANA, (), unclear=0), [], messages=3))


def test_a_process_without_the_key_is_said_to_need_a_start() -> None:
    """A key that was made after a process started is not known to it: the message says to start it again."""
    with pytest.raises(ConfigurationError, match="start it again"):
        given_key({}, Erasures())
