"""What stops a deployment, said once and with the remedy."""

from schemas.errors import ReciboError


class DeploymentError(ReciboError):
    """The deployment cannot start or go on. The message is one line for a person: what happened, and what to do."""
