"""Calls the program. Secrets are handed over in its environment, never among its arguments."""

import base64
import json
import os
import subprocess
import tempfile

SECRET = "COUNTERSIGN_INTEROP_SECRET"


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def sign(self, preset, secret, sample, sending):
        """The headers that it would send with a sample, beside those that the sample has."""
        arguments = ["sign", "--preset", preset, "--now", sending.seconds, "--id", sending.id, "--url", sample.url,
                     "--method", sample.method, *_headers(sample.headers), "--json"]
        _, [answer] = self._run(arguments, secret, sample.body, allowed=(0,))
        return tuple((name, value) for name, value in answer["headers"] if (name, value) not in sample.headers)

    def verify(self, preset, secret, delivery, now):
        """The verdict on one delivery."""
        arguments = ["verify", "--preset", preset, "--now", now, "--url", delivery.url, "--method", delivery.method,
                     *_headers(delivery.headers), "--json"]
        status, [answer] = self._run(arguments, secret, delivery.body, allowed=(0, 1))
        if (status == 0) != (answer["code"] == 0):
            raise SystemExit(f"countersign verify --preset {preset}: its status {status} does not fit")
        return _verdict(answer)

    def verify_all(self, preset, secret, deliveries):
        """The verdicts on many, each a pair of a delivery and the moment when it was received."""
        lines = [
            json.dumps({
                "id": str(number), "method": delivery.method, "url": delivery.url, "headers": delivery.headers,
                **_body(delivery.body, number), "received_at": received,
            }, ensure_ascii=number % 2 == 0)
            for number, (delivery, received) in enumerate(deliveries)
        ]
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".ndjson") as file:
            file.write("".join(f"{line}\n" for line in lines).encode())
            file.flush()
            status, answers = self._run(
                ["verify", "--preset", preset, "--deliveries", file.name, "--json"], secret, None, allowed=(0, 1))
        if [answer["id"] for answer in answers] != [str(number) for number in range(len(lines))]:
            raise SystemExit(f"countersign verify --preset {preset} --deliveries: it did not answer every line in turn")
        if (status == 0) != (answers != [] and all(answer["code"] == 0 for answer in answers)):
            raise SystemExit(f"countersign verify --preset {preset} --deliveries: its status {status} does not fit")
        return [_verdict(answer) for answer in answers]

    def _run(self, arguments, secret, body, allowed):
        arguments = [*arguments, "--secret-env", SECRET]
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".body") as file:
            if body is not None:
                file.write(body)
                file.flush()
                arguments = [*arguments, "--body", file.name]
            done = subprocess.run([self.path, *map(str, arguments)], env=os.environ | {SECRET: secret},
                                  stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False)
        if done.returncode not in allowed:
            shown = " ".join(map(str, arguments[:3]))
            raise SystemExit(f"countersign {shown}: status {done.returncode}: {done.stderr.strip()}")
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def _headers(headers):
    return [argument for name, value in headers for argument in ("--header", f"{name}: {value}")]


def _body(body, number):
    """Text in one line, base64 in the next; what is no text always in base64."""
    try:
        if number % 3:
            return {"body": body.decode()}
    except UnicodeDecodeError:
        pass
    return {"body_base64": base64.b64encode(body).decode()}


def _verdict(answer):
    if (answer["code"] == 0) != (answer["verdict"] == "authentic"):
        raise SystemExit(f"countersign verify: {answer['verdict']} and code {answer['code']} do not fit")
    return answer["verdict"]
