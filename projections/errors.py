"""Errors of the projections, named by the response they call for (beside those of schemas.errors)."""

from schemas.errors import ReciboError


class RowsRefused(ReciboError):
    """These rows can never be inserted. Find the bad record by halves, set it aside, continue with the others."""


class TooManyRefused(ReciboError):
    """So many records are unusable that the fault cannot be theirs. Stop; commit nothing."""


class Stopping(ReciboError):
    """The projector is asked to stop while the sink is unavailable. Leave; the batch is read again."""
