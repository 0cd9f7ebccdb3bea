"""The two directions: what a peer signs is verified by the program, what the program signs is verified by the peer."""

import dataclasses
import time

from delivery import Sending, altered

SENT_AT = 1_760_000_000
THEIRS, OURS = "theirs verified here", "ours verified there"


class Trial:
    """All that is asked of one peer. `disagreement` is called with a message for each answer that is not right."""

    def __init__(self, program, peer, disagreement):
        self.program, self.peer, self.disagreement = program, peer, disagreement
        self.counts = {THEIRS: 0, OURS: 0}

    def run(self):
        for kind, make in self.peer.secrets.items():
            secret, other = (make(f"{self.peer.name} {which}") for which in ("right", "wrong"))
            if self.peer.signs:
                self.theirs_here(kind, secret, other)
            self.ours_there(kind, secret, other)
        return self.counts

    def theirs_here(self, kind, secret, other):
        preset, tolerance = self.peer.preset, self.peer.tolerance
        cases, good = [], []
        for number, sample in enumerate(self.peer.samples):
            sending = Sending(SENT_AT + number, 123 if number % 2 else 0, f"msg_{number}-A_z")
            delivery = self.peer.sign(secret, sample, sending)
            sent = sending.seconds
            good.append((sample, delivery, sent))
            cases.append((sample, "as signed", delivery, sent, "authentic"))
            changed = dataclasses.replace(delivery, body=self.peer.altered(delivery.body))
            assert changed.body != delivery.body
            cases.append((sample, "altered", changed, sent, "mismatch"))
            if tolerance is not None:
                cases.append((sample, "at the edge of the tolerance", delivery, sent + tolerance, "authentic"))
                cases.append((sample, "late", delivery, sent + tolerance + 1, "expired"))

        verdicts = self.program.verify_all(preset, secret, [(delivery, at) for _, _, delivery, at, _ in cases])
        for (sample, what, _, _, expected), verdict in zip(cases, verdicts, strict=True):
            self.check(THEIRS, kind, sample, what, verdict, expected)
        verdicts = self.program.verify_all(preset, other, [(delivery, at) for _, delivery, at in good])
        for (sample, _, _), verdict in zip(good, verdicts, strict=True):
            self.check(THEIRS, kind, sample, "another secret", verdict, "mismatch")
        for sample, delivery, sent in good:
            verdict = self.program.verify(preset, secret, delivery, sent)
            self.check(THEIRS, kind, sample, "by itself", verdict, "authentic")

    def ours_there(self, kind, secret, other):
        for number, sample in enumerate(self.peer.samples):
            # Most peers look at the clock, and some allow a few seconds only.
            delivery = self.signed(secret, sample, number, age=0)
            self.judge(kind, sample, "as signed", secret, delivery, True)
            changed = dataclasses.replace(delivery, body=self.peer.altered(delivery.body))
            self.judge(kind, sample, "altered", secret, changed, False)
            self.judge(kind, sample, "another secret", other, delivery, False)
            if self.peer.tolerance is not None:
                stale = self.signed(secret, sample, number, age=self.peer.tolerance + 2)
                self.judge(kind, sample, "late", secret, stale, False)

    def signed(self, secret, sample, number, age):
        sending = Sending(int(time.time()) - age, 0, f"msg_{number}-A_z")
        return self.peer.deliver(sample, self.program.sign(self.peer.preset, secret, sample, sending))

    def judge(self, kind, sample, what, secret, delivery, expected):
        verdict = {True: "accepted", False: "refused"}
        self.check(OURS, kind, sample, what, verdict[self.peer.accepts(secret, delivery)], verdict[expected])

    def check(self, direction, kind, sample, what, verdict, expected):
        self.counts[direction] += 1
        if verdict != expected:
            self.disagreement(f"{self.peer.name}, {direction}, body {sample.name}, secret {kind}, {what}: "
                              f"{verdict}, but it must be {expected}")
