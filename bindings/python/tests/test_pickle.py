"""What crosses the border of a process, and what must not; what `repr` shows."""

import concurrent.futures
import copy
import multiprocessing
import pickle

import pytest

from countersign_webhooks import ConfigError, Delivery, ReplayMemory, Secret, Signer, Verified, Verifier

BODY = b"Hello, World!"
SECRET = "It's a Secret to Everybody"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def verdicts():
    github, token = Verifier.preset("github", [SECRET, "another"]), Verifier.preset("gitlab-token", "t")
    yield github.verify_signature(SIGNATURE, BODY)
    yield token.verify({"X-Gitlab-Token": "t"}, BODY)
    yield Verifier.from_connection({"auth_method": "NONE"}).verify({}, BODY)
    yield from github.verify_batch([(SIGNATURE, b"other"), (None, b""), ("sha256=!", b""), (SIGNATURE, BODY)])


def judge(signature):
    return Verifier.preset("github", SECRET).verify_batch([(signature, BODY)])[0]


def test_verdicts_are_pickled_and_copied():
    found = list(verdicts())
    assert len({verdict.code for verdict in found}) == 4
    for verdict in found:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(verdict, protocol))
            assert again == verdict and type(again) is type(verdict) and hash(again) == hash(verdict)
            assert repr(again) == repr(verdict) and bool(again) == isinstance(verdict, Verified)
        assert copy.copy(verdict) == copy.deepcopy(verdict) == verdict


def test_other_processes_hand_back_verdicts():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        assert [verdict.code for verdict in pool.map(judge, [SIGNATURE, "sha256=" + "0" * 64])] == [0, 8]


def test_a_pickle_that_names_no_verdict_is_refused():
    good = pickle.dumps(Verifier.preset("github", SECRET).verify_signature(SIGNATURE, BODY), 0)
    bad = good.replace(b"SHA_256", b"SHA_999")
    assert bad != good
    with pytest.raises(ValueError, match="no such verdict"):
        pickle.loads(bad)


@pytest.mark.parametrize("made", [Verifier("a"), Signer("a"), Secret("a")])
def test_what_holds_a_key_says_what_to_do_instead(made):
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=f"^a {type(made).__name__} cannot be pickled or copied, .*make one in each process$"):
            use(made)


def others():
    """What is neither pickled nor makes sense in another process, and what to do instead."""
    memory, github = ReplayMemory(1), Verifier.preset("github", SECRET)
    headers = {"X-Hub-Signature-256": SIGNATURE}
    yield memory, "would accept it again; make one in each process, or store what identify returns"
    yield memory.take(github.identify(headers, BODY), window=60), "call finish or forget in the process that took it"
    yield github.begin(headers), "begin one in each process"
    yield github.begin_identified(headers), "begin one in each process"
    yield github.explain(headers, BODY, SECRET), "pass on its texts: reason, cause and advice"
    yield Verifier.preset("dropbox", SECRET).handshake({}, b"", method="GET", url="/?challenge=1"), "pass on its status, headers and body"


@pytest.mark.parametrize(("made", "advice"), list(others()), ids=lambda item: "" if isinstance(item, str) else type(item).__name__)
def test_what_belongs_to_a_process_says_why_and_what_to_do(made, advice):
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=f"^an? {type(made).__name__} cannot be pickled or copied[,;] .*{advice}"):
            use(made)


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (Verifier.preset("github", ["k1", "k2"]), "<Verifier github: SHA_256 in HEXA_DECIMAL in X-Hub-Signature-256, 2 secrets>"),
        (Verifier("k1", "SHA_512", header="X-Sign"), "<Verifier SHA_512 in BASE64 in X-Sign, 1 secret>"),
        (Verifier.preset("gitlab-token", "k1"), "<Verifier gitlab-token: token in X-Gitlab-Token, 1 secret>"),
        (Verifier.from_connection({"auth_method": "HMAC", "auth_secret": "k1", "algorithm": "INFER_FROM_HEADER"}),
         "<Verifier INFER_FROM_HEADER in BASE64 in X-Fivetran-Hmac-Sign, 1 secret>"),
        (Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": "k1"}, ["k2", "k3", "k4"]),
         "<Verifier token in Authorization, 3 secrets>"),
        (Verifier.from_connection({"auth_method": "NONE"}), "<Verifier that checks nothing, 0 secrets>"),
        (Verifier.from_scheme({"name": "a\n\u202eb", "token": {"header": "X-T"}}, "k1"),
         "<Verifier a\\n\\u{202e}b: token in X-T, 1 secret>"),
        (Signer.preset("github", "k1"), "<Signer with SHA_256>"),
    ],
)
def test_the_repr_says_what_it_is(made, shown):
    assert repr(made) == str(made) == shown


def test_the_repr_of_a_delivery_shows_neither_a_token_nor_the_body():
    delivery = Delivery({"Authorization": "Bearer SECRETSECRET"}, b"SECRETSECRET", "POST", "https://e.com/?t=SECRETSECRET", 7)
    assert repr(delivery) == "Delivery(method='POST', now=7, body of 12, …)"
    for shown in (repr(delivery), str(delivery), f"{delivery}", repr([delivery]), repr(Delivery(None, None))):
        assert "SECRET" not in shown and shown.lstrip("[").startswith("Delivery(")


def test_a_secret_in_the_place_of_a_preset_is_not_repeated():
    for secret in ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "My-Secret", "5f4dcc3b5aa765d61d8327deb882cf99"):
        with pytest.raises(ConfigError) as caught:
            Verifier.preset(secret, "github")
        assert secret not in str(caught.value) and secret not in repr(caught.value)


def test_a_secret_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="^not_after is before not_before"):
        Secret("a", not_before=9, not_after=3)
    Secret("a", not_before=3, not_after=3)


def test_gitlab_users_are_told_of_the_token():
    with pytest.raises(ConfigError, match="gitlab-token"):
        Verifier.preset("gitlab", "my token!")
