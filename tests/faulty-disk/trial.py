"""countersignd on a disk that loses and fails: for scripts/test-power-cuts and scripts/test-failing-calls.

`Ledger` is the oracle of obligations: each 2xx is a debt, and in the end each debt is in the table once, byte for byte. What was
sent and not answered with 2xx may have happened or not.
"""

import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
PROGRAM = TARGET / "release" / "countersignd"
SECRET = b"a secret of the trial"
# With a sender's id a repetition is the same event; without, each delivery is one.
ENDPOINTS = {
    "with_ids": "3f1f6f2e-7f0b-4c6e-9d3b-1c5a9e1f2a3b",
    "without_ids": "7a2c1d90-0f57-4b6a-8a41-52c9e0d7b6f1",
}


class Broken(Exception):
    """A promise was broken."""


def check_machine():
    """Says what is missing, or returns."""
    if sys.platform != "linux" or not os.path.exists("/dev/fuse"):
        sys.exit(f"{sys.argv[0]}: this needs /dev/fuse of Linux (modprobe fuse)")
    if os.geteuid() != 0 and not (shutil.which("fusermount3") or shutil.which("fusermount")):
        sys.exit(f"{sys.argv[0]}: without root this needs fusermount3 (Debian: fuse3)")


def build():
    """The program, optimised. Without optimisation across crates it is built in half of the time."""
    fast = os.environ | {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}
    subprocess.run(
        ["cargo", "build", "--locked", "--release", "-p", "countersignd", "-p", "countersign-faulty-disk"],
        cwd=ROOT,
        check=True,
        env=fast,
    )


