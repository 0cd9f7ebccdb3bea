"""What is archived, as other programs read it: DuckDB and jq find in each line what Python does. Argument: the folder."""

import base64
import collections
import json
import pathlib
import subprocess
import sys

import duckdb

folder = pathlib.Path(sys.argv[1])
# Zstandard as in the own store, gzip as in buckets of customers.
unpack = {".zst": ["zstd", "-dcq"], ".gz": ["gzip", "-dc"]}
files = sorted(file for file in folder.rglob("*.ndjson.*") if file.suffix in unpack)
assert min(sum(file.suffix == suffix for file in files) for suffix in unpack) > 20, files


def body(text, in_base64):
    return text.encode() if text is not None else base64.b64decode(in_base64)


expected = {}
for file in files:
    lines = subprocess.run([*unpack[file.suffix], file], check=True, capture_output=True).stdout
    # jq reads the same number of objects, and the same ids.
    jq = subprocess.run(["jq", "-r", ".id"], input=lines, check=True, capture_output=True).stdout.decode().split()
    records = [json.loads(line) for line in lines.splitlines()]
    assert jq == [record["id"] for record in records], file
    for record in records:
        assert record["id"] not in expected, record["id"]
        expected[record["id"]] = record

columns = "id, connection, method, url, headers, body, body_base64, received_at, countersignd.seq, date"
found = duckdb.sql(
    f"SELECT {columns} FROM read_json('{folder}/**/*.ndjson.*', format='newline_delimited', hive_partitioning=true)"
).fetchall()
assert len(found) == len(expected), (len(found), len(expected))
kinds = collections.Counter()
for id, connection, method, url, headers, text, in_base64, received_at, seq, date in found:
    record = expected[str(id)]
    assert (connection, method, url) == (record["connection"], record["method"], record["url"]), id
    assert [list(pair) for pair in headers] == record["headers"], id
    assert body(text, in_base64) == body(record.get("body"), record.get("body_base64")), id
    assert abs(received_at - record["received_at"]) < 1e-6 and seq == record["countersignd"]["seq"], id
    kinds["GET" if method == "GET" else "text" if text is not None else "bytes"] += 1
assert min(kinds[kind] for kind in ("GET", "text", "bytes")) > 0, kinds
print(f"{len(files)} objects of {len(found)} events are read by DuckDB {duckdb.__version__} and jq: {dict(kinds)}")
