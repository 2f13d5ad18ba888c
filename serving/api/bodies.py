"""The body of a request: read within its bounds, and decoded as what it has to be."""

import asyncio
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request

from serving.api.problems import Wrong, problem

_TYPE: Final = "application/json"
T = TypeVar("T")


async def body_of(request: Request, bytes_max: int, seconds_max: float) -> bytes:
    """Return a JSON request's bytes.

    Raises:
        Problem: it is no JSON (415), too large (413), or does not come in time (422).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise problem("wrong-type", f"Send `Content-Type: {_TYPE}`.")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds_max):
            async for chunk in request.stream():
                body += chunk
                if len(body) > bytes_max:
                    raise problem("too-large", f"At most {bytes_max:,} bytes: send several smaller requests.")
    except TimeoutError as error:
        raise problem("wrong-body", f"It did not come whole within {seconds_max:.0f} s.") from error
    return bytes(body)


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return what a body says. Raises Problem: it says it in another way than the document has."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise problem("wrong-body", str(error), Wrong("body", str(error))) from error
