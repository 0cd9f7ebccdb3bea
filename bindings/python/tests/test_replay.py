"""Messages that were taken before."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from countersign_webhooks import ConfigError, Rejected, Replayed, ReplayMemory, Signer, Verifier

NOW = 1_700_000_000
ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))


def is_handled(memory, identity, *, window=60, now=NOW):
    """What is known of a message that was taken before."""
    with pytest.raises(Replayed) as caught:
        memory.take(identity, window=window, now=now)
    assert (caught.value.reason, caught.value.code) == ("replayed", 14) and isinstance(caught.value, Rejected)
    return caught.value.handled


def test_a_message_is_taken_once():
    memory = ReplayMemory(10)
    ticket = memory.take(ONE, window=60, now=NOW)
    assert ticket.identity == ONE and ticket.number > 0
    assert is_handled(memory, ONE) is False
    assert memory.finish(ticket) and is_handled(memory, ONE) is True
    assert memory.take(TWO, window=60, now=NOW) != ticket
    assert (len(memory), memory.evicted) == (2, 0)


def test_what_is_forgotten_is_taken_again_and_old_tickets_do_nothing():
    memory = ReplayMemory(10)
    first = memory.take(ONE, window=60, now=NOW)
    assert memory.forget(first) and not memory.forget(first) and not memory.finish(first)
    assert len(memory) == 0 and memory
    second = memory.take(ONE, window=60, now=NOW)
    assert second.number != first.number and first != second
    assert not memory.finish(first) and not memory.forget(first)
    assert is_handled(memory, ONE) is False
    # Nor do those of another memory.
    other = ReplayMemory(10)
    other.take(ONE, window=60, now=NOW)
    assert not other.finish(second) and memory.finish(second)
    assert is_handled(memory, ONE) is True


def test_a_block_finishes_or_forgets():
    memory = ReplayMemory(10)
    with memory.take(ONE, window=60, now=NOW) as ticket:
        assert is_handled(memory, ONE) is False
    assert is_handled(memory, ONE) is True
    assert ticket.identity == ONE
    with pytest.raises(KeyboardInterrupt):
        with memory.take(TWO, window=60, now=NOW):
            raise KeyboardInterrupt
    with memory.take(TWO, window=60, now=NOW) as ticket:
        # What is answered with an error, without an exception.
        assert memory.forget(ticket)
    assert memory.take(TWO, window=60, now=NOW).identity == TWO


def test_the_window_ends():
    memory = ReplayMemory(10)
    memory.take(ONE, window=60, now=NOW)
    assert is_handled(memory, ONE, now=NOW + 60) is False
    # Nobody has settled it, so it is taken again, however often it came.
    ticket = memory.take(ONE, window=60, now=datetime.fromtimestamp(NOW + 60.001, timezone.utc))
    # Of one that was handled, the window runs from the last time that it came.
    assert memory.finish(ticket)
    assert is_handled(memory, ONE, now=NOW + 100) is True
    assert is_handled(memory, ONE, now=NOW + 160) is True
    memory.take(ONE, window=60, now=NOW + 220.5)
    # Without a moment it is the present one.
    memory.take(TWO, window=0.001, now=NOW)
    memory.take(TWO, window=0.001)


def test_the_oldest_is_forgotten_for_want_of_room():
    memory = ReplayMemory(2)
    for identity in (ONE, TWO, THREE):
        memory.take(identity, window=60, now=NOW)
    assert (len(memory), memory.evicted) == (2, 1)
    assert repr(memory) == "<ReplayMemory of 2 messages, 1 evicted>"
    assert is_handled(memory, TWO) is False
    memory.take(ONE, window=60, now=NOW)
    assert memory.evicted == 2


def test_of_many_threads_one_takes_a_message():
    memory = ReplayMemory(1000)

    def take(number):
        try:
            with memory.take(number.to_bytes(32, "big"), window=60, now=NOW):
                return 1
        except Replayed:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, list(range(200)) * 16)) == 200
    assert len(memory) == 200


def test_deliveries():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    verifier, signer = Verifier.preset("standard-webhooks", secret), Signer.preset("standard-webhooks", secret)
    memory, window = ReplayMemory(1000), verifier.replay_window()

    def handle(name, now):
        headers = signer.headers(b"{}", id=name, now=now)
        verifier.verify(headers, b"{}", now=now)
        with memory.take(verifier.identify(headers, b"{}"), window=window, now=now):
            pass

    handle("msg_1", NOW)
    handle("msg_2", NOW)
    with pytest.raises(Replayed):
        # Signed anew.
        handle("msg_1", NOW + 10)


def test_the_window_that_a_verifier_needs():
    stripe = Verifier.preset("stripe", "whsec_s", tolerance=(300, 10))
    # Both ways, and a second more.
    assert [stripe.replay_window(), stripe.replay_window(0), stripe.replay_window(3600.5)] == [311, 311, 3600.5]
    github = Verifier.preset("github", "a secret")
    assert github.replay_window(86400) == 86400
    token = Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": "t0ken"})
    for verifier, window, code in [(github, None, 67), (github, 0, 67), (token, 60, 69)]:
        with pytest.raises(ConfigError) as caught:
            verifier.replay_window(window)
        assert caught.value.code == code


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ConfigError, match="capacity of at least 1"):
        ReplayMemory(0)
    for capacity in (-1, 1 << 64):
        with pytest.raises(ValueError, match="capacity is out of range"):
            ReplayMemory(capacity)
    with pytest.raises(TypeError):
        ReplayMemory("10")
    memory = ReplayMemory(1)
    for identity, error in [("text", TypeError), (None, TypeError), (bytes(31), ValueError), (bytes(33), ValueError),
                            (b"", ValueError)]:
        with pytest.raises(error, match="identi"):
            memory.take(identity, window=60)
    for window, error in [(0, ValueError), (0.0, ValueError), (-1, ValueError), (float("nan"), ValueError),
                          (float("inf"), ValueError), (10**400, ValueError), (1e300, ValueError), ("60", TypeError),
                          (None, TypeError), (True, TypeError)]:
        with pytest.raises(error, match="window"):
            memory.take(ONE, window=window)
    with pytest.raises(TypeError):
        memory.take(ONE)
    with pytest.raises(ValueError, match="time zone"):
        memory.take(ONE, window=60, now=datetime(2026, 1, 1))
    for ticket in (None, 7, ONE):
        with pytest.raises(TypeError):
            memory.finish(ticket)
    for negative in (-1, float("nan")):
        with pytest.raises(ValueError, match="window"):
            Verifier("k").replay_window(negative)
    assert len(memory) == 0
    for what in (memory, memory.take(ONE, window=60)):
        with pytest.raises(TypeError):
            pickle.dumps(what)
