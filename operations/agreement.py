"""What the doctor says of what a deployment's processes agree on: live generation, raw log, parsers. Pure."""

from collections.abc import Iterator, Mapping

from operations.finding import Finding, Level
from schemas.deployment_state import DeploymentState, RawIdentity
from schemas.parser_version import PARSER_VERSION

_REPAIR = "`recibo repair` makes the next generation from this log, seeded with all that is known; delete no states"


def agreement(state: DeploymentState, raw: RawIdentity | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Judge what the topic `deployment` says.

    Args:
        state: what it says.
        raw: the raw log as it is; None where it is not there, or hidden.
        environ: environment variables, as processes that are started here would get them.
    """
    live = state.live
    if not state.is_recorded:
        yield Finding("warn", "generation", "not recorded: the first counts", "`recibo topics` records it")
    elif live.switching_to:
        text = f"{live.generation} is being replaced by {live.switching_to}: processors and projections wait"
        yield Finding("fail", "generation", text, "finish it: recibo repair --yes")
    else:
        yield Finding("ok", "generation", f"{live.generation} is live")
    given = environ.get("RECIBO_GENERATION", "").strip()
    if given:
        remedy = "unset it: the topic `deployment` says what is live"
        level: Level = "warn" if given == str(live.generation) else "fail"
        yield Finding(level, "generation", f"RECIBO_GENERATION={given} is set, and nothing reads it", remedy)
    yield from raw_log(state.raw.get(live.generation), raw, "the topic `deployment`")
    others = {version for (generation, _), version in state.parsers.items() if generation == live.generation}
    if others - {PARSER_VERSION}:
        text = f"version {PARSER_VERSION} here, {', '.join(map(str, sorted(others)))} worked last"
        remedy = (
            "a worker begins where the old version's work is committed; else start that version once, or recibo repair"
        )
        yield Finding("warn", "parsers", text, remedy)


def raw_log(known: RawIdentity | None, found: RawIdentity | None, who: str) -> Iterator[Finding]:
    """Judge whether the raw log is the one that `who` knows."""
    if known is None or found is None:
        yield Finding(
            "unchecked", "raw log", f"{who} does not know which it is yet", "the processes note it when they start"
        )
    elif known.is_of(found):
        yield Finding(
            "ok", "raw log", f"the one that {who} knows ({found.topic_id or 'no id'}, {found.partitions} partitions)"
        )
    else:
        text = f"{who} knows {known.topic_id} with {known.partitions} partitions, and it is {found.topic_id} with "
        yield Finding("fail", "raw log", f"recreated: {text}{found.partitions}", _REPAIR)
