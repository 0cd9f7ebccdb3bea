"""The rows of scripts/bench-collector: what is measured, and how it is compared."""

import statistics
import uuid

import archive
import limits
import postgres
from running import ENDPOINT, Service, connection, fdatasync, peer, service


class Run:
    """What was found, by the kind of round."""

    def __init__(self, folder, seconds, rounds):
        self.folder, self.seconds, self.rounds = folder, seconds, rounds
        self.found = {}

    def add(self, kind, result):
        self.found.setdefault(kind, []).append(result)
        return result

    def median(self, kind, name):
        return statistics.median(one[name] for one in self.found[kind])

    def paid(self):
        return sum(one.get("debts_paid") or 0 for results in self.found.values() for one in results)

    def saturate(self):
        """Rounds of all kinds with as much as is answered, once."""
        if "countersignd" in self.found:
            return
        for _ in range(self.rounds):
            self.add("bare", peer("bare", self.seconds))
            self.add("hmac", peer("hmac", self.seconds))
            self.add("durable", peer("durable", self.seconds, folder=self.folder))
            self.add("fdatasync", fdatasync(self.folder, self.seconds / 2))
            self.add("countersignd", service(self.folder, self.seconds))
            self.add("syncing", service(self.folder, self.seconds, syncs=True))
            self.add("forged", service(self.folder, self.seconds, "--forged"))


def micros(number):
    return f"{number:,.0f} \u00b5s"


def throughput(run):
    """As much as is answered to 256 TCP connections, each of which waits for its answer. Bodies of 1 KiB."""
    run.saturate()
    rate = lambda kind: run.median(kind, "accepted_per_second")
    names = {
        "bare": "bare handler of axum",
        "hmac": "the same, behind the layer",
        "durable": "bare handler, group commit without records",
        "countersignd": "countersignd, receiving alone",
        "syncing": "countersignd, with archive and one sync after the other",
    }
    lines = [("1 KiB at 256 TCP connections, answered a second", "", "")]
    lines += [
        (f"  {name}", f"{rate(kind):,.0f}", f"{rate(kind) / rate('bare'):.0%} of bare") for kind, name in names.items()
    ]
    per_million = lambda kind, count, seconds="processor_seconds": statistics.median(
        one[seconds] / one[count] * 1e6 for one in run.found[kind]
    )
    good, forged = per_million("countersignd", "accepted"), per_million("forged", "refused")
    lines.append(("processor seconds for a million events", f"{good:.1f}", ""))
    to_table = per_million("syncing", "accepted", "processor_seconds_to_table")
    lines.append(("  the same, until they are archived and in the table", f"{to_table:.1f}", f"{to_table - good:+.1f}"))
    # Receiving comes first: what is in the table then, and how soon the rest is, once the load has ended.
    at_end = statistics.median(one["rows_at_end"] / one["accepted"] for one in run.found["syncing"])
    drain = run.median("syncing", "drain_seconds")
    lines.append(("  in the table when the load ended; then all, after", f"{at_end:.0%}", f"{drain:.1f} s"))
    lines.append(
        ("processor seconds for a million forged deliveries", f"{forged:.1f}", f"{forged / good:.0%} of good ones")
    )
    best = max(run.found["countersignd"], key=lambda one: one["accepted"])
    lines.append(
        ("memory after the most events of a round", f"{best['memory_mb']:.0f} MB", f"{best['accepted']:,} events")
    )
    return lines


