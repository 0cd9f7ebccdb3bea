"""What is not right is refused with the reason, and nothing crashes."""

import array
import copy
import json
import mmap
import pickle
from datetime import datetime, timedelta, timezone

import pytest

import countersign_webhooks
from countersign_webhooks import ConfigError, Delivery, Rejected, Replayed, ReplayMemory, Secret, Signer, Verifier

SECRET = "It's a Secret to Everybody"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
BODY = b"Hello, World!"
VERIFIER = Verifier.preset("github", SECRET)
STAMPED = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
           "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
STANDARD = Verifier.preset("standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@pytest.mark.parametrize("body", ["Hello, World!", None, {"a": 1}, 7, ["H"], memoryview])
def test_bodies_that_are_not_raw_bytes(body):
    stream = VERIFIER.begin_signature(SIGNATURE)
    for use in (
        lambda: VERIFIER.verify_signature(SIGNATURE, body),
        lambda: VERIFIER.verify({"X-Hub-Signature-256": SIGNATURE}, body),
        lambda: VERIFIER.verify_batch([(SIGNATURE, BODY), (SIGNATURE, body)]),
        lambda: VERIFIER.verify_deliveries([({}, BODY), ({}, body)]),
        lambda: VERIFIER.explain({}, body, SECRET),
        lambda: Signer.preset("github", SECRET).headers(body),
        lambda: stream.update(body),
    ):
        with pytest.raises(TypeError, match="the body must be bytes, bytearray or memoryview, not "):
            use()
    with pytest.raises(TypeError, match=r"pass the raw bytes .*request.get_data.*await request.body"):
        VERIFIER.verify_signature(SIGNATURE, "text")


def test_bytes_of_every_kind_are_read_where_they_are():
    page = mmap.mmap(-1, len(BODY))
    page.write(BODY)
    whole = b"<" + BODY + b">"
    class Own(bytes):
        pass
    kinds = [BODY, bytearray(BODY), memoryview(BODY), memoryview(bytearray(BODY)), memoryview(whole)[1:-1],
             memoryview(whole)[1:-1].cast("b"), array.array("B", BODY), page, Own(BODY), memoryview(BODY).toreadonly()]
    for kind in kinds:
        assert VERIFIER.verify_signature(SIGNATURE, kind).secret_index == 0
    # Nothing of it is kept: a buffer that is lent out could not grow, nor could the map be closed.
    kinds[1].append(0)
    page.close()
    empty = Signer("k").headers(b"")["X-Fivetran-Hmac-Sign"]
    for nothing in (b"", bytearray(), memoryview(b""), memoryview(BODY)[3:3]):
        assert Verifier("k").verify_signature(empty, nothing).code == 0
    with pytest.raises(BufferError, match="side by side"):
        VERIFIER.verify_signature(SIGNATURE, memoryview(whole)[::2])
    view = memoryview(BODY)
    view.release()
    with pytest.raises((BufferError, ValueError)):
        VERIFIER.verify_signature(SIGNATURE, view)


@pytest.mark.parametrize("length", [0, 31, 32767, 32768, 32769, 5_000_000, 300_000_000])
def test_bodies_of_every_length(length):
    body = bytes(length)
    signature = Signer("k").headers(body)["X-Fivetran-Hmac-Sign"]
    verifier = Verifier("k")
    assert verifier.verify_signature(signature, body).code == 0
    assert verifier.verify_signature(signature, memoryview(body)).code == 0
    with pytest.raises(Rejected):
        verifier.verify_signature(signature, memoryview(body)[1:] if length else b"x")


@pytest.mark.parametrize("signature", [7, [], bytearray(b"x"), object()])
def test_signatures_of_other_types(signature):
    for use in (VERIFIER.verify_signature, lambda signature, body: VERIFIER.verify_batch([(signature, body)])):
        with pytest.raises(TypeError, match="the signature must be str or bytes, not "):
            use(signature, BODY)
    with pytest.raises(TypeError, match="the signature must be str or bytes, not "):
        VERIFIER.begin_signature(signature)


def test_no_signature_is_a_header_that_is_absent():
    for use in (lambda: VERIFIER.verify_signature(None, BODY), lambda: VERIFIER.begin_signature(None)):
        with pytest.raises(Rejected) as caught:
            use()
        assert (caught.value.reason, caught.value.code) == ("missing_signature", 1)
    assert [one.code for one in VERIFIER.verify_batch([(None, BODY)] * 9)] == [1] * 9


def test_arguments_are_counted():
    for use in (VERIFIER.verify_signature, VERIFIER.verify, Verifier, Verifier.preset, VERIFIER.explain):
        with pytest.raises(TypeError):
            use()
    with pytest.raises(TypeError):
        VERIFIER.verify({}, BODY, "POST")
    with pytest.raises(TypeError):
        VERIFIER.verify({}, BODY, nov=7)
    assert VERIFIER.verify_signature(body=BODY, signature=SIGNATURE).code == 0


@pytest.mark.parametrize("now", [1614265330, 1614265330.5, datetime.fromtimestamp(1614265330, timezone.utc)])
def test_moments(now):
    assert STANDARD.verify(STAMPED, b'{"test": 2432232314}', now=now).algorithm == "SHA_256"


@pytest.mark.parametrize(
    ("now", "error", "text"),
    [
        ("1614265330", TypeError, "now must be seconds since 1970 or a datetime with a time zone, not str"),
        (True, TypeError, "not bool"),
        (datetime(2021, 2, 25), ValueError, "now has no time zone"),
        (float("nan"), ValueError, "out of range"),
        (float("inf"), ValueError, "out of range"),
        (1e300, ValueError, "out of range"),
        (10**30, ValueError, "out of range"),
        (-(10**30), ValueError, "out of range"),
    ],
)
def test_moments_that_are_none(now, error, text):
    with pytest.raises(error, match=text):
        STANDARD.verify(STAMPED, b"", now=now)


@pytest.mark.parametrize("now", [1614265330_000, 1614265330_000.5, 253402300801, 253402300801.0, 1614265330 * 10**9, 2**63 - 1])
def test_moments_in_milliseconds(now):
    text = r"now looks like milliseconds \(as seconds it would be after the year 9999\); give seconds since 1970"
    for use in (
        lambda: STANDARD.verify(STAMPED, b'{"test": 2432232314}', now=now),
        lambda: STANDARD.begin(STAMPED, now=now),
        lambda: STANDARD.begin_identified(STAMPED, now=now),
        lambda: STANDARD.verify_deliveries([Delivery(STAMPED, b"", now=now)]),
        lambda: STANDARD.handshake(STAMPED, b"", method="GET", now=now),
        lambda: STANDARD.explain(STAMPED, b"", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now=now),
        lambda: Signer("k").headers(b"", now=now),
        lambda: ReplayMemory(1).take(bytes(32), window=1, now=now),
    ):
        with pytest.raises(ValueError, match=text):
            use()
    with pytest.raises(ValueError, match="^not_after looks like milliseconds"):
        Secret("k", not_after=now)


def test_moments_out_of_reach_are_only_late_or_early():
    for now, reason in [(None, "expired"), (253402300800, "expired"), (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), "expired"),
                        (-(2**62), "from_future"), (-1.5, "from_future")]:
        with pytest.raises(Rejected, match=reason):
            STANDARD.verify(STAMPED, b'{"test": 2432232314}', now=now)


