"""One request under way: who asks, as what it is known, and what its answer carries."""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from schemas.access import Look, Scope, Token, known
from serving.api.problems import Problem, problem
from serving.api.reading import require
from serving.api.token_limits import TokenLimits

_BEARER: Final = "bearer"


@dataclass(frozen=True, slots=True)
class Access:
    """What says who may ask, and keeps who looked."""

    tokens: Callable[[], Mapping[str, Token]]
    """Those known now; raises Problem where nobody can confirm them."""
    note: Callable[[Look], Awaitable[None]]
    """Returns when a look is acknowledged; raises Problem where it is not."""


@dataclass(slots=True)
class Call:
    """One request."""

    request: Request
    request_id: str
    token: Token
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def query_id(self) -> str:
        """How the engine's query log names a statement of it: no two of one name."""
        return f"{self.request_id}-{secrets.token_hex(4)}"

    def look(self, scope: Scope, what: str, rows: int) -> Look:
        """Return what is noted of a look at numbers or payloads."""
        return Look(
            at_ms=int(time.time() * 1000),
            request_id=self.request_id,
            token_id=self.token.id,
            name=self.token.name,
            role=self.token.role,
            accounts=self.token.accounts,
            scope=scope,
            what=what,
            asked={**self.request.path_params, **dict(self.request.query_params)},
            rows=rows,
        )


def begin(request: Request, request_id: str, access: Access, limits: TokenLimits) -> Call:
    """Return the call of a request that may go on; `limits.end` is to be called for its token when it is answered.

    Raises:
        Problem: no token that is known, not even the scope read, or too many requests.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = known(dict(access.tokens()), text.strip(), int(time.time() * 1000)) if scheme.lower() == _BEARER else None
    if token is None:
        raise _unauthenticated()
    require(token, Scope.READ)
    may, left, wait_s = limits.take(token.id, time.monotonic())
    headers = {"RateLimit-Policy": limits.policy, "RateLimit": left}
    if not may:
        refused = problem("too-many-requests", f"Ask again in {wait_s} s.", retry_after_s=wait_s)
        refused.headers = headers
        raise refused
    return Call(request, request_id, token, headers)


def _unauthenticated() -> Problem:
    refused = problem("unauthenticated", "Send `Authorization: Bearer TOKEN`; `recibo token create` makes one.")
    refused.headers = {"WWW-Authenticate": "Bearer"}
    return refused
