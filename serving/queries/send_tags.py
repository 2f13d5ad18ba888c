"""Sends by a tag that their sender gave: how many of each class. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Question, fixed, text

QUESTION: Final = Question(
    name="send-tags",
    summary="Sends by tag, its text, and the class that they were last compared to",
    view="send_tags",
    source=fixed("$views.send_tags"),
    parameters=(
        p.ACCOUNT,
        p.equals("manifest", "Of one of these files, tables or requests."),
        p.equals("tag", "Of one of these names, as `order_id`."),
        p.equals("value", "With one of these texts."),
        p.equals("class", "Of one of these classes when last compared."),
        *p.PAGING,
    ),
    keys=tuple(text(name) for name in ("account", "manifest", "tag", "value", "class")),
)
