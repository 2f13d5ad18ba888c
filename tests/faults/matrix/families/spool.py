"""Rows about the spool: disks that are full, read-only or broken, and files that are torn or changed."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_FAULTS: Final = "unit/ingest/test_spool_faults"
_DISK: Final = "faults/rows/test_spool_disks"
_SPOOL: Final = "unit/ingest/test_spool"
_SEGMENT: Final = "unit/ingest/test_spool_segment"

ROWS: Final = (
    Row(
        "spool's disk full",
        "matrix 16",
        "the broker away, the data directory on a small tmpfs, load until it is full",
        "503 once it is full; every event answered 2xx is in the log when Kafka is back",
        15,
        (*nodes(_DISK, "a_full_disk"), *nodes(_SPOOL, "disk_that_refuses")),
    ),
    Row(
        "spool's disk answers EIO",
        "matrix 16",
        "a preloaded library fails write and fdatasync of the spool's files with EIO, then stops failing them",
        "503 while it fails; every event answered 2xx is in the log when Kafka is back",
        15,
        nodes(_DISK, "a_disk_that_fails"),
    ),
    Row(
        "spool torn or changed",
        "matrix 17",
        "a segment cut, and a bit flipped, at every byte; garbage between records",
        "what is whole is read, the rest is kept aside",
        2,
        nodes(_SEGMENT, "torn_at_every_byte", "flipped_at_every_byte", "garbage_between_records"),
    ),
    Row(
        "drained segment that cannot be deleted",
        "core 4",
        "the spool's file system remounted read-only while it drains",
        "each record is appended once; the drain goes on",
        15,
        (
            *nodes(_DISK, "a_read_only_disk_while_draining"),
            *nodes(_FAULTS, "what_is_acknowledged_is_not_appended_again_where_it_cannot_be_deleted"),
        ),
    ),
    Row(
        "one unreadable segment",
        "core 5",
        "read of the oldest segment fails with EIO",
        "the other segments drain; metrics and readiness say so",
        15,
        (*nodes(_DISK, "one_unreadable_segment"), *nodes(_FAULTS, "an_unreadable_segment_holds_up_no_other")),
    ),
    Row(
        "torn writes keep their space",
        "core 6",
        "several writes that end in ENOSPC, then space again",
        "the file is cut back to what is synced; what remains counts within the bound",
        1,
        (
            *nodes(_FAULTS, "a_full_disk_leaves_neither_torn_records_nor_damaged_files"),
            *nodes("unit/ingest/test_spool_drain", "only_damaged_bytes_are_kept"),
        ),
    ),
    Row(
        "stray file in the spool",
        "attack low",
        "a file that is no segment, and a link, in the spool's directory",
        "the spool goes on; the link is not followed",
        1,
        nodes(_FAULTS, "a_stray_file_is_named_and_left_alone"),
    ),
)
