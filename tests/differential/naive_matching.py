"""A second implementation of matching, naive: dictionaries, one row after another, nothing of the product's but the texts of classes.

It takes rows and messages as dictionaries and says, for each row, its class and what belongs to it.
"""

from collections import defaultdict
from typing import Any

FAILED = {"error", "expired", "number_not_found"}
ORDER = ["queued", "created", "sent", "error", "expired", "number_not_found", "delivered", "read"]
OF_MESSAGE = {"reference": "client_ref", "connection": "connection_id"}
OF_ROW = {"connection": "connection_id"}

Row = dict[str, Any]
Message = dict[str, Any]


class NaiveMatcher:
    """All that one comparison knows."""

    def __init__(
        self,
        rows: list[Row],
        messages: list[Message],
        keys: list[tuple[tuple[str, ...], int]],
        people: list[set[tuple[str, str]]],
    ) -> None:
        """Take keys as (fields, window in seconds; 0: a sure key), and people as sets of names that are one person's."""
        self.rows, self.messages, self.keys, self.people = rows, messages, keys, people
        self.weak_from = 2 + sum(window == 0 for _, window in keys)

    def steps_of(self, row: Row, message: Message) -> set[int]:
        """Return by which steps a row leads to a message."""
        found = set()
        if row["message_id"] and row["message_id"] == message["message_id"]:
            found.add(0)
        if row["message_id"] and row["message_id"] in message["aliases"]:
            found.add(1)
        for step, (fields, window) in enumerate(self.keys, 2):
            pairs = [(row[OF_ROW.get(f, f)], message[OF_MESSAGE.get(f, f)]) for f in fields]
            if not all(theirs and theirs == ours for theirs, ours in pairs):
                continue
            if window == 0 or (
                row["sent_ms"] is not None and abs(row["sent_ms"] - message["first_ms"]) <= window * 1000
            ):
                found.add(step)
        return found

    def decided(self) -> list[tuple[int, list[Message]]]:
        """Return of each row the step that decides, and the messages it leads to."""
        hits: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for r, row in enumerate(self.rows):
            for m, message in enumerate(self.messages):
                for step in self.steps_of(row, message):
                    hits[r][step].append(m)
        by_id = {m for found in hits.values() for step in (0, 1) for m in found.get(step, [])}
        surely = {m for found in hits.values() for step, ms in found.items() if step < self.weak_from for m in ms}
        result: list[tuple[int, list[Message]]] = []
        for r, row in enumerate(self.rows):
            best: tuple[int, list[Message]] = (-1, [])
            for step in sorted(hits[r]):
                left = [
                    m
                    for m in hits[r][step]
                    if not (step >= 2 and row["message_id"] and m in by_id)
                    and not (step >= self.weak_from and m in surely)
                ]
                if left:
                    best = (step, [self.messages[m] for m in left])
                    break
            result.append(best)
        return result

    def differing(self, row: Row, message: Message) -> list[str]:
        """Return what a row and its message say differently."""
        found = []
        named = ("phone", row["line"]) if row["line"] else (row["recipient_kind"], row["recipient"])
        theirs = {named} if named[1] and named != ("phone", row["recipient"]) else set()
        for person in self.people:
            if theirs & person:
                theirs = theirs | person
                break
        ours = set(message["identities"])
        if message["line"]:
            ours.add(("phone", message["line"]))
        if message["recipient"] and message["recipient_kind"] != "phone":
            ours.add((message["recipient_kind"], message["recipient"]))
        if not theirs & ours and {kind for kind, _ in theirs} & {kind for kind, _ in ours}:
            found.append("number_differs")
        for name, word in (("connection_id", "connection_differs"), ("campaign", "campaign_differs")):
            if row[name] and message[name] and row[name] != message[name]:
                found.append(word)
        said, status = row["status"], message["status"]
        is_more = said and (said in FAILED or status in FAILED or ORDER.index(status) < ORDER.index(said))
        if said != status and is_more:
            found.append("status_differs")
        return found

    def classes(self, now_ms: int, due_after_ms: int) -> list[tuple[str, str, list[str], list[str]]]:
        """Return of each row: class, message id (where it is one), what differs, and the candidates where they are several."""
        result = []
        firsts: dict[Any, int] = {}
        decided = self.decided()
        meanings = [self.meaning(row, *found) for row, found in zip(self.rows, decided, strict=True)]
        for row, meaning in zip(self.rows, meanings, strict=True):
            place = (row["manifest"], meaning)
            firsts[place] = min(firsts.get(place, row["row"]), row["row"])
        for row, meaning, (step, found) in zip(self.rows, meanings, decided, strict=True):
            one = found[0] if len(found) == 1 else None
            differs = self.differing(row, one) if one else []
            asked = row["sent_ms"] if row["sent_ms"] is not None else row["version_ms"]
            if row["row"] > firsts[row["manifest"], meaning]:
                what = "duplicate"
            elif one and one["erased"]:
                what = "erased"
            elif len(found) > 1 and step < self.weak_from:
                what = "ambiguous"
            elif differs:
                what = differs[0]
            elif found:
                what = "matched_weakly" if step >= self.weak_from else "matched"
            else:
                what = "not_yet_due" if asked + due_after_ms > now_ms else "no_callback"
            several = sorted(m["message_id"] for m in found) if len(found) > 1 else []
            result.append((what, one["message_id"] if one else row["message_id"], differs, several))
        return result

    def meaning(self, row: Row, step: int, found: list[Message]) -> Any:
        """Return what a row stands for: rows of one manifest that stand for the same are duplicates."""
        if len(found) == 1 and step < self.weak_from:
            return ("message", found[0]["message_id"])
        if row["message_id"]:
            return ("id", row["message_id"])
        for number, (fields, window) in enumerate(self.keys):
            values = tuple(row[OF_ROW.get(f, f)] for f in fields)
            if window == 0 and all(values):
                return (number, *values)
        return ("row", row["manifest"], row["row"])

    def without_rows(self, since_ms: int, until_ms: int) -> set[str]:
        """Return the ids of the messages of a time that no row can mean; of forgotten ones nobody knows that."""
        return {
            m["message_id"]
            for m in self.messages
            if since_ms <= m["first_ms"] < until_ms
            and not m["erased"]
            and not any(self.steps_of(row, m) for row in self.rows)
        }