def latency(run):
    """At 80 % of what countersignd can, in an open loop: the time of a delivery counts from when it was due. Compared with

    - the bare handler at the same rate: what sender, network and axum cost. The rest is the service's.
    - a bare fdatasync with nothing beside: what the disk alone costs. A delivery that is due while the disk is flushing
      waits for that flush and for its own, so a service that costs nothing else has about twice this p99. Where the
      processors are full before the disk is, even such a service has more; therefore:
    - the bare handler that flushes before it answers, at the same rate, and at 80 % of what it can itself: what anybody
      must pay who acknowledges what is durable.
    """
    run.saturate()
    rate = 0.8 * run.median("countersignd", "accepted_per_second")
    own_rate = 0.8 * run.median("durable", "accepted_per_second")
    for _ in range(run.rounds):
        run.add("paced bare", peer("bare", run.seconds, "--rate", str(rate)))
        run.add("paced durable", peer("durable", run.seconds, "--rate", str(rate), folder=run.folder))
        run.add("paced durable, own rate", peer("durable", run.seconds, "--rate", str(own_rate), folder=run.folder))
        run.add("paced", service(run.folder, run.seconds, "--rate", str(rate)))
        run.add("lone bare", peer("bare", run.seconds / 2, "--connections", "1"))
        run.add("lone", service(run.folder, run.seconds / 2, "--connections", "1"))
    p99 = {kind: run.median(kind, "p99_micros") for kind in run.found if "p99_micros" in run.found[kind][0]}
    cores = run.median("paced", "sender_processor_seconds") / run.seconds
    lines = [
        (f"p99 in an open loop, {rate:,.0f} a second: 80 % of countersignd's saturation", "", ""),
        (
            "  bare handler (what the sender itself costs)",
            micros(p99["paced bare"]),
            f"sender: {cores:.0%} of a processor",
        ),
        ("  bare handler with group commit", micros(p99["paced durable"]), ""),
        (
            f"  the same at 80 % of its own saturation, {own_rate:,.0f} a second",
            micros(p99["paced durable, own rate"]),
            "",
        ),
        (
            "  countersignd",
            micros(p99["paced"]),
            f"{p99['paced'] / p99['fdatasync']:.1f} \u00d7 fdatasync; {p99['paced'] / p99['paced durable']:.1f} \u00d7 bare with group "
            f"commit at the same rate, {p99['paced'] / p99['paced durable, own rate']:.1f} \u00d7 at 80 % of its own",
        ),
        ("p99 of a bare fdatasync, nothing beside", micros(p99["fdatasync"]), "target of countersignd: < 3 \u00d7"),
    ]
    flush, lone, bare = (run.median(kind, "p50_micros") for kind in ("fdatasync", "lone", "lone bare"))
    lines.append(("p50 of a bare fdatasync", micros(flush), ""))
    lines.append(
        (
            "p50 of a lone sender",
            micros(lone),
            f"fdatasync + {lone - flush:,.0f} \u00b5s; a bare handler: {bare:,.0f} \u00b5s",
        )
    )
    return lines


def hostile(run):
    """Good deliveries at a rate, alone and beside senders that are not good."""
    quiet = run.add("quiet", service(run.folder, run.seconds, "--rate", "1000", "--connections", "64"))
    beside = run.add(
        "hostile",
        service(
            run.folder,
            run.seconds,
            "--rate",
            "1000",
            "--connections",
            "64",
            "--forged-rate",
            "500",
            "--hangup-rate",
            "100",
            "--trickling",
            "1000",
        ),
    )
    return [
        ("1,000 a second alone: p99, memory", micros(quiet["p99_micros"]), f"{quiet['memory_mb']:.0f} MB"),
        (
            "beside 500 forged, 100 hang-ups a second, 1,000 trickling",
            micros(beside["p99_micros"]),
            f"{beside['memory_mb']:.0f} MB, {beside['p99_micros'] / quiet['p99_micros']:.1f} \u00d7",
        ),
    ]


def endpoints(run):
    """How long countersignd takes to start with 100,000 endpoints, and what memory."""
    connections = [connection(number, str(uuid.uuid4())) for number in range(100_000)]
    connections[0]["endpoint"] = ENDPOINT
    with Service(run.folder, connections) as running:
        found = run.add("endpoints", {"seconds": running.seconds, "memory_mb": running.memory_mb()})
    return [
        ("start with 100,000 endpoints", f"{found['seconds']:.2f} s", f"{found['memory_mb']:.0f} MB; target: < 300 MB")
    ]


ROWS = {
    "throughput": throughput,
    "latency": latency,
    "hostile": hostile,
    "endpoints": endpoints,
    "overload": limits.overload,
    "memory": limits.memory,
    "restart": limits.restart,
    "reverify": archive.reverify,
    "postgres": postgres.postgres,
}
# Not what takes 15 GB of disk, or needs PostgreSQL.
DEFAULT = [name for name in ROWS if name not in ("restart", "postgres")]
