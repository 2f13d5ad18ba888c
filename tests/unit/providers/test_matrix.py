"""The provider-by-status matrix agrees with what the providers' samples show."""

from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.providers.matrix import STATUSES, markdown, rows
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS, samples
from tests.support.source_tree import ROOT


def test_no_sample_shows_a_status_its_provider_never_reports() -> None:
    """A status that a sample gives is not marked `never`."""
    reporting = {(row.provider, row.status): row.reporting for row in rows()}
    for sample in samples():
        parser = PROVIDERS[sample.provider].parser(None)
        context = SourceContext("source", "account", sample.provider)
        for part in parser.split(sample.body, sample.content_type):
            said = parser.normalize(part.body, context, RECEIVED_AT_MS)
            if isinstance(said, Event):
                assert reporting.get((sample.provider, said.status)) != "never", sample.file


def test_every_status_of_every_provider_has_one_row() -> None:
    """The matrix is whole: nine statuses for each provider, and a line of each in the table for people."""
    assert len(list(rows())) == len({row[:2] for row in rows()}) == len(PROVIDERS) * len(STATUSES)
    assert all(f"`{name}`" in markdown() for name in PROVIDERS)


def test_every_status_that_a_provider_reports_has_a_sample() -> None:
    """What is marked `reported` is shown by a body of the provider that says it."""
    shown = {
        (sample.provider, expected["status"])
        for sample in samples()
        for expected in sample.expect
        if "status" in expected
    }
    missing = [row[:2] for row in rows() if row.reporting == "reported" and row[:2] not in shown]
    assert not missing


def test_the_page_on_providers_has_the_matrix_as_it_is() -> None:
    """The table for people says exactly what the data says."""
    assert markdown() in (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