class Disk:
    """The file system, mounted in a folder of its own."""

    def __init__(self, folder, seed):
        self.place = folder / "disk"
        self.place.mkdir()
        self.process = subprocess.Popen(
            [TARGET / "release" / "countersign-faulty-disk", self.place, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def counts(self):
        return {name: int(value) for name, value in (word.split("=") for word in self.tell("counts").split())}

    def _answer(self):
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise SystemExit("the file system has ended: see above")
        return answer

    def close(self):
        """Leaves no mount behind, whatever has happened."""
        try:
            self.process.stdin.close()
            self.process.wait(timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        if os.path.ismount(self.place) or f" {self.place} " in pathlib.Path("/proc/mounts").read_text():
            subprocess.run(["umount", "--lazy", self.place], check=False)


def need(package, file):
    """A file of a Debian package, which is installed where that is allowed."""
    subprocess.run([ROOT / "scripts" / "need", package, f"[ -e {file} ]"], check=True)
    if not os.path.exists(file):
        sys.exit(f"{sys.argv[0]}: {file} is not where the package {package} of Debian has it")
    return file


class Clock:
    """The clock of a program (libfaketime), which can be put forward and back. Time-outs count by another one."""

    def __init__(self, path):
        library = need("faketime", "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
        self.file = path / "clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds):
        """So many seconds ahead of the right time."""
        following = self.file.with_suffix(".next")
        following.write_text(f"{round(seconds):+}")
        following.rename(self.file)


def connection(name, endpoint, number=0):
    config = {
        "schema": "trial",
        "table": name,
        "sync_format": "Packed",
        "auth_method": "HMAC",
        "auth_secret": SECRET.decode(),
        "signature_encoding": "HEXA_DECIMAL",
    }
    # What has no effect here, and makes one configuration differ from the next.
    config["keep_headers"] = [f"X-Reload-{number % 7}"]
    if name == "with_ids":
        config["id_from"] = "json:/id"
    return {"id": name, "endpoint": endpoint, "service": "webhooks", "group_id": "trial", "config": config}


class Program:
    """countersignd on a folder."""

    def __init__(self, folder, data, *arguments, before=(), environment=None):
        self.data, self.folder = data, folder
        file = self._write_connections(0)
        self.log = folder / "log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*before, PROGRAM, "serve", "--json", "--data", data, "--connections", file, "--listen", "127.0.0.1:0"]
                + ["--admin-listen", "127.0.0.1:0", "--public-url", "https://hooks.example.com", *arguments],
                stderr=log,
                env=os.environ | (environment or {}),
            )
        self.address, self.admin = self._addresses()

    def _write_connections(self, number):
        file = self.folder / "connections.json"
        text = json.dumps([connection(name, endpoint, number) for name, endpoint in ENDPOINTS.items()])
        # Never half of it.
        (self.folder / "next.json").write_text(text)
        (self.folder / "next.json").rename(file)
        return file

    def reload(self, number):
        """The connections are read again, while it runs."""
        self._write_connections(number)
        self.process.send_signal(signal.SIGHUP)

    def _addresses(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            has_ended = self.process.poll() is not None
            for line in self.records():
                fields = line.get("fields", {})
                if "admin_listen" in fields:
                    return fields["listen"], fields["admin_listen"]
            if has_ended:
                break
            time.sleep(0.005)
        raise Broken(f"it does not start: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def records(self):
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def alarms(self):
        text = self.log.read_text(encoding="utf-8")
        alarms = ('"acknowledged_and_corrupt"', '"foreign_object"', "panicked")
        return [line[:500] for line in text.splitlines() if any(alarm in line for alarm in alarms)]

    def get(self, path):
        host, port = self.admin.rsplit(":", 1)
        asked = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.read().decode()
        finally:
            asked.close()

    def sync(self, name):
        """The exit status of a sync of a connection, and what it says."""
        done = subprocess.run(
            [PROGRAM, "sync", name, "--data", self.data], capture_output=True, text=True, check=False, timeout=300
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def sync_all(self, seconds=60):
        """Brings everything into the tables; what fails is tried again."""
        for name in ENDPOINTS:
            deadline = time.monotonic() + seconds
            while True:
                status, said = self.sync(name)
                if status == 0:
                    break
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Broken(f"{name} is not synced: {said}")
                time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.terminate()
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Broken("it does not end") from None


class Ledger:
    """What was sent, and what is owed."""

    def __init__(self, longest=3000):
        self.lock = threading.Lock()
        self.longest = longest
        self.number = 0
        # Digests stand for bodies, of which there may be millions.
        self.sent = {name: set() for name in ENDPOINTS}
        self.debts = {name: {} for name in ENDPOINTS}
        # Of these nobody knows what became of them. Their sender sends them again.
        self.unknown = []
        self.answers = {}

    def next(self):
        """A delivery: one that was sent and not answered, or a new one."""
        with self.lock:
            if self.unknown and random.random() < 0.3:
                return "with_ids", self.unknown.pop()
            self.number += 1
            number = self.number
            name = "with_ids" if number % 3 else "without_ids"
            length = 250_000 if number % 250 == 0 else number * 37 % self.longest
            # Bytes that occur nowhere else, so that a page from elsewhere is noticed.
            filler = hashlib.sha256(str(number).encode()).hexdigest() * (length // 64 + 1)
            body = json.dumps({"id": f"evt_{number}", "filler": filler}).encode()
            self.sent[name].add(digest(body))
            return name, body

    def owes(self, name, body, event_id):
        with self.lock:
            before = self.debts[name].setdefault(event_id, digest(body))
            if before != digest(body):
                raise Broken(f"two events have the id {event_id}")

    def answered(self, status):
        with self.lock:
            self.answers[status] = self.answers.get(status, 0) + 1

    def does_not_know(self, name, body):
        # What has no id would be another event the second time.
        if name == "with_ids":
            with self.lock:
                self.unknown.append(body)

    def count(self):
        return sum(map(len, self.debts.values()))

    def judge(self, data):
        """Compares the tables with what is owed; how many rows there are."""
        rows = 0
        for name in ENDPOINTS:
            rows += self._judge(name, data / "warehouse" / "trial.db")
        return rows

    def _judge(self, name, path):
        if not path.exists():
            if self.debts[name]:
                raise Broken(f"{name}: there is no table, and {len(self.debts[name])} events are owed")
            return 0
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        try:
            names = {row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            rows = database.execute(f"SELECT _id, _index, event FROM {name}") if name in names else ()
            stored = self._stored(name, rows)
            letters = f"{name}__dead_letters"
            dead = database.execute(f"SELECT count(*) FROM {letters}").fetchone()[0] if letters in names else 0
        except sqlite3.DatabaseError as error:
            raise Broken(f"{name}: the table cannot be read: {error}") from None
        finally:
            database.close()
        if dead:
            raise Broken(f"{name}: {dead} dead letters")
        lost = [event_id for event_id, body in self.debts[name].items() if stored.get(event_id) != body]
        if lost:
            raise Broken(f"{name}: {len(lost)} of {len(self.debts[name])} that were acknowledged are not there: {lost[:3]}")
        return len(stored)

    def _stored(self, name, rows):
        """The digest of each event, by its id; each is there once, and was sent."""
        stored, bodies = {}, set()
        for event_id, index, event in rows:
            body = digest(event.encode())
            if body not in self.sent[name]:
                raise Broken(f"{name}: {event_id} is an event that nobody sent: {event[:60]}")
            if index != 0 or event_id in stored:
                raise Broken(f"{name}: {event_id} is there twice")
            if body in bodies:
                raise Broken(f"{name}: an event is there twice, with two ids: {event[:60]}")
            stored[event_id] = body
            bodies.add(body)
        return stored


def digest(body):
    return hashlib.sha256(body).digest()


class Senders:
    """Threads that send until they are told to stop, or nobody answers any more."""

    def __init__(self, ledger, address, count=6, allowed=(200, 503), stops=True, pause=0.0):
        self.ledger, self.address, self.allowed, self.stops, self.pause = ledger, address, allowed, stops, pause
        self.is_over = threading.Event()
        self.failure = self.last_error = None
        self.threads = [threading.Thread(target=self._send, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        sender = self._connection()
        try:
            while not self.is_over.wait(self.pause):
                if not self._deliver(sender):
                    sender.close()
                    if self.stops:
                        return
                    time.sleep(0.02)
                    # The program may have another address by now.
                    sender = self._connection()
        except Exception as error:  # It is shown by whoever joins.
            self.failure = error
        finally:
            sender.close()

    def _connection(self):
        host, port = self.address.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=30)

    def _deliver(self, sender):
        name, body = self.ledger.next()
        headers = {"X-Fivetran-Hmac-Sign": hmac.new(SECRET, body, "sha256").hexdigest()}
        try:
            sender.request("POST", f"/webhooks/{ENDPOINTS[name]}", body, headers)
            answer = sender.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.ledger.does_not_know(name, body)
            self.ledger.answered("none")
            self.last_error = (len(body), error)
            return False
        self.ledger.answered(answer.status)
        if answer.status in (429, 503) and not answer.headers.get("Retry-After", "").isdigit():
            raise Broken(f"an answer {answer.status} without Retry-After")
        if answer.status not in self.allowed:
            raise Broken(f"the answer {answer.status} is not allowed here: {text[:200]}")
        if answer.status == 200:
            self.ledger.owes(name, body, str(uuid.UUID(json.loads(text)["id"])))
            return True
        self.ledger.does_not_know(name, body)
        time.sleep(0.01)
        return True

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(timeout=60)
            if thread.is_alive():
                raise Broken("a request has no answer after a minute")
        if self.failure:
            raise self.failure


def folder():
    """A temporary folder that is not on the disk under trial."""
    return tempfile.TemporaryDirectory(prefix="countersignd-trial-", dir=os.environ.get("TMPDIR"))


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Broken(f"after {seconds} seconds still not: {what}")
        time.sleep(0.01)
