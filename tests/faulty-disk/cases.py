"""What fails on the disk of scripts/test-failing-calls."""

# Where reading fails, events that cannot be read are an alarm, until they can be read again.
UNREADABLE = ("the inbox cannot be read", "no file of the inbox can be opened", "one call in fifty fails")

# What fails, for how many seconds, and whether something must be refused meanwhile (True), must not (False), or may
# (None). With `early`, it fails from the start on; with `longest`, bodies are so long that segments come and go; with
# `reads`, what is archived is read meanwhile.
CASES = {
    "a write of the inbox fails once": (
        [
            "fault write /inbox/ errno=5 left=1",
        ],
        2,
        None,
    ),
    "all writes of the inbox fail": (
        [
            "fault write /inbox/ errno=5",
        ],
        3,
        True,
    ),
    "the inbox has no room": (
        [
            "fault write /inbox/ errno=28",
        ],
        3,
        True,
    ),
    "writes of the inbox are short": (
        [
            "fault write /inbox/ short=1 permille=500",
        ],
        3,
        False,
    ),
    "a flush of the inbox fails once": (
        [
            "fault fsync /inbox/ errno=5 left=1",
        ],
        2,
        None,
    ),
    "a tenth of the flushes of the inbox fail": (
        [
            "fault fsync /inbox/ errno=5 permille=100",
        ],
        4,
        None,
    ),
    "all flushes of the inbox fail": (
        [
            "fault fsync /inbox/ errno=5",
        ],
        3,
        True,
    ),
    "flushes of the inbox are slow": (
        [
            "fault fsync /inbox/ delay_ms=300",
        ],
        4,
        None,
    ),
    "a flush of the inbox takes longer than an answer may": (
        [
            "fault fsync /inbox/ delay_ms=11000 left=1",
        ],
        14,
        True,
    ),
    "no file of the inbox can be made": (
        [
            "fault create /inbox/ errno=24",
            "fault write /inbox/ errno=5 permille=200",
        ],
        4,
        True,
    ),
    "no name of the inbox can be flushed": (
        [
            "fault fsync-folder /inbox errno=5",
            "fault write /inbox/ errno=5 permille=200",
        ],
        4,
        True,
    ),
    "no file of the inbox can be removed": (
        [
            "fault unlink /inbox/ errno=5",
        ],
        5,
        None,
        {"longest": 600000},
    ),
    "no file of the inbox can be opened": (
        [
            "fault open /inbox/ errno=13",
        ],
        3,
        None,
    ),
    "the inbox cannot be read": (
        [
            "fault read /inbox/ errno=5 permille=300",
        ],
        4,
        None,
    ),
    "the size of the disk cannot be read": (
        [
            "fault statfs / errno=5",
        ],
        3,
        None,
    ),
    "the store cannot be written": (
        [
            "fault write /store/ errno=5",
            "fault create /store/ errno=28",
        ],
        4,
        False,
    ),
    "writes of the store are short": (
        [
            "fault write /store/ short=1",
        ],
        3,
        False,
    ),
    "flushes of the store fail": (
        [
            "fault fsync /store/ errno=5 permille=500",
        ],
        4,
        False,
    ),
    "names of the store are not flushed": (
        [
            "fault fsync-folder /store errno=5 permille=500",
        ],
        4,
        False,
    ),
    "objects cannot be linked or renamed": (
        [
            "fault link /store/ errno=5 permille=700",
            "fault rename /store/ errno=5",
        ],
        4,
        False,
    ),
    "no folder of the store can be made": (
        [
            "fault mkdir /store/ errno=28",
        ],
        3,
        False,
        {"early": True},
    ),
    "the store cannot be read or listed": (
        [
            "fault read /store/ errno=5",
            "fault open /store/ errno=5",
            "fault list /store errno=5",
        ],
        4,
        False,
        {"reads": True},
    ),
    "the store is slow": (
        [
            "fault write /store/ delay_ms=200",
            "fault fsync /store/ delay_ms=500",
        ],
        4,
        False,
    ),
    "the metadata cannot be written": (
        [
            "fault write /metadata.db errno=28",
        ],
        4,
        None,
    ),
    "the metadata cannot be flushed": (
        [
            "fault fsync /metadata.db errno=5 permille=500",
        ],
        4,
        None,
    ),
    "the table cannot be written": (
        [
            "fault write /warehouse/ errno=28",
        ],
        4,
        False,
    ),
    "the table cannot be flushed": (
        [
            "fault fsync /warehouse/ errno=5 permille=500",
        ],
        4,
        False,
    ),
    "the table cannot be read or opened": (
        [
            "fault read .db$ errno=5",
            "fault read .db-wal$ errno=5",
            "fault open /warehouse/ errno=24",
        ],
        4,
        False,
    ),
    "nothing can be preallocated or cut off": (
        [
            "fault fallocate / errno=28",
            "fault truncate / errno=5",
        ],
        4,
        None,
    ),
    "one call in fifty fails": (
        [
            f"fault {name} / errno=5 permille=20"
            for name in (
                "write", "read", "fsync", "fsync-folder", "open", "create",
                "rename", "link", "unlink", "mkdir", "truncate", "list",
            )
        ],
        8,
        None,
    ),
    "the disk is mounted read-only": (
        [
            "read-only",
        ],
        4,
        True,
    ),
}
