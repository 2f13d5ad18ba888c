"""Which mapping a record is read by: its own, whatever the sources say by now; a repair's, for what came before it."""

from collections.abc import Mapping

import msgspec

from processors.parsers import Parsers
from schemas.deployment_state import Mappings
from schemas.event import Event, Unmapped
from schemas.record import SourceContext
from schemas.sources import Sources, parse_sources

BODY = b'{"event": "foo", "id": "e-1", "message": {"id": "m-1"}, "other": {"id": "m-2"}}'


def sources(words: str) -> Sources:
    """Return one source whose mapping calls the word `foo` as given."""
    text = f'[sources.loja]\nprovider = "wpp_marketing"\naccount = "acme"\nauth = "none"\n[sources.loja.mapping.words]\n{words}\n'
    return parse_sources(text, {})


DELIVERED, READ = sources('delivered = ["foo"]'), sources('read = ["foo"]')


def context_of(by: Sources) -> SourceContext:
    """Return what the header of a record says that came while the sources were so."""
    return SourceContext("loja", "acme", "wpp_marketing", mapping=by.by_name["loja"].mapping_text)


def status(parsers: Parsers, context: SourceContext, offset: int = 0) -> str:
    """Return the status that a record comes to."""
    said = parsers.in_partition(0)(context, offset).normalize(BODY, context, 1_773_144_000_000)
    assert isinstance(said, Event), said
    return said.status


def test_a_record_is_read_by_the_mapping_it_came_with() -> None:
    """A mapping that changed since changes nothing of a record that is folded again; a later record has the new one."""
    parsers = Parsers(DELIVERED)
    assert status(parsers, context_of(DELIVERED)) == "delivered"
    parsers.replace(READ)
    assert status(parsers, context_of(DELIVERED)) == "delivered"
    assert status(parsers, context_of(READ)) == "read"


def test_a_record_of_an_earlier_release_is_read_by_todays_mapping() -> None:
    """A header that says nothing of a mapping leaves it to the sources, as before."""
    bare = SourceContext("loja", "acme", "wpp_marketing")
    assert status(Parsers(READ), bare) == "read"


def test_a_source_without_a_mapping_says_so() -> None:
    """A record that came while the source had no mapping is not read by one that it got later."""
    plain = context_of(parse_sources('[sources.loja]\nprovider = "wpp_marketing"\nauth = "none"\n', {}))
    assert plain.mapping == "{}"
    said = Parsers(READ).of(plain).normalize(BODY, plain, 1_773_144_000_000)
    assert isinstance(said, Unmapped)


def test_a_repair_reads_what_came_before_it_by_its_own_mappings() -> None:
    """Up to the offset at which the repair began, and of its sources alone."""
    parsers = Parsers(DELIVERED)
    parsers.supersede(Mappings({0: 10}, {"loja": context_of(READ).mapping}))
    assert status(parsers, context_of(DELIVERED), 9) == "read"
    assert status(parsers, context_of(DELIVERED), 10) == "delivered"
    other = msgspec.structs.replace(context_of(DELIVERED), source="filial")
    assert status(parsers, other, 9) == "delivered"


def test_a_mapping_that_cannot_be_used_keeps_the_record() -> None:
    """A mapping that this version does not take leaves its records unmapped, with why; nothing stops."""
    for mapping in ("{", '{"words": {"nonsense": ["foo"]}}'):
        context = SourceContext("loja", "acme", "wpp_marketing", mapping=mapping)
        said = Parsers(READ).of(context).normalize(BODY, context, 1_773_144_000_000)
        assert isinstance(said, Unmapped)
        assert "mapping" in said.why


def test_the_same_mapping_is_written_the_same() -> None:
    """The order in which a file names things does not make another version of it."""
    one = sources('read = ["foo"]\ndelivered = ["bar"]')
    other = sources('delivered = ["bar"]\nread = ["foo"]')
    texts: Mapping[str, str] = {name: by.by_name["loja"].mapping_text for name, by in (("one", one), ("other", other))}
    assert texts["one"] == texts["other"]
