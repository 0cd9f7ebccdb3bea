"""The id by which a repetition of a delivery is recognised."""

import copy
import pickle

import pytest

from countersign_webhooks import ConfigError, DeliveryId, Verifier

STRIPE = Verifier.preset("stripe", "whsec_x")


def test_the_id_and_whether_it_is_signed():
    found = STRIPE.delivery_id({}, b'{"id": "evt_1"}')
    assert (found.text, found.is_signed) == ("evt_1", True)
    github = Verifier.preset("github", "x")
    found = github.delivery_id({"x-github-delivery": "72d3162e"}, bytearray(b"{}"), method="POST", url="https://example.com/")
    assert (found.text, found.is_signed) == ("72d3162e", False)
    assert github.delivery_id({}, memoryview(b"{}")) is None


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": 1, "id": 1}', b'{"id": true}', b'{"id": "%s"}' % (b"x" * 1025), b"\xff"])
def test_what_is_no_id(body):
    assert STRIPE.delivery_id({}, body) is None


def test_a_connection_says_where_it_is():
    connection = {"auth_method": "TOKEN_BASED", "auth_secret": "a", "id_from": [["query:shop", "json:/id"]]}
    found = Verifier.from_connection(connection).delivery_id({}, b'{"id": 7}', url="/?shop=a:b")
    assert (found.text, found.is_signed) == ("a%3Ab:7", False)
    with pytest.raises(ConfigError, match="header:NAME"):
        Verifier.from_connection(connection | {"id_from": "X-Id"})


def test_ids_are_values():
    one, same, other = (STRIPE.delivery_id({}, body) for body in (b'{"id": "1\'"}', b'{ "id": "1\'" }', b'{"id": "2"}'))
    assert one == same != other and {one, same, other} == {one, other}
    assert repr(one) == """DeliveryId(text="1'", is_signed=True)"""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(one, protocol))
        assert again == one and type(again) is DeliveryId and hash(again) == hash(one)
    assert copy.deepcopy(one) == one
    with pytest.raises(AttributeError):
        one.text = "2"
    with pytest.raises(TypeError):
        DeliveryId("1", True)


@pytest.mark.parametrize("body", ["text", None, 7])
def test_a_body_is_bytes(body):
    with pytest.raises(TypeError):
        STRIPE.delivery_id({}, body)