def test_method_and_url_are_text():
    for name in ("method", "url"):
        with pytest.raises(TypeError, match=f"{name} must be str, not int"):
            VERIFIER.verify({}, BODY, **{name: 7})


@pytest.mark.parametrize("secret", [7, None, {}, object(), [b"ok", 7]])
def test_secrets_of_other_types(secret):
    for use in (Verifier, lambda secret: Verifier.preset("github", secret)):
        with pytest.raises(TypeError, match="a secret must be str or bytes"):
            use(secret)


@pytest.mark.parametrize("secret", [7, None, {}, ["a", "b"], ("a",)])
def test_a_signer_takes_one_secret(secret):
    found = "None|int|dict|list|tuple"
    for use in (Signer, lambda secret: Signer.preset("github", secret),
                lambda secret: Signer.from_scheme({}, secret)):
        with pytest.raises(TypeError, match=f"^a Signer takes one secret, str or bytes; found ({found})$"):
            use(secret)
    with pytest.raises(TypeError, match=f"^a Secret is made of one secret, str or bytes; found ({found})$"):
        Secret(secret)


def test_configuration_errors_say_what_to_do_and_show_no_secret():
    marked = "s3cr3t-that-nobody-sees"
    cases = [
        (lambda: Verifier(""), "empty_secret", 65, None, ""),
        (lambda: Verifier([]), "empty_secret", 65, None, ""),
        (lambda: Verifier(" "), "empty_secret", 65, None, "nothing but white space"),
        (lambda: Verifier("******"), "empty_secret", 65, None, "give the secret itself"),
        (lambda: Verifier.preset("github", [marked, "\n"]), "empty_secret", 65, None, "nothing but white space"),
        (lambda: Verifier([marked] * 9), "invalid_config", 67, None, "8"),
        (lambda: Verifier(marked, "SHA256"), "invalid_config", 67, "algorithm", 'did you mean "SHA_256"?'),
        (lambda: Verifier(marked, encoding="hex"), "invalid_config", 67, "encoding", "HEXA_DECIMAL"),
        (lambda: Verifier(marked, header="a b"), "invalid_config", 67, "signature.header", "header"),
        (lambda: Verifier.preset("githob", marked), "unknown_preset", 68, None, 'did you mean "github"?'),
        (lambda: Verifier.preset("discord", marked), "unsupported", 69, None, "Ed25519"),
        (lambda: Verifier.preset("stripe", marked, tolerance=7) and Verifier.preset("github", marked, tolerance=7),
         "invalid_config", 67, None, "timestamp"),
        (lambda: Verifier.preset("standard-webhooks", marked + "!"), "malformed_secret", 66, None, "BASE64"),
        (lambda: Verifier.from_connection({"auth_method": "HMAC", "auth_secret": marked, "algoritm": "MD5"}),
         "invalid_config", 67, "algoritm", "algorithm"),
        (lambda: Verifier.from_connection({"auth_secret": marked}), "invalid_config", 67, "auth_secret", "auth_method"),
        (lambda: Verifier.from_connection("{"), "invalid_config", 67, None, "line 1"),
        (lambda: Verifier.from_scheme({}, marked), "invalid_config", 67, None, "signature"),
        (lambda: Signer.from_scheme({"token": {"header": "X-Token"}}, marked), "unsupported", 69, None, ""),
        (lambda: Signer.preset("github", marked, algorithm="SHA256"), "invalid_config", 67, "algorithm", "SHA_256"),
        (lambda: Signer.preset("twilio", marked).headers(BODY), "invalid_config", 67, None, "url"),
        (lambda: Verifier.preset("twilio", marked).begin({}), "unsupported", 69, None, "body"),
        (lambda: Verifier.preset("twilio", marked).begin_identified({}), "unsupported", 69, None, "body"),
    ]
    for make, reason, code, field, text in cases:
        with pytest.raises(ConfigError) as caught:
            make()
        error = caught.value
        assert isinstance(error, ValueError)
        assert (error.reason, error.code, error.field) == (reason, code, field), repr(error)
        assert text in str(error) and marked not in repr(error) + str(error), repr(error)


