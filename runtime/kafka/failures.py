"""Which error of aiokafka is of which kind. Source: aiokafka/errors.py and the Kafka protocol's table of error codes."""

from typing import Final

from aiokafka import errors

from runtime.failure import Cause, Failure, kinds

UNEXPLAINED: Final[tuple[type[BaseException], ...]] = (errors.UnknownError, errors.BrokerResponseError)
"""These and no class derived from them: what a broker answers that does not know, or an error newer than the client."""

CAUSES: Final[tuple[Cause[type[BaseException]], ...]] = (
    Cause(
        Failure.AWAY,
        "no broker answers, or none in time",
        (
            errors.KafkaConnectionError,
            errors.KafkaTimeoutError,
            errors.KafkaUnavailableError,
            errors.NoBrokersAvailable,
            errors.NodeNotReadyError,
            errors.MetadataEmptyBrokerList,
            errors.StaleMetadata,
            errors.Cancelled,
            errors.CorrelationIdError,
            errors.KafkaProtocolError,
            errors.TooManyInFlightRequests,
            errors.RequestTimedOutError,
            errors.BrokerNotAvailableError,
            errors.ListenerNotFound,
        ),
    ),
    Cause(
        Failure.AWAY,
        "the partition's leader moves, its replicas are too few, or its disk fails; another broker takes over",
        (
            errors.LeaderNotAvailableError,
            errors.NotLeaderForPartitionError,
            errors.ReplicaNotAvailableError,
            errors.UnknownTopicOrPartitionError,
            errors.NotEnoughReplicasError,
            errors.NotEnoughReplicasAfterAppendError,
            errors.KafkaStorageError,
            errors.LogDirNotFound,
            errors.StaleLeaderEpochCodeError,
            errors.StaleControllerEpochError,
            errors.NotControllerError,
            errors.ReassignmentInProgress,
            errors.FetchSessionIdNotFound,
            errors.InvalidFetchSessionEpoch,
            errors.OperationNotAttempted,
            errors.QuotaViolationError,
        ),
    ),
    Cause(
        Failure.AWAY,
        "the group or the transaction is between two states",
        (
            errors.CoordinatorLoadInProgressError,
            errors.CoordinatorNotAvailableError,
            errors.NotCoordinatorError,
            errors.RebalanceInProgressError,
            errors.IllegalGenerationError,
            errors.UnknownMemberIdError,
            errors.MemberIdRequired,
            errors.CommitFailedError,
            errors.ConcurrentTransactions,
            errors.NonEmptyGroup,
            errors.GroupIdNotFound,
        ),
    ),
    Cause(
        Failure.AWAY,
        "the broker does not let us in: nothing is wrong with the record, and whoever runs Kafka can change it",
        (
            errors.AuthenticationFailedError,
            errors.AuthenticationMethodNotSupported,
            errors.SaslAuthenticationFailed,
            errors.UnsupportedSaslMechanismError,
            errors.IllegalSaslStateError,
            errors.SecurityDisabled,
            errors.TopicAuthorizationFailedError,
            errors.GroupAuthorizationFailedError,
            errors.ClusterAuthorizationFailedError,
            errors.TransactionalIdAuthorizationFailed,
            errors.DelegationTokenAuthDisabled,
            errors.DelegationTokenAuthorizationFailed,
            errors.DelegationTokenExpired,
            errors.DelegationTokenNotFound,
            errors.DelegationTokenOwnerMismatch,
            errors.DelegationTokenRequestNotAllowed,
            errors.InvalidPrincipalType,
        ),
    ),
    Cause(
        Failure.AWAY,
        "the broker itself does not know what happened (also an error newer than the client): only the same answer to "
        "the same batch again and again tells that a record is the cause",
        (*UNEXPLAINED, errors.KafkaError),
    ),
    Cause(
        Failure.REFUSED,
        "the broker does not take this record: its size, its time, or what its checks and policies find in it",
        (
            errors.MessageSizeTooLargeError,
            errors.RecordListTooLargeError,
            errors.RecordTooLargeError,
            errors.InvalidMessageError,
            errors.InvalidTimestampError,
            errors.PolicyViolationError,
            errors.UnsupportedForMessageFormatError,
            errors.OffsetMetadataTooLargeError,
            errors.InvalidCommitOffsetSizeError,
        ),
    ),
    Cause(
        Failure.BUG,
        "another process took over, or the producer's sequence is beyond repair: this client must end",
        (
            errors.ProducerFenced,
            errors.ProducerClosed,
            errors.InvalidProducerEpoch,
            errors.InvalidProducerIdMapping,
            errors.OutOfOrderSequenceNumber,
            errors.DuplicateSequenceNumber,
            errors.UnknownProducerId,
            errors.InvalidTxnState,
            errors.TransactionCoordinatorFenced,
        ),
    ),
    Cause(
        Failure.BUG,
        "the offset is not in the log: records may be missing, which no retry brings back",
        (errors.OffsetOutOfRangeError, errors.NoOffsetForPartitionError),
    ),
    Cause(
        Failure.BUG,
        "the call, or the set-up it rests on, is wrong",
        (
            errors.IllegalArgumentError,
            errors.IllegalOperation,
            errors.IllegalStateError,
            errors.ConsumerStoppedError,
            errors.InvalidTopicError,
            errors.InvalidRequestError,
            errors.InvalidFetchRequestError,
            errors.InvalidRequiredAcksError,
            errors.InvalidGroupIdError,
            errors.InconsistentGroupProtocolError,
            errors.InvalidSessionTimeoutError,
            errors.InvalidTransactionTimeout,
            errors.InvalidConfigurationError,
            errors.KafkaConfigurationError,
            errors.InvalidPartitionsError,
            errors.InvalidReplicationAssignmentError,
            errors.InvalidReplicationFactorError,
            errors.TopicAlreadyExistsError,
            errors.UnsupportedVersionError,
            errors.IncompatibleBrokerVersion,
            errors.UnrecognizedBrokerVersion,
            errors.UnsupportedCodecError,
            errors.NoError,
        ),
    ),
)
_KINDS: Final = kinds(CAUSES)


def kafka_failure(error: BaseException) -> Failure:
    """Return the kind of a failed call to Kafka: its own class's, else that of the nearest class it derives from.

    A failed connection (OSError, TimeoutError) is AWAY; what is none of Kafka's errors is a BUG.
    """
    if isinstance(error, OSError | TimeoutError):
        return Failure.AWAY
    return next((_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS), Failure.BUG)


def is_unexplained(error: BaseException) -> bool:
    """Return whether an answer says nothing of its cause, which may so be the record or the broker."""
    return type(error) in UNEXPLAINED
