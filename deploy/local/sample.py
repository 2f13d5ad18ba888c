"""A request that can be pasted: a `delivered` event of a source's provider, under the source's proof."""

import shlex
import uuid
from datetime import datetime

from operations.sources.proof import prove
from operations.sources.sample_event import sample_event
from schemas.authentication import SIGNED_BODY, Bearer, Hmac, NoAuthentication, PathSecret
from schemas.errors import DeploymentError
from schemas.sources import Source


def curl_line(origin: str, source: Source, now: datetime) -> str | None:
    """Return a shell line that posts an event of `now`; None where body or proof cannot be written down for later."""
    auth = source.auth
    if not isinstance(auth, (Hmac, Bearer, PathSecret, NoAuthentication)):
        return None
    if isinstance(auth, Hmac) and auth.signed != SIGNED_BODY:
        return None
    try:
        body, content_type = sample_event(source, f"sample-{uuid.uuid4().hex[:12]}", round(now.timestamp() * 1000))
        proof = prove(source, origin, body, now.timestamp())
    except DeploymentError:
        return None
    headers = {"Content-Type": content_type, **proof.headers}
    options = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    return f"curl -i {proof.url} {options} -d {shlex.quote(body.decode())}"
