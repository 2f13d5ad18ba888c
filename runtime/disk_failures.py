"""Which failure of a disk is of which kind, by the error number of the system call (errno(3), Linux)."""

import errno
from typing import Final

from runtime.failure import Cause, Failure, kinds

CAUSES: Final = (
    Cause(
        Failure.AWAY,
        "the disk, its quota or a limit of the process is full; room may be made",
        (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.ENOMEM,
            errno.EMFILE,
            errno.ENFILE,
            errno.EAGAIN,
            errno.EBUSY,
            errno.EINTR,
            errno.ENOLCK,
            errno.EDEADLK,
            errno.ETXTBSY,
        ),
    ),
    Cause(
        Failure.AWAY,
        "the file system cannot be written, or is not there; whoever mounts it can change that",
        (
            errno.EROFS,
            errno.EACCES,
            errno.EPERM,
            errno.ENODEV,
            errno.ENXIO,
            errno.ESTALE,
            errno.ETIMEDOUT,
            errno.EHOSTDOWN,
            errno.ENOTCONN,
            errno.ECONNRESET,
            errno.EREMOTEIO,
        ),
    ),
    Cause(
        Failure.REFUSED,
        "this file cannot be read or written, and will not be: its blocks or its entry are damaged, it is gone or no file",
        (
            errno.EIO,
            errno.EUCLEAN,
            errno.EBADMSG,
            errno.EILSEQ,
            errno.EOVERFLOW,
            errno.EFBIG,
            errno.ENOENT,
            errno.EEXIST,
            errno.EISDIR,
            errno.ENOTDIR,
            errno.ENOTEMPTY,
            errno.ELOOP,
            errno.ENAMETOOLONG,
            errno.EMLINK,
            errno.EXDEV,
        ),
    ),
    Cause(
        Failure.BUG,
        "the call itself is wrong: a closed descriptor, a bad argument, a call that this system has not",
        (
            errno.EBADF,
            errno.EFAULT,
            errno.EINVAL,
            errno.ENOSYS,
            errno.EOPNOTSUPP,
            errno.ENOTTY,
            errno.ESPIPE,
            errno.EPIPE,
        ),
    ),
)
_KINDS: Final = kinds(CAUSES)


def disk_failure(error: OSError) -> Failure:
    """Return the kind of a failed call to the file system. One with an unknown number is AWAY: waiting loses nothing."""
    return _KINDS.get(error.errno or 0, Failure.AWAY)
