"""The rows of scripts/bench-collector about what is bounded: overload, memory, the start with much in the inbox."""

import json
import pathlib
import shutil
import subprocess
import uuid

from running import ENDPOINT, TARGET, Service, connection

# What an event takes of a segment beside its body: head, record, and its part of the last block of a group.
RECORD_BYTES = 309


def overload(run):
    """Four times as much is offered as the disk takes: in an open loop, over up to 16,000 TCP connections, which are
    more than the service takes at once. All that the disk can take must be accepted, and the rest refused at once.

    - 1 KiB, 5,000 a second: what is held back first is the number of TCP connections.
    - 10 KB, 500 a second: what is held back first is the queue of bytes for the disk. If it is longer than the deadline
      of an answer, the disk writes events whose senders were told to try again.

    What is due while queues fill is checked, and not counted."""
    return [*overload_with(run, 1024, 5000, 10), *overload_with(run, 10_000, 500, 15)]


def overload_with(run, body_bytes, capacity, seconds):
    """The rows of bodies of one length. As long as `seconds`, queues fill; so long again, it is counted."""
    service = Service(
        run.folder,
        [connection(0, ENDPOINT)],
        command=(TARGET / "slow_disk", str(capacity * (body_bytes + RECORD_BYTES))),
    )
    seconds = max(run.seconds, seconds)
    found = service.round(
        2 * seconds,
        *("--connections", "16000", "--rate", str(4 * capacity), "--body-bytes", str(body_bytes)),
        *("--discard", str(seconds)),
    )
    run.add("overload", found | {"body_bytes": body_bytes, "capacity": capacity})
    goodput = found["accepted_in_time_per_second"]
    resident = found["resident_mb"]
    growth = max(resident[len(resident) // 2 :]) - resident[len(resident) // 2]
    milliseconds = lambda name: f"{found[name] / 1000:,.1f} ms"
    return [
        (
            f"{body_bytes:,} bytes, {4 * capacity:,} a second offered, the disk takes {capacity:,}: accepted",
            f"{goodput:,.0f}",
            f"{goodput / capacity:.0%}; target: \u2265 95 %",
        ),
        ("  their p50, p99", milliseconds("p50_micros"), milliseconds("p99_micros")),
        ("  refused with an answer, a second", f"{found['refused'] / found['counted_seconds']:,.0f}", ""),
        ("  TCP connections closed without one", f"{found['turned_away'] / found['counted_seconds']:,.0f}", ""),
        (
            "  p50, p99 of both",
            milliseconds("refused_p50_micros"),
            f"{milliseconds('refused_p99_micros')}; target: < 5 ms",
        ),
        ("  memory at the end", f"{resident[-1]:.0f} MB", f"{growth:+.0f} MB in the second half; target: flat"),
    ]


BUDGET_MB = 268.4


def memory(run):
    """Of a million events of 1 KiB, and of 1,000 uploads of 8 MiB that take 20 seconds each, to eight endpoints."""
    events = run.add("memory, events", Service(run.folder, [connection(0, ENDPOINT)]).round(50, "--rate", "20000"))
    endpoints = [str(uuid.uuid4()) for _ in range(8)]
    connections = [connection(number, endpoint) for number, endpoint in enumerate(endpoints)]
    with Service(run.folder, connections) as running:
        paths = ",".join(f"/webhooks/{endpoint}" for endpoint in endpoints)
        sender = subprocess.run(
            [TARGET / "uploads", running.address, paths, "1000", str(8 << 20), "20"], check=True, stdout=subprocess.PIPE
        )
        uploads = json.loads(sender.stdout)
        # Bodies that were let go must leave room for others.
        is_well = running.deliver() == 200
        uploads |= {"memory_mb": running.memory_mb(), "is_well": is_well}
    run.add("memory, uploads", uploads)
    expected = {"200", "408", "503"}
    if (
        uploads["hanging"]
        or not expected.issuperset(uploads["answers"])
        or not uploads["answers"].get("200")
        or not is_well
    ):
        raise SystemExit(f"the uploads were not answered as they must be: {uploads}")
    answers = ", ".join(f"{status}: {number}" for status, number in uploads["answers"].items())
    return [
        (
            "highest memory in a million events",
            f"{events['memory_mb']:.0f} MB",
            f"{events['accepted']:,} events; target: < 150 MB",
        ),
        (
            "highest memory in 1,000 slow uploads of 8 MiB",
            f"{uploads['memory_mb']:.0f} MB",
            f"{answers}, cut off: {uploads['cut_off']}, hanging: 0; target: < {BUDGET_MB + 150:.0f} MB",
        ),
    ]


RESTART_BYTES = 10_000_000_000


def restart(run):
    """The start with 10 GB of events of 32 KiB in segments: after SIGTERM, with what was just written in memory; after
    the system was told to forget it (as root alone); after SIGKILL, when the segment that was open must be read."""
    free = shutil.disk_usage(run.folder).free
    # An inbox may have a fifth of the disk before it copies, and needs what it copies beside.
    if free < 1.5 * RESTART_BYTES:
        return [
            ("start with 10 GB of segments", "", f"skipped: it needs 15 GB of disk, and {free / 1e9:.0f} GB are free")
        ]
    start = lambda: Service(run.folder, [connection(0, ENDPOINT)], "--backlog-bytes", str(2 * RESTART_BYTES), keep=True)
    shutil.rmtree(run.folder / "data", ignore_errors=True)
    stored, lines = 0, []
    segments = lambda: [file.stat().st_size for file in (run.folder / "data" / "inbox").glob("*.segment")]
    while stored < RESTART_BYTES:
        with start() as running:
            running.send(5, "--connections", "64", "--body-bytes", str(32 << 10))
        stored = sum(segments())
    before = f"{stored / 1e9:.1f} GB in {len(segments())} segments"
    for name, prepare in (
        ("after SIGTERM, files in memory", None),
        ("after SIGTERM, files forgotten", forget),
        ("after SIGKILL", kill),
    ):
        if prepare and not prepare(start):
            lines.append((f"  {name}", "", "skipped: only root can make the system forget files"))
            continue
        with start() as running:
            found = run.add("restart", {"name": name, "seconds": running.seconds, "memory_mb": running.memory_mb()})
        lines.append((f"  {name}", f"{found['seconds']:.2f} s", f"{found['memory_mb']:.0f} MB; target: < 1 s"))
    shutil.rmtree(run.folder / "data")
    return [("start until /readyz is 200", before, ""), *lines]


def forget(_):
    """Lets the system forget the content of all files that it has in memory."""
    try:
        subprocess.run(["sync"], check=True)
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


def kill(start):
    """Leaves a segment that was open."""
    with start() as running:
        running.send(1, "--connections", "64", "--body-bytes", str(32 << 10))
        running.process.kill()
    return True