@pytest.mark.parametrize("secret", ["s3cr3t", "swordfish", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "p@ss w0rd/="])
def test_a_secret_in_place_of_another_argument_is_not_shown(secret):
    for make in [
        lambda: Verifier.preset(secret, "github"),
        lambda: Signer.preset(secret, "github"),
        lambda: Verifier("SHA_256", secret),
        lambda: Signer("SHA_256", secret),
        lambda: Verifier("a", "SHA_256", secret),
        lambda: Signer.preset("github", "a", algorithm=secret),
        lambda: Verifier.from_scheme(secret, {"token": {"header": "X-Token"}}),
        lambda: Verifier.from_scheme(secret, "{}"),
        lambda: Verifier.from_connection(secret, "{}"),
        lambda: Verifier.from_connection({"auth_method": secret, "auth_secret": "HMAC"}),
        lambda: Verifier.from_connection({"auth_method": "HMAC", secret: "auth_secret"}),
    ]:
        with pytest.raises((ConfigError, TypeError)) as caught:
            make()
        assert secret not in repr(caught.value) + str(caught.value), repr(caught.value)


SILENT = [{}, {"algorithm": "SHA_256"}, {"signature_encoding": "HEXA_DECIMAL"},
          {"group_id": "g", "service": "webhooks", "config": {"schema": "s", "table": "t", "algorithm": "SHA_256"}}]


