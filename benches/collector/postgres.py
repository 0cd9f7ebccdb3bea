"""A cluster of Debian's PostgreSQL in a temporary folder, which no other process sees, and the row that needs it."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from running import peer


def programs():
    """The folder of the newest PostgreSQL; none if there is none."""
    found = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda program: int(program.parent.parent.name), default=None)
    return newest and newest.parent


@contextlib.contextmanager
def cluster(programs):
    """How to reach a new cluster. PostgreSQL refuses to run as root: then it is that of Debian's user postgres."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-postgres-", dir=os.environ.get("TMPDIR")))
    as_owner = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_owner = ["runuser", "-u", "postgres", "--"]
    run = lambda *command: subprocess.run([*as_owner, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    control = lambda verb, *options: run(programs / "pg_ctl", "--pgdata", folder / "data", "--wait", verb, *options)
    try:
        run(programs / "initdb", "--pgdata", folder / "data", "--username", "postgres", "--auth", "trust")
        # Where the socket is, and no address of TCP.
        control(
            "start", "--log", folder / "log", "--options", f"-c unix_socket_directories={folder} -c listen_addresses="
        )
        try:
            yield f"host={folder} user=postgres dbname=postgres"
        finally:
            control("stop", "--mode", "fast")
    finally:
        shutil.rmtree(folder)


def postgres(run):
    """A handler that verifies, inserts into PostgreSQL in batches, and answers after the commit. What is in the table is
    not read back."""
    where = programs()
    if not where:
        return [("PostgreSQL", "", "skipped: it is not installed; on Debian, apt-get install postgresql")]
    run.saturate()
    with cluster(where) as config:
        for _ in range(run.rounds):
            run.add("postgres", peer("postgres", run.seconds, folder=config))
        rate = 0.8 * run.median("postgres", "accepted_per_second")
        run.add("paced postgres", peer("postgres", run.seconds, "--rate", str(rate), folder=config))
    own, theirs = run.median("countersignd", "accepted_per_second"), run.median("postgres", "accepted_per_second")
    p99 = run.median("paced postgres", "p99_micros")
    return [
        (
            "HMAC, a batch of rows in PostgreSQL, then the answer",
            f"{theirs:,.0f}",
            f"countersignd: {own:,.0f}, {own / theirs:.1f} \u00d7",
        ),
        (f"  p99 in an open loop, {rate:,.0f} a second: 80 % of its saturation", f"{p99 / 1000:,.1f} ms", ""),
    ]
