"""Reads an archive that countersignd has written, with the keys that it has in a bucket, and verifies connections of it
on two executors.

    python test_bucket.py ARCHIVE FOLDER

ARCHIVE also has a file NAME.json beside the objects of each connection, with how its sender signs; FOLDER is for what
is written.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

# Two executors with one core each, as processes of their own, as on a cluster.
MASTER = "local-cluster[2,1,1024]"
# One signs a timestamp, the other the URL.
SENDERS = ("stripe", "square")
ENCODINGS = {".gz": "gzip", ".zst": "zstd"}


def lines_of(file: Path) -> list[bytes]:
    with pa.CompressedInputStream(str(file), ENCODINGS[file.suffix]) as stream:
        return stream.read().splitlines()


def body_of(line: dict) -> bytes:
    return base64.b64decode(line["body_base64"]) if line.get("body") is None else line["body"].encode()


def read_all(archive: Path, objects: list[Path]) -> None:
    """Spark finds in each line what Python does, without being told anything of the fields."""
    wanted = {}
    for file in objects:
        for line in map(json.loads, lines_of(file)):
            wanted[line["id"]] = (line["connection"], line["method"], line["url"], line["headers"], body_of(line))
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    found = spark.read.option("pathGlobFilter", "*.ndjson.*").json(str(archive)).collect()
    spark.stop()
    assert len(found) == len(wanted), (len(found), len(wanted))
    for line in (row.asDict() for row in found):
        headers = [list(pair) for pair in line["headers"]]
        delivery = (line["connection"], line["method"], line["url"], headers, body_of(line))
        assert delivery == wanted[line["id"]], line["id"]
        assert str(line["date"]) and line["countersignd"]["seq"] is not None, line["id"]
    print(f"Spark reads the {len(found)} deliveries of {len(objects)} objects")


def submit(*arguments: object) -> str:
    command = [Path(sys.executable).with_name("spark-submit"), "--master", MASTER, "--conf", "spark.ui.enabled=false",
               Path(__file__).with_name("verify_bucket.py"), *arguments]
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    run = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"spark-submit failed:\n{run.stderr[-8000:]}")
    return run.stdout + run.stderr


def verify(archive: Path, name: str, place: Path) -> int:
    """All deliveries of a connection are authentic, and one that somebody has changed in the archive is not."""
    objects = sorted((archive / f"connection={name}").rglob("*.ndjson.*"))
    lines = [json.loads(line) for file in objects for line in lines_of(file)]
    forged = place / "bucket" / objects[0].relative_to(archive)
    forged.parent.mkdir(parents=True)
    for number, line in enumerate(lines):
        if number == 0:
            line.pop("body_base64", None)
            line["body"] = "another body"
        # Spark knows by the name what is compressed.
        file = forged.with_name(f"{number}.ndjson.gz")
        with pa.CompressedOutputStream(str(file), "gzip") as stream:
            stream.write(json.dumps(line).encode() + b"\n")
    config = archive / f"{name}.json"
    secret = json.loads(config.read_text(encoding="utf-8"))["auth_secret"]
    for bucket, output, wanted_first in ((archive, "good", 0), (place / "bucket", "forged", 8)):
        said = submit("--connection", name, "--config", config, bucket, place / output)
        assert secret not in said
        found = {row["_id"]: row["code"] for row in pq.read_table(place / output).to_pylist()}
        wanted = {line["id"]: 0 for line in lines} | {lines[0]["id"]: wanted_first}
        assert found == wanted, (name, output, found)
    return len(lines)


def main() -> None:
    archive, place = Path(sys.argv[1]), Path(sys.argv[2])
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    objects = sorted(file for file in archive.rglob("*.ndjson.*") if file.suffix in ENCODINGS)
    for suffix in ENCODINGS:
        assert any(file.suffix == suffix for file in objects), f"no object ends with {suffix}"
    read_all(archive, objects)
    for name in SENDERS:
        count = verify(archive, name, place / name)
        print(f"the {count} deliveries of {name} are authentic, and one that was changed is not")


if __name__ == "__main__":
    main()
