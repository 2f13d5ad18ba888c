"""What the doctor says of what processes agree on."""

from operations.agreement import agreement
from schemas.deployment_state import DeploymentState, LiveGeneration, RawIdentity
from schemas.parser_version import PARSER_VERSION

LOG = RawIdentity("AAAA", 4)
LIVE = DeploymentState(LiveGeneration(2), is_recorded=True, raw={2: LOG}, parsers={(2, 0): PARSER_VERSION})


def said(state: DeploymentState, raw: RawIdentity | None = LOG, **environ: str) -> dict[str, str]:
    """Return what is not ok, by its subject."""
    return {found.subject: found.level for found in agreement(state, raw, environ) if found.level != "ok"}


def test_each_state_is_named() -> None:
    """All well is silent; a pending switch, a recreated log, old settings and other parsers are each named."""
    assert said(LIVE) == {}
    assert said(DeploymentState()) == {"generation": "warn", "raw log": "unchecked"}
    assert said(DeploymentState(LiveGeneration(2, 3), is_recorded=True, raw={2: LOG})) == {"generation": "fail"}
    assert said(LIVE, RawIdentity("BBBB", 4)) == {"raw log": "fail"}
    assert said(LIVE, RECIBO_GENERATION="1") == {"generation": "fail"}
    assert said(LIVE, RECIBO_GENERATION="2") == {"generation": "warn"}
    assert said(DeploymentState(LiveGeneration(2), is_recorded=True, raw={2: LOG}, parsers={(2, 0): 0})) == {
        "parsers": "warn"
    }
