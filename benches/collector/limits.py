"""The rows of scripts/bench-collector about what is bounded: overload."""

from running import ENDPOINT, TARGET, Service, connection

# What an event of 1 KiB takes of a segment, with its head and record: in large groups.
EVENT_BYTES = 1333
CAPACITY = 5000


def overload(run):
    """20,000 a second are offered to a disk that takes 5,000. All that it can take must be accepted, and the rest refused at once.

    Two kinds of senders. `few`: 256 TCP connections, each of which waits for its answer; as many as are answered. It gives the
    capacity. `many`: 20,000 a second in an open loop over up to 16,000 TCP connections, more than the service takes at once. Of the
    time counts what lies after the first seconds, in which queues fill."""
    command = (TARGET / "slow_disk", str(CAPACITY * EVENT_BYTES))
    measure = lambda seconds, *arguments: Service(run.folder, [connection(0, ENDPOINT)], command=command).round(seconds, *arguments)
    seconds = max(run.seconds, 10)
    few = run.add("overload, few", measure(seconds, "--connections", "256"))
    many = run.add("overload, many", measure(2 * seconds, "--connections", "16000", "--rate", str(4 * CAPACITY), "--discard", str(seconds)))
    goodput = many["accepted_in_time_per_second"] / CAPACITY
    resident = many["resident_mb"]
    growth = max(resident[len(resident) // 2:]) - resident[len(resident) // 2]
    return [("capacity of the slow disk, a second", f"{CAPACITY:,}", f"256 TCP connections: {few['accepted_per_second']:,.0f}"),
            ("offered 20,000 a second: accepted", f"{many['accepted_in_time_per_second']:,.0f}", f"{goodput:.0%}; target: \u2265 95 %"),
            ("  p50, p99 of those", f"{many['p50_micros'] / 1000:,.0f} ms", f"{many['p99_micros'] / 1000:,.0f} ms"),
            ("  refused with an answer, a second", f"{many['refused'] / many['counted_seconds']:,.0f}", ""),
            ("  TCP connections closed without one, a second", f"{many['turned_away'] / many['counted_seconds']:,.0f}", ""),
            ("  p50, p99 of both", f"{many['refused_p50_micros'] / 1000:,.1f} ms",
             f"{many['refused_p99_micros'] / 1000:,.1f} ms; target: < 5 ms"),
            ("  memory at the end, growth in the second half", f"{resident[-1]:.0f} MB", f"{growth:+.0f} MB; target: flat")]
