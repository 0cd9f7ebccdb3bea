"""Starts countersignd and its peers, sends to them, and ends them: for scripts/bench-collector and soak-collector."""

import hmac
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release"
ENDPOINT = "3f1f6f2e-7f0b-4c6e-9d3b-1c5a9e1f2a3b"
PATH = f"/webhooks/{ENDPOINT}"

# Within which the process ends once it has closed its sockets.
END_SECONDS = 60


def build(*more):
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "countersignd", "-p", "countersign-cli", "-p", "countersign-bench-collector", *more],
        cwd=ROOT,
        check=True,
    )


def connection(number, endpoint):
    return {
        "id": f"bench_{number}",
        "endpoint": endpoint,
        "service": "webhooks",
        "group_id": "bench",
        "config": {
            "schema": "bench",
            "table": f"t{number}",
            "sync_format": "Packed",
            "auth_method": "HMAC",
            "auth_secret": "bench secret",
            "signature_encoding": "HEXA_DECIMAL",
            "id_from": "json:/id",
        },
    }


def send(address, seconds, *arguments):
    """The load, as what `countersign-bench-collector` prints."""
    command = [
        TARGET / "countersign-bench-collector",
        "--address",
        address,
        "--path",
        PATH,
        "--seconds",
        str(seconds),
        *arguments,
    ]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def peer(kind, seconds, *arguments, folder=None):
    """The load on a peer."""
    process = subprocess.Popen(
        [TARGET / "peer", *kind.split(), *([folder] if folder else [])], stdout=subprocess.PIPE, text=True
    )
    try:
        return send(process.stdout.readline().strip(), seconds, *arguments)
    finally:
        process.terminate()
        process.wait()


def fdatasync(folder, seconds):
    """Flushes of one block each, with nothing beside."""
    return json.loads(
        subprocess.run([TARGET / "peer", "fdatasync", folder, str(seconds)], check=True, stdout=subprocess.PIPE).stdout
    )


def status(process, name):
    """A line of /proc/PID/status in thousands of bytes, or 0 if the process has ended."""
    try:
        lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) * 1.024 for line in lines if line.startswith(f"{name}:")), 0)


class Service:
    """countersignd with these connections, on ports that nobody else has."""

    def __init__(self, folder, connections, *arguments, command=(TARGET / "countersignd", "serve"), keep=False, syncs=False):
        self.data, self.syncs, self.control = folder / "data", syncs, None
        if not keep:
            shutil.rmtree(self.data, ignore_errors=True)
        self.path = f"/webhooks/{connections[0]['endpoint']}"
        file = folder / "connections.json"
        file.write_text(json.dumps(connections), encoding="utf-8")
        began = time.monotonic()
        # In a file, for a pipe that nobody reads would stop it.
        with open(folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [
                    *command,
                    "--json",
                    # Forged deliveries are measured, not cut off.
                    *("--max-unauthentic-per-second", "1000000"),
                    "--data",
                    self.data,
                    "--connections",
                    file,
                    "--listen",
                    "127.0.0.1:0",
                    "--admin-listen",
                    "127.0.0.1:0",
                    # What it has archived, it lets go: then the inbox could not be checked.
                    *([] if syncs else ["--receive-only"]),
                    *arguments,
                ],
                stderr=log,
            )
        self.address, self.admin = self._addresses(folder / "log")
        while not self.is_ready():
            if self.process.poll() is not None:
                raise SystemExit(f"countersignd has ended before it was ready: see {folder / 'log'}")
            time.sleep(0.002)
        self.seconds = time.monotonic() - began

    def _addresses(self, log):
        while True:
            has_ended = self.process.poll() is not None
            for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
                fields = json.loads(line)["fields"] if line.startswith("{") and line.endswith("\n") else {}
                if "admin_listen" in fields:
                    return fields["listen"], fields["admin_listen"]
            if has_ended:
                raise SystemExit(f"countersignd has not started: {log.read_text(encoding='utf-8')}")
            time.sleep(0.002)

    def is_ready(self):
        try:
            return urllib.request.urlopen(f"http://{self.admin}/readyz").status == 200
        except urllib.error.URLError:
            return False

    def processor_seconds(self):
        """What the process has used so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        return status(self.process.pid, "VmHWM") / 1000

    def resident_mb(self):
        return status(self.process.pid, "VmRSS") / 1000

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def deliver(self):
        """The status of a good delivery."""
        body = b'{"id":"a good delivery"}'
        request = urllib.request.Request(
            f"http://{self.address}{self.path}",
            body,
            method="POST",
            headers={"X-Fivetran-Hmac-Sign": hmac.new(b"bench secret", body, "sha256").hexdigest()},
        )
        try:
            return urllib.request.urlopen(request, timeout=30).status
        except urllib.error.HTTPError as error:
            return error.code

    def sync(self):
        """One sync, as the verb asks for it, and whether there was one: the load may have ended the process.

        Without a process of its own for each, which would be a load that is not the service's.
        """
        if self.control is None:
            self.control = Control(self.data / "control.sock")
        try:
            self.control.request("POST", "/sync/bench_0")
            response = self.control.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            # It closes the socket somewhat earlier than it ends.
            try:
                self.process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                raise SystemExit(f"a sync was not answered, and the process still runs: {error!r}") from error
            return False
        if response.status != 200:
            raise SystemExit(f"a sync has failed: {response.status} {text}")
        return True

    def send(self, seconds, *arguments):
        return send(self.address, seconds, *arguments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def round(self, seconds, *arguments):
        """The load, the end of the process, and the check of its inbox; with the memory every half second."""
        # The process is ended by the load, which must read its inbox; its memory is looked at just before.
        command = [
            TARGET / "countersign-bench-collector",
            "--address",
            self.address,
            "--path",
            PATH,
            "--seconds",
            str(seconds),
            "--end",
            str(self.process.pid),
            *(["--sync", TARGET / "countersignd", "--data", self.data] if self.syncs else ["--inbox", self.data / "inbox"]),
            *arguments,
        ]
        sender = subprocess.Popen(command, stdout=subprocess.PIPE)
        highest, resident = 0.0, []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and sender.poll() is None:
            highest = max(highest, self.memory_mb())
            resident.append(self.resident_mb())
            if not self.syncs:
                time.sleep(min(0.5, seconds / 10))
            elif not self.sync():
                break
        output = sender.communicate()[0]
        self.process.wait()
        if sender.returncode != 0:
            raise SystemExit("the sender has failed: see above")
        return json.loads(output) | {"memory_mb": highest, "resident_mb": resident}


class Control(http.client.HTTPConnection):
    """The socket over which the verbs of countersignd ask the process that runs."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(os.fspath(self.path))


def service(folder, seconds, *arguments, syncs=False):
    """A round of countersignd with one connection; with `syncs` it archives and syncs beside."""
    return Service(folder, [connection(0, ENDPOINT)], syncs=syncs).round(seconds, *arguments)
