"""Verifies an archive of webhook deliveries once more, on Spark, and writes a verdict for each.

    spark-submit verify_archive.py --preset github --secret-file /run/secrets/github archive.parquet verdicts.parquet

The archive has the columns `id` (text), `signature` (the value of the signature's header) and `body` (the raw bytes). What
comes out has `id` and `code`: 0 for an authentic delivery, else the number of the rejection.

Every worker has the package and can read the file with the secret, so that Spark neither sends nor stores it.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from countersign_webhooks import Verifier

# How old a delivery may be is judged by the clock of today, if its sender puts a timestamp into the signature's header. In
# an archive all are old. Everything else about the timestamp is still checked.
ANY_AGE = 2**32 - 1


def verifying(preset: str, secret_file: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a worker does with the batches of a partition."""

    def verify(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        secret = Path(secret_file).read_text(encoding="utf-8").strip()
        try:
            verifier = Verifier.preset(preset, secret, tolerance=ANY_AGE)
        except ValueError:
            # Of most senders no signature has an age.
            verifier = Verifier.preset(preset, secret)
        for batch in batches:
            codes = pa.array(verifier.verify_arrow(batch))
            # Spark has no unsigned numbers.
            yield pa.RecordBatch.from_arrays([batch["id"], codes.cast(pa.int16())], ["id", "code"])

    return verify


def verdicts(deliveries: DataFrame, preset: str, secret_file: str) -> DataFrame:
    """The columns `id` and `code` for deliveries with the columns `id`, `signature` and `body`."""
    columns = deliveries.select("id", "signature", "body")
    return columns.mapInArrow(verifying(preset, secret_file), "id string, code smallint")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", help="a folder or file of Parquet")
    parser.add_argument("output", help="a folder that is not there yet")
    parser.add_argument("--preset", required=True, help="the sender")
    parser.add_argument("--secret-file", required=True, help="a file on every worker, with the secret alone")
    arguments = parser.parse_args()
    spark = SparkSession.builder.appName("countersign").getOrCreate()
    found = verdicts(spark.read.parquet(arguments.archive), arguments.preset, arguments.secret_file)
    found.write.parquet(arguments.output)
    for row in spark.read.parquet(arguments.output).groupBy("code").count().orderBy("code").collect():
        print(f"code {row['code']}: {row['count']} deliveries")
    spark.stop()


if __name__ == "__main__":
    main()
