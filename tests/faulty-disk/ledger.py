"""The oracle of obligations: each 2xx is a debt, and in the end each debt is in the table once, byte for byte. What was
sent and not answered with 2xx may have happened or not.
"""

import hashlib
import hmac
import http.client
import json
import random
import sqlite3
import threading
import time
import uuid

SECRET = b"a secret of the trial"
# With a sender's id a repetition is the same event; without, each delivery is one.
ENDPOINTS = {
    "with_ids": "3f1f6f2e-7f0b-4c6e-9d3b-1c5a9e1f2a3b",
    "without_ids": "7a2c1d90-0f57-4b6a-8a41-52c9e0d7b6f1",
}


class Broken(Exception):
    """A promise was broken."""


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
            of = len(self.debts[name])
            raise Broken(f"{name}: {len(lost)} of {of} that were acknowledged are not there: {lost[:3]}")
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
