"""What stops the local stack, said once and with the remedy."""

from schemas.errors import ReciboError


class StackError(ReciboError):
    """The stack cannot start or go on. The message is one line for a person: what happened, and what to do."""
