"""Errors named by the response they call for.

ReciboError
├── ConfigurationError   stop, say which file, line and key, and what to write instead
├── TaskDied             a long-lived task ended: end the process with a code, so that it is started again
├── DeploymentError      a command or start cannot continue: say it in one line, with the remedy
├── TopicsRefused        a topic is not as declared: stop (ingest: append nothing) with the remedy
├── LogUnavailable       the durable write failed: answer 503, the provider repeats
├── RecordTooLarge       a record is larger than the log takes any: answer 413
├── StateRefused         local state does not belong to this deployment: stop with the remedy
├── StoreDamaged         a local store cannot be read: end its lane, the next one builds it from the changelog
├── ForeignWriter        another worker wrote to our changelog: read it, rewrite those keys
├── ContiguityBroken     records were skipped or came twice: stop the worker, resume from the commit
└── SinkUnavailable      ClickHouse cannot take the rows now: pause, back off, do not commit
"""


class ReciboError(Exception):
    """An error of Recibo's own, with a message for people: what happened, where, what to do."""


class ConfigurationError(ReciboError):
    """The configuration cannot be used. Stop (or keep the old one) and say what to change."""


class DeploymentError(ReciboError):
    """The deployment cannot start or continue. The message is one line for a person: what happened, and what to do."""


class TaskDied(ReciboError):
    """A long-lived task ended unexpectedly. End what depends on it, in the end the process, with a code."""


class TopicsRefused(DeploymentError):
    """Topics on the cluster are not as declared, so that nothing exact could rest on them. Stop, or append nothing."""


class LogUnavailable(ReciboError):
    """Neither Kafka nor the spool took the bytes. Answer 503 with Retry-After."""


class RecordTooLarge(ReciboError):
    """A record would be larger than the log takes any, now or later. Answer 413."""


class StateRefused(ReciboError):
    """Local state or committed offsets do not fit the cluster, generation or partition count. Stop."""


class StoreDamaged(ReciboError):
    """A local store is corrupt on disk. End its lane; it is marked, and the next one builds it again."""


class ForeignWriter(ReciboError):
    """The changelog partition holds records that its owner did not write."""


class ContiguityBroken(ReciboError):
    """Offsets of a partition were not contiguous where they must be. Stop and resume from the commit."""


class SinkUnavailable(ReciboError):
    """The sink did not take the rows, and may later. Pause, back off, commit nothing."""
