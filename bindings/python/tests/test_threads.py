"""One verifier and one stream, used by many threads at once; bodies that change meanwhile; the lock that is let go."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from countersign_webhooks import Rejected, Signer, Verifier

SIZES = [0, 100, 32_768, 1_000_000]


def test_one_verifier_for_many_threads():
    verifier, signer = Verifier("k"), Signer("k")
    bodies = [bytes([number]) * size for number in range(4) for size in SIZES]
    signatures = [signer.headers(body)["X-Fivetran-Hmac-Sign"] for body in bodies]

    def work(shift):
        for _ in range(20):
            for at, body in enumerate(bodies):
                assert verifier.verify_signature(signatures[at], body).code == 0
                wrong = signatures[(at + 1 + shift) % len(bodies)]
                if wrong != signatures[at]:
                    with pytest.raises(Rejected, match="mismatch"):
                        verifier.verify_signature(wrong, body)
            pairs = [(signatures[at], bodies[(at + shift) % len(bodies)]) for at in range(len(bodies))]
            wanted = [signatures[at] == signatures[(at + shift) % len(bodies)] for at in range(len(bodies))]
            assert [bool(verdict) for verdict in verifier.verify_batch(pairs)] == wanted
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_a_body_that_changes_meanwhile_is_one_or_the_other():
    """A `bytearray` is looked at as it is at one moment: no verdict but these, and nothing worse."""
    zeros, ones = bytes(2_000_000), b"\1" * 2_000_000
    signature = Signer("k").headers(zeros)["X-Fivetran-Hmac-Sign"]
    verifier, body, done = Verifier("k"), bytearray(zeros), threading.Event()

    def change():
        while not done.is_set():
            body[:] = ones
            time.sleep(0.0005)
            body[:] = zeros
            time.sleep(0.0005)

    changer = threading.Thread(target=change)
    changer.start()
    verdicts = set()
    try:
        for _ in range(200):
            verdicts |= {verdict.code for verdict in verifier.verify_batch([(signature, body)] * 2)}
            try:
                verdicts.add(verifier.verify_signature(signature, body).code)
            except Rejected as rejected:
                verdicts.add(rejected.code)
            except BufferError:
                pass
    finally:
        done.set()
        changer.join()
    assert verdicts <= {0, 8}


@pytest.fixture
def nobody_is_interrupted():
    """A thread that holds the lock keeps it until it lets go by itself."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(usual)


def others_run_during(work):
    """Whether another thread got to run while `work` did."""
    count, done, started = 0, threading.Event(), threading.Event()

    def counter():
        nonlocal count
        started.set()
        while not done.is_set():
            count += 1
            time.sleep(0)

    thread = threading.Thread(target=counter)
    thread.start()
    started.wait()
    before = count
    work()
    after = count
    done.set()
    thread.join()
    return after > before


@pytest.mark.usefixtures("nobody_is_interrupted")
def test_other_threads_run_while_a_large_body_is_verified():
    """Over `bytes` they do; over a `bytearray`, which they could change, and over a short body they wait."""
    verifier, body = Verifier("k"), bytes(100_000_000)
    signature = Signer("k").headers(body)["X-Fivetran-Hmac-Sign"]
    stream = verifier.begin_signature(signature)
    assert others_run_during(lambda: verifier.verify_signature(signature, body))
    assert others_run_during(lambda: verifier.verify({"x-fivetran-hmac-sign": signature}, body))
    assert others_run_during(lambda: verifier.verify_signature(signature, memoryview(body)[:]))
    assert others_run_during(lambda: verifier.verify_batch([(signature, body)]))
    assert others_run_during(lambda: verifier.verify_deliveries([({"x-fivetran-hmac-sign": signature}, body)]))
    assert others_run_during(lambda: stream.update(body))
    own = bytearray(body)
    for changeable in (own, memoryview(own), memoryview(own).toreadonly()):
        assert not others_run_during(lambda: verifier.verify_signature(signature, changeable))
    assert not others_run_during(lambda: verifier.verify_batch([(signature, own)]))
    assert not others_run_during(lambda: stream.update(own))
    short = Signer("k").headers(b"short")["X-Fivetran-Hmac-Sign"]
    assert not others_run_during(lambda: verifier.verify_signature(short, b"short"))


def test_a_stream_that_threads_share_takes_every_piece_once():
    piece = bytes(100_000)
    body = piece * 64
    stream = Verifier("k").begin(Signer("k").headers(body))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stream.update(piece), range(64)))
    assert stream.finish().code == 0


def test_of_many_that_finish_a_stream_one_does():
    stream = Verifier("k").begin(Signer("k").headers(b""))

    def finish(_):
        try:
            return stream.finish().code
        except ValueError:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(finish, range(32)), key=str) == [0] + [None] * 31


def test_a_batch_may_be_changed_while_it_is_verified():
    body = bytes(1_000_000)
    signature = Signer("k").headers(body)["X-Fivetran-Hmac-Sign"]
    verifier, batch = Verifier("k"), [(signature, body)] * 200
    with ThreadPoolExecutor(1) as pool:
        verdicts = pool.submit(verifier.verify_batch, batch)
        batch.clear()
        found = verdicts.result()
    # Cleared before, amid or after the reading of the list.
    assert all(found)