@pytest.mark.parametrize("given", SILENT + [json.dumps(one) for one in SILENT])
def test_nothing_is_left_unchecked_because_a_word_is_missing(given):
    for use in (Verifier.from_connection, lambda given: Verifier.from_connection(given, []), Signer.from_connection,
                lambda given: Verifier.from_connection(given, "k"), lambda given: Signer.from_connection(given, "k")):
        with pytest.raises(ConfigError, match='"auth_method": "NONE"') as caught:
            use(given)
        assert caught.value.reason == "invalid_config" and caught.value.field.endswith("auth_method")
    # As `os.environ.get` has it for a variable that is unset.
    for use in (Verifier, Signer):
        for connection in (given, {"auth_method": "NONE"}, {"auth_method": "HMAC", "auth_secret": "k"}):
            with pytest.raises(TypeError, match="None"):
                use.from_connection(connection, None)


def test_none_is_said_in_so_many_words_and_takes_no_secret():
    for given in ({"auth_method": "NONE"}, '{"auth_method": "NONE"}'):
        assert Verifier.from_connection(given).verify({}, b"forged").algorithm is None
        with pytest.raises(ConfigError, match="NONE"):
            Verifier.from_connection(given, "k")
    for beside in ({"auth_secret": "k"}, {"auth_secret": None}, {"secrets": ["k"]}, {"auth_header_key": "X-Sign"}):
        with pytest.raises(ConfigError):
            Verifier.from_connection({"auth_method": "NONE"} | beside)


def test_lines_are_told_of_text_only():
    text = '{\n"auth_method": "HMAC",\n"auth_secret": "k",\n"algorithm": "SHA"}'
    with pytest.raises(ConfigError) as caught:
        Verifier.from_connection(text)
    assert caught.value.line == 4 and str(caught.value).startswith("line 4: algorithm: ")
    with pytest.raises(ConfigError) as caught:
        Verifier.from_connection({"auth_method": "HMAC", "auth_secret": "k", "algorithm": "SHA"})
    assert caught.value.line is None and str(caught.value).startswith("algorithm: ")


@pytest.mark.parametrize("given", [7, None, b"{}", [], ()])
def test_configurations_of_other_types(given):
    for use in (Verifier.from_connection, lambda given: Verifier.from_scheme(given, "k")):
        with pytest.raises(TypeError, match="must be a dict or JSON in a str, not "):
            use(given)


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError):
        Verifier.from_connection({"auth_method": object()})
    with pytest.raises(ConfigError):
        Verifier.from_connection({"auth_method": float("nan")})
    around = {}
    around["config"] = around
    with pytest.raises(ValueError):
        Verifier.from_connection(around)


@pytest.mark.parametrize("tolerance", ["7", -1, 1.5, (1,), 2**40, None])
def test_tolerances(tolerance):
    if tolerance is None:
        Verifier.preset("stripe", "k", tolerance=tolerance)
    else:
        with pytest.raises(ValueError, match="the tolerance must be whole seconds"):
            Verifier.preset("stripe", "k", tolerance=tolerance)


def test_a_tolerance_replaces_the_senders():
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    late, early = 1614265330 + 1000, 1614265330 - 1000
    for tolerance, taken in [(None, []), (1000, [late, early]), ((1000, 0), [late]), ((0, 1000), [early])]:
        verifier = Verifier.preset("standard-webhooks", secret, tolerance=tolerance)
        for now in (late, early):
            if now in taken:
                assert verifier.verify(STAMPED, body, now=now).code == 0
            else:
                with pytest.raises(Rejected, match="expired|from_future"):
                    verifier.verify(STAMPED, body, now=now)


def test_a_finished_stream_is_finished():
    stream = VERIFIER.begin_signature(SIGNATURE)
    stream.update(BODY)
    assert stream.finish().secret_index == 0
    for use in (stream.finish, lambda: stream.update(b"")):
        with pytest.raises(ValueError, match="this stream is finished"):
            use()
    with pytest.raises(Rejected):
        VERIFIER.begin({"X-Hub-Signature-256": "sha256="})


