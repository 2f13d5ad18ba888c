"""Persons that go by several names: a number, a lid, business-scoped ids. Pure."""

from typing import Final

from schemas.access import Scope
from schemas.phone import search_forms
from serving.queries import parameters as p
from serving.queries.messages import QUESTION as MESSAGES
from serving.queries.question import Asked, Bound, Parameter, Question, fixed, text


def _bind(asked: Asked) -> Bound:
    if "identity" not in asked:
        return {}
    given = asked["identity"].strip()
    forms = {given, *search_forms(given, asked["region"].upper())}
    return {"forms": sorted(forms | {f"+{form}" for form in forms})}


QUESTION: Final = Question(
    name="persons",
    summary="Persons that go by several names, as events gave them to one recipient",
    view="persons",
    source=fixed("$views.persons"),
    bind=_bind,
    parameters=(
        Parameter(
            name="identity",
            kind=p.Text,
            meaning="A number in any spelling, a lid, or a business-scoped id.",
            condition="hasAny(arrayMap(i -> tupleElement(i, 2), identities), {forms:Array(String)})",
            needs=Scope.NUMBERS,
        ),
        next(parameter for parameter in MESSAGES.parameters if parameter.name == "region"),
        p.ACCOUNT,
        p.NUMBERS,
        *p.PAGING,
    ),
    keys=(text("account"), text("line"), text("identities")),
    shows_numbers=True,
)
