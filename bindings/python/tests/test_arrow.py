"""Columns of Arrow tables, from each library that has them."""

import pytest

from countersign_webhooks import Codes, Verifier

pa = pytest.importorskip("pyarrow")
pc = pytest.importorskip("pyarrow.compute")

SECRET = "It's a Secret to Everybody"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
VERIFIER = Verifier.preset("github", SECRET)
ROWS = [(SIGNATURE, "Hello, World!", 0), (SIGNATURE, "Hello, World?", 8), (None, "Hello, World!", 1), (SIGNATURE, None, 13),
        (None, None, 1), ("", "", 3), ("sha256=zz", "x", 6), (SIGNATURE, "", 8)]
CODES = [row[2] for row in ROWS]
TYPES = [pa.binary(), pa.large_binary(), pa.binary_view(), pa.string(), pa.large_string(), pa.string_view()]


def table(kind=None, repeat=1):
    kind = kind or pa.binary()
    columns = [[row[at] for row in ROWS] * repeat for at in (0, 1)]
    return pa.table({"id": pa.array(range(len(ROWS) * repeat)), "signature": pa.array(columns[0]).cast(kind),
                     "body": pa.array(columns[1]).cast(kind)})


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_every_type_of_bytes_and_text(kind):
    assert list(VERIFIER.verify_arrow(table(kind))) == CODES


def test_tables_batches_readers_and_slices():
    whole = table(repeat=5000)
    wanted = CODES * 5000
    assert list(VERIFIER.verify_arrow(whole)) == wanted
    assert list(VERIFIER.verify_arrow(whole, threads=3)) == wanted
    batches = whole.to_batches(max_chunksize=700)
    assert list(VERIFIER.verify_arrow(batches[0])) == wanted[:700]
    assert list(VERIFIER.verify_arrow(pa.Table.from_batches(batches))) == wanted
    assert list(VERIFIER.verify_arrow(pa.RecordBatchReader.from_batches(whole.schema, iter(batches)))) == wanted
    for kind in TYPES:
        part = table(kind, 3).slice(3, 13)
        assert list(VERIFIER.verify_arrow(part)) == (CODES * 3)[3:16], kind
        assert list(VERIFIER.verify_arrow(part.to_batches()[0].slice(2))) == (CODES * 3)[5:16], kind
    assert list(VERIFIER.verify_arrow(whole.schema.empty_table())) == []


def test_names_of_columns():
    renamed = table().rename_columns(["id", "X-Hub-Signature-256", "payload"])
    assert list(VERIFIER.verify_arrow(renamed, signature="X-Hub-Signature-256", body="payload")) == CODES


def test_an_object_with_the_array_interface_alone():
    class Only:
        def __arrow_c_array__(self, requested_schema=None):
            return table().to_batches()[0].__arrow_c_array__(requested_schema)

    assert list(VERIFIER.verify_arrow(Only())) == CODES


def test_what_comes_out_is_a_column_and_a_sequence():
    codes = VERIFIER.verify_arrow(table())
    assert isinstance(codes, Codes)
    assert pa.array(codes) == pa.array(CODES, pa.uint8())
    assert pa.array(codes) == pa.array(CODES, pa.uint8())  # once more: what was lent out is counted
    assert (len(codes), codes[0], codes[-1], codes.count(8), codes.count(77)) == (8, 0, 8, 2, 0)
    assert repr(codes) == "<countersign_webhooks.Codes of 8 rows, 1 of them authentic>"
    with pytest.raises(IndexError):
        codes[8]
    column = pa.array(codes)
    del codes
    assert column.to_pylist() == CODES
    whole = table().append_column("code", column)
    assert whole.filter(pc.equal(whole["code"], 0)).num_rows == 1


def test_the_same_from_polars():
    pl = pytest.importorskip("polars")
    for frame in (pl.from_arrow(table()), pl.from_arrow(table(pa.string()))):
        codes = VERIFIER.verify_arrow(frame)
        assert list(codes) == CODES
        assert frame.with_columns(code=pl.Series(codes)).filter(pl.col("code") == 0)["id"].to_list() == [0]


def test_the_same_from_duckdb():
    duckdb = pytest.importorskip("duckdb")
    deliveries = table()
    assert list(VERIFIER.verify_arrow(duckdb.sql("select * from deliveries order by id"))) == CODES
    del deliveries


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (None, TypeError, "not None"),
        ({"signature": [], "body": []}, TypeError, "not dict"),
        (table().drop_columns("body"), KeyError, 'there is no column "body"; there are "id", "signature"'),
        (table().set_column(2, "body", pa.array(range(8))), TypeError, 'the column "body" is of the type Int64'),
        (table().drop_columns("body").append_column("a\u202e\U000e0041", [pa.array(range(8))]), KeyError, '"a\\u{202e}\\u{e0041}"'),
        (pa.array([b"x"]), (TypeError, ValueError), ""),
        (table().cast(pa.schema([("id", pa.int64()), ("signature", pa.binary()), ("body", pa.dictionary(pa.int32(), pa.binary()))])),
         TypeError, "Dictionary"),
    ],
    ids=["None", "dict", "absent", "numbers", "foreign", "array", "dictionary"],
)
def test_what_is_no_such_table(data, error, text):
    with pytest.raises(error) as caught:
        VERIFIER.verify_arrow(data)
    # str() of a KeyError is its repr.
    assert text in str(caught.value.args[0])


def test_a_reader_that_fails_says_why():
    def batches():
        yield table().to_batches()[0]
        raise RuntimeError("the disk is gone")

    with pytest.raises(ValueError, match="the disk is gone"):
        VERIFIER.verify_arrow(pa.RecordBatchReader.from_batches(table().schema, batches()))


def test_a_capsule_is_used_once():
    class Stale:
        capsule = table().__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema=None):
            return self.capsule

    stale = Stale()
    assert list(VERIFIER.verify_arrow(stale)) == CODES
    with pytest.raises(ValueError, match="Arrow data that cannot be read"):
        VERIFIER.verify_arrow(stale)


def test_a_capsule_of_something_else_is_refused():
    class Wrong:
        def __init__(self, given):
            self.given = given

        def __arrow_c_stream__(self, requested_schema=None):
            return self.given

    for given in (7, None, table().schema.__arrow_c_schema__()):
        with pytest.raises((TypeError, ValueError)):
            VERIFIER.verify_arrow(Wrong(given))
