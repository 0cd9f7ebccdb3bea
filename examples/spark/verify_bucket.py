"""Verifies the archive of a connection of countersignd once more, on Spark, and writes a verdict for each delivery.

    spark-submit verify_bucket.py --connection orders --config /run/secrets/orders.json s3a://acme-hooks verdicts.parquet

The archive is a bucket, or a folder with the same keys: connection=ID/date=YYYY-MM-DD/LOG-FIRST-LAST.ndjson.gz (or
.zst, as in the service's own store), one delivery a line. What comes out has the `_id` of the table, the date, and
`code`: 0 for an authentic delivery, else the number of the rejection.

The file says how the sender signs, as a connection's `config` does: {"scheme": "github", "auth_secret": "…"}. Every
worker has the package and can read the file, so that Spark neither sends nor stores the secret.
"""

import argparse
import base64
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from countersign_webhooks import Rejected, Verifier

# What is read of a line. The connection and the date are those of the folders.
LINE = "id string, method string, url string, headers array<array<string>>, body string, body_base64 string, \
received_at double, connection string, date string"


def deliveries(spark: SparkSession, archive: str, connection: str) -> DataFrame:
    """The archived deliveries of a connection. Nothing else of the archive is read."""
    lines = spark.read.schema(LINE).option("mode", "FAILFAST").option("basePath", archive)
    return lines.json(f"{archive.rstrip('/')}/connection={connection}")


def verifying(config_file: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a worker does with the batches of a partition."""

    def verify(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        verifier = Verifier.from_connection(Path(config_file).read_text(encoding="utf-8"))
        for batch in batches:
            codes = pa.array([code(verifier, line) for line in batch.to_pylist()], pa.int16())
            yield pa.RecordBatch.from_arrays([batch["id"], batch["date"], codes], ["_id", "date", "code"])

    return verify


def code(verifier: Verifier, line: dict) -> int:
    """0 if a delivery is authentic, by the time at which it was received; else the number of the rejection."""
    body = base64.b64decode(line["body_base64"]) if line["body"] is None else line["body"].encode()
    headers = [(name, value) for name, value in line["headers"]]
    try:
        verifier.verify(headers, body, method=line["method"], url=line["url"], now=line["received_at"])
    except Rejected as rejected:
        return rejected.code
    return 0


def verdicts(found: DataFrame, config_file: str) -> DataFrame:
    """The columns `_id`, `date` and `code` for archived deliveries."""
    return found.mapInArrow(verifying(config_file), "_id string, date string, code smallint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="the bucket, or a folder")
    parser.add_argument("output", help="a folder that is not there yet")
    parser.add_argument("--connection", required=True, help="the id of the connection")
    parser.add_argument("--config", required=True, help="a file on every worker: how the sender signs, and the secret")
    arguments = parser.parse_args()
    spark = SparkSession.builder.appName("countersign").getOrCreate()
    found = verdicts(deliveries(spark, arguments.archive, arguments.connection), arguments.config)
    found.write.parquet(arguments.output)
    for row in spark.read.parquet(arguments.output).groupBy("code").count().orderBy("code").collect():
        print(f"code {row['code']}: {row['count']} deliveries")
    spark.stop()


if __name__ == "__main__":
    main()
