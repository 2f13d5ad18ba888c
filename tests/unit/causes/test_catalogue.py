"""The causes as data: every documented code has what a reader needs, and enough of them a category."""

import pytest

from schemas.causes import catalogue
from schemas.error_category import category_of, is_documented
from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.record import SourceContext

BARS = {"meta_cloud": 0.95, "twilio": 0.95}
OTHERS = 0.90
FEW = 10
"""A table with fewer codes of its own counts together with the other small ones."""


def own(provider: str) -> list[catalogue.Cause]:
    """A provider's own codes; a range of them counts once."""
    return [
        c for code, c in catalogue.tables()[provider].causes.items() if not ("201" <= code <= "299" and len(code) == 3)
    ]


def share(causes: list[catalogue.Cause]) -> float:
    return sum(cause.category != "unknown" for cause in causes) / len(causes)


@pytest.mark.parametrize("provider", [name for name in catalogue.PROVIDERS if len(own(name)) >= FEW])
def test_documented_codes_have_a_category(provider: str) -> None:
    """Of each provider's documented codes, at least so many are more than `unknown`."""
    assert share(own(provider)) >= BARS.get(provider, OTHERS)


def test_codes_of_small_tables_have_a_category() -> None:
    """Of the codes of providers that have only a few, together, as many as of the others."""
    assert share([cause for name in catalogue.PROVIDERS if len(own(name)) < FEW for cause in own(name)]) >= OTHERS


def test_twilios_whatsapp_codes_have_a_category() -> None:
    """Of Twilio's 63xxx alone, at least 95 of 100 are more than `unknown`."""
    assert share([cause for cause in own("twilio") if cause.code.startswith("63")]) >= BARS["twilio"]


@pytest.mark.parametrize("provider", catalogue.PROVIDERS)
def test_every_code_says_what_to_do(provider: str) -> None:
    """Category, meaning, retry and advice in both languages are there for each code, and each file names its pages."""
    table = catalogue.tables()[provider]
    assert all(page["how"] and page["read"] and (page.get("url") or page.get("name")) for page in table.pages)
    for cause in catalogue.causes(provider):
        assert cause.category in catalogue.kinds()
        assert cause.retry in catalogue.RETRIES
        assert cause.meaning
        for texts in (cause.do, cause.after):
            assert all(texts[language] for language in catalogue.LANGUAGES)
    assert all(phrase.category in catalogue.kinds() for phrase in table.phrases)
    assert set(table.connection) <= set(catalogue.CONNECTION_STATES)


def test_what_a_provider_passes_on_comes_after_its_own() -> None:
    """Gupshup's 1002 is its own, 131026 is Meta's; Baileys' 500 is none of Meta's, and Meta knows none of Gupshup's."""
    assert category_of("gupshup", "error", "1002") == "recipient_not_found"
    assert category_of("gupshup", "error", "131026") == "recipient_unreachable"
    assert category_of("evolution", "error", "500") == "provider_outage"
    assert category_of("meta_cloud", "error", "1002") == "unknown"


@pytest.mark.parametrize(
    ("provider", "code", "text", "category"),
    [
        ("z_api", "", "Message has not been sent because it got invalid phone number", "recipient_not_found"),
        ("z_api", "", "You can\u2019t message this group as you don\u2019t have permission", "invalid_request"),
        ("z_api", "", "Timeout on send message", "provider_outage"),
        ("z_api", "", "something new", "unknown"),
        ("360dialog", "400", "Could not send message due to lack of payment", "billing"),
        ("twilio", "", "Timeout on send message", "unknown"),
    ],
)
def test_a_text_stands_for_a_code_where_there_is_none(provider: str, code: str, text: str, category: str) -> None:
    """A documented phrase of that provider gives the category, case and quotes aside; another provider's does not."""
    assert category_of(provider, "error", code, text=text) == category


def test_zero_is_an_error_only_where_it_is_documented() -> None:
    """Meta's 0 in a failure is a failed login; Twilio's is no error."""
    assert is_documented("meta_cloud", "0")
    assert not is_documented("twilio", "0")
    body = b'{"entry":[{"changes":[{"field":"messages","value":{"statuses":[{"id":"m","status":"failed","errors":[{"code":0}]}]}}]}]}'
    said = (
        PROVIDERS["meta_cloud"].parser(None).normalize(body, SourceContext("s", "a", "meta_cloud"), 1_795_792_500_000)
    )
    assert isinstance(said, Event)
    assert said.error
    assert (said.error.code, said.error.category) == ("0", "account_access")


def test_a_file_that_contradicts_itself_is_refused() -> None:
    """A code in two categories, and a category that is not known, are named."""
    twice = {"title": "t", "page": [], "codes": {"media": {"1": "a"}, "billing": {"1": "b"}}}
    with pytest.raises(ValueError, match=r"1 is in codes\.media and codes\.billing"):
        catalogue.table_of("x", twice)
    with pytest.raises(ValueError, match=r"codes\.nonsense: no category"):
        catalogue.table_of("x", {"title": "t", "page": [], "codes": {"nonsense": {"1": "a"}}})