@pytest.mark.parametrize(
    ("batch", "text"),
    [
        (7, "int"),
        ([7], "item 0 of the batch: must be a tuple, not int"),
        ([(SIGNATURE, BODY), (SIGNATURE,)], "item 1 of the batch: must be a signature and a body, and has 1 parts"),
        ([(SIGNATURE, BODY, 7)], "has 3 parts"),
        (["ab"], "item 0 of the batch: must be a tuple, not str"),
    ],
)
def test_batches_of_something_else(batch, text):
    with pytest.raises(TypeError, match=text):
        VERIFIER.verify_batch(batch)


@pytest.mark.parametrize(
    ("batch", "error", "text"),
    [
        ([({},)], TypeError, "item 0 of the batch: must be headers and a body"),
        ([({}, BODY), (None, BODY)], TypeError, "item 1 of the batch: headers must be"),
        ([({}, BODY, 7)], TypeError, "item 0 of the batch: method must be str"),
        ([({}, BODY, "", "", 1, 2)], TypeError, "item 0 of the batch: has 6 parts"),
        ([({}, BODY, "", "", 1e300)], ValueError, "item 0 of the batch: now is out of range"),
    ],
)
def test_deliveries_of_something_else(batch, error, text):
    with pytest.raises(error, match=text):
        VERIFIER.verify_deliveries(batch)


def test_threads_are_counted_and_have_a_limit():
    for threads in (0, 1025, 10**9, 2**64 - 1, -1, 2**70, 10**40, -(10**40)):
        for use in (VERIFIER.verify_batch, VERIFIER.verify_deliveries, VERIFIER.verify_arrow):
            with pytest.raises(ValueError, match="^threads must be 1 to 1024$"):
                use([], threads=threads)
    assert VERIFIER.verify_batch([(SIGNATURE, BODY)] * 1000, threads=1024)[999].code == 0
    with pytest.raises(TypeError):
        VERIFIER.verify_batch([], threads="2")


@pytest.mark.parametrize("number", [-1, -(2**70), 2**64, 2**70, 10**40, -(10**40)])
def test_numbers_out_of_range_are_value_errors(number):
    """An `OverflowError` is neither of the errors that the README promises."""
    with pytest.raises(ValueError, match="^capacity is out of range; give a number of messages, 1 or more$"):
        ReplayMemory(number)
    uses = [lambda: Verifier.preset("stripe", "whsec_k", tolerance=number)]
    if abs(number) > 2**64 or number < 0:
        uses += [lambda: VERIFIER.replay_window(number), lambda: ReplayMemory(1).take(bytes(32), window=number)]
    if abs(number) > 2**64:
        uses += [lambda: VERIFIER.verify({}, BODY, now=number), lambda: Secret("k", not_after=number)]
    for use in uses:
        with pytest.raises(ValueError):
            use()


@pytest.mark.parametrize("number", ["1", 1.5, None, b"1", [1]])
def test_counts_that_are_no_whole_numbers(number):
    for use in (ReplayMemory, lambda number: VERIFIER.verify_batch([], threads=number)):
        with pytest.raises(TypeError):
            use(number)


def test_exceptions_are_copied_and_pickled_whole():
    with pytest.raises(Rejected) as rejected:
        VERIFIER.verify_signature(SIGNATURE, b"")
    with pytest.raises(ConfigError) as refused:
        Verifier.from_connection('{"x": 1}')
    for error in (rejected.value, refused.value, Replayed(True)):
        for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert type(other) is type(error) and vars(other) == vars(error) and str(other) == str(error)
    assert str(Rejected("mismatch", 8)) == "mismatch"


def test_verdicts_are_plain_values():
    first, second = VERIFIER.verify_signature(SIGNATURE, BODY), VERIFIER.verify_signature(SIGNATURE, BODY)
    assert first == second and hash(first) == hash(second) and first
    assert repr(first) == "Verified(algorithm='SHA_256', secret_index=0)"
    (rejection,) = VERIFIER.verify_batch([(SIGNATURE, b"")])
    assert not rejection and rejection != first and (rejection.reason, rejection.code) == ("mismatch", 8)
    assert repr(rejection) == "Rejection(reason='mismatch', code=8)" and rejection.message
    for name in ("Verified", "Rejection", "Stream", "Codes", "Explanation", "Ticket"):
        make = getattr(countersign_webhooks, name)
        with pytest.raises(TypeError):
            make()
    with pytest.raises(AttributeError):
        first.algorithm = "MD5"
