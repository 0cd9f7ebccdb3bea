"""The row of scripts/bench-collector that reads an archive again."""

import json
import os
import statistics
import subprocess
import time

from running import ENDPOINT, TARGET, Service, connection


def used():
    """The processor time of the children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def verify(run, path):
    """What `countersign verify --deliveries` takes for a file, with what starting it takes."""
    described = connection(0, ENDPOINT)
    description = {name: value for name, value in described["config"].items() if name.startswith(("auth", "sign"))}
    file = run.folder / "connection.json"
    file.write_text(json.dumps(description), encoding="utf-8")
    begin, before = time.monotonic(), used()
    command = [TARGET / "countersign", "verify", "--connection", file, "--deliveries", path, "--json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    seconds, processor_seconds = time.monotonic() - begin, used() - before
    return {"events": done.stdout.count(b"\n"), "seconds": seconds, "processor_seconds": processor_seconds}


def reverify(run):
    """The events of one archive, verified again: by `countersignd reverify`, which reads the objects (it decompresses them, and holds
    their lines against the registry's digests), and by `countersign verify --deliveries`, which is given their lines in a plain file, and
    then the objects themselves, one behind the other: then both decompress. The target
    is of the plain file. All use all processors. Rounds are interleaved.
    """
    with Service(run.folder, [connection(0, ENDPOINT)], syncs=True) as service:
        sent = service.send(run.seconds)["accepted"]
        verb = lambda name: [TARGET / "countersignd", name, "bench_0", "--data", service.data, "--json"]
        while subprocess.run(verb("sync"), capture_output=True).returncode != 0:
            time.sleep(0.1)
        # One file, since each start of the program would count.
        plain, objects = run.folder / "all.ndjson", run.folder / "all.ndjson.zst"
        with open(objects, "wb") as whole:
            for path in sorted((service.data / "store").rglob("*.zst")):
                whole.write(path.read_bytes())
        subprocess.run(["zstd", "-dqf", objects, "-o", plain], check=True)
        for _ in range(run.rounds):
            of_plain = run.add("verify", verify(run, plain))
            of_objects = run.add("verify objects", verify(run, objects))
            begin, before = time.monotonic(), service.processor_seconds()
            found = json.loads(subprocess.run(verb("reverify"), check=True, stdout=subprocess.PIPE).stdout)
            seconds = time.monotonic() - begin
            assert found["authentic"] == found["events"] >= sent, found
            assert of_plain["events"] == of_objects["events"] == found["events"], (of_plain, of_objects, found)
            used_by_it = service.processor_seconds() - before
            run.add("reverify", {"events": found["events"], "seconds": seconds, "processor_seconds": used_by_it})
        plain.unlink()
        objects.unlink()
    rate = lambda kind: statistics.median(one["events"] / one["seconds"] for one in run.found[kind])
    cost = lambda kind: statistics.median(one["processor_seconds"] / one["events"] * 1e6 for one in run.found[kind])
    return [
        ("countersign verify --deliveries, a plain file", f"{rate('verify'):,.0f}/s", f"{cost('verify'):.2f} µs of a processor"),
        (
            "countersign verify --deliveries, the objects of the archive",
            f"{rate('verify objects'):,.0f}/s",
            f"{cost('verify objects'):.2f} µs of a processor",
        ),
        (
            "countersignd reverify, the same events in the archive",
            f"{rate('reverify'):,.0f}/s",
            f"{cost('reverify'):.2f} µs of a processor; {rate('reverify') / rate('verify'):.0%} of the plain file, target: ≥ 80%; "
            f"{rate('reverify') / rate('verify objects'):.0%} of the objects",
        ),
    ]
