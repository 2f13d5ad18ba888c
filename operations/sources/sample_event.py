"""A `delivered` event as a source's provider would write it, about a message nobody has seen. Pure."""

from schemas.errors import DeploymentError
from schemas.providers.sample import sample_of
from schemas.sources import Source


def sample_event(source: Source, message_id: str, at_ms: int) -> tuple[bytes, str]:
    """Return (body, content type) of a `delivered` event as the source's provider would send it.

    Args:
        source: the source; one that is read by a mapping gets a body made by that mapping.
        message_id: an id nobody has used.
        at_ms: when it was delivered, UTC ms.

    Raises:
        DeploymentError: the source has no mapping yet that would read a message id and a status.
    """
    provider = source.provider
    mapping = source.mapping or provider.mapping
    sample = provider.sample or (sample_of(mapping) if mapping else None)
    if sample is None:
        raise DeploymentError(
            f"source {source.name} has no mapping yet that reads a message id and a delivery: "
            f"run `recibo source learn {source.name}`"
        )
    content_type = provider.content_types[0]
    return sample.body(content_type, message_id, "delivered", at_ms), content_type
