"""Makes an archive of which every tenth delivery is forged, verifies it on two executors, and compares.

    python test_archive.py FOLDER
"""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from countersign_webhooks import Signer

SECRET = "It's a Secret to Everybody"
COUNT = 50_000
# Two executors with one core each, as processes of their own, as on a cluster.
MASTER = "local-cluster[2,1,1024]"


def archive(folder: Path) -> dict[str, int]:
    """Writes the archive; what must be found in it, by id."""
    signer, rows, wanted = Signer.preset("github", SECRET), [], {}
    for number in range(COUNT):
        body = f'{{"order": {number}}}'.encode()
        signature = signer.headers(body)["X-Hub-Signature-256"]
        row = {"id": f"evt_{number}", "signature": signature, "body": body}
        code = 0
        if number % 10 == 3:
            row["body"], code = body + b"\n", 8
        elif number % 1000 == 7:
            row["signature"], code = None, 1
        elif number % 1000 == 8:
            row["body"], code = None, 13
        rows.append(row)
        wanted[row["id"]] = code
    folder.mkdir()
    for part in range(4):
        columns = pa.schema([("id", pa.string()), ("signature", pa.string()), ("body", pa.binary())])
        pq.write_table(pa.Table.from_pylist(rows[part::4], columns), folder / f"part-{part}.parquet")
    return wanted


def main() -> None:
    place = Path(sys.argv[1])
    wanted = archive(place / "archive")
    secret = place / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    script = Path(__file__).with_name("verify_archive.py")
    submit = [Path(sys.executable).with_name("spark-submit"), "--master", MASTER, "--conf", "spark.ui.enabled=false", script,
              "--preset", "github", "--secret-file", secret, place / "archive", place / "verdicts"]
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    run = subprocess.run([str(word) for word in submit], env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"spark-submit failed:\n{run.stderr[-8000:]}")
    print(run.stdout, end="")
    found = {row["id"]: row["code"] for row in pq.read_table(place / "verdicts").to_pylist()}
    wrong = [name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)]
    assert not wrong, f"{len(wrong)} verdicts differ, such as that of {wrong[0]}"
    assert SECRET not in run.stdout + run.stderr
    print(f"all {len(found)} verdicts are right")


if __name__ == "__main__":
    main()
