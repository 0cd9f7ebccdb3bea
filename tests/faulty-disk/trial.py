"""countersignd on a disk that loses and fails: for scripts/test-power-cuts and scripts/test-failing-calls."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Ledger and Senders are for whoever imports this.
from ledger import ENDPOINTS, SECRET, Broken, Ledger, Senders

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
PROGRAM = TARGET / "release" / "countersignd"


def check_machine():
    """Says what is missing, or returns."""
    if sys.platform != "linux" or not os.path.exists("/dev/fuse"):
        sys.exit(f"{sys.argv[0]}: this needs /dev/fuse of Linux (modprobe fuse)")
    if os.geteuid() != 0 and not (shutil.which("fusermount3") or shutil.which("fusermount")):
        sys.exit(f"{sys.argv[0]}: without root this needs fusermount3 (Debian: fuse3)")


def build():
    """The program, optimised. Without optimisation across crates it is built in half of the time."""
    fast = os.environ | {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}
    subprocess.run(
        ["cargo", "build", "--locked", "--release", "-p", "countersignd", "-p", "countersign-faulty-disk"],
        cwd=ROOT,
        check=True,
        env=fast,
    )


class Disk:
    """The file system, mounted in a folder of its own."""

    def __init__(self, folder, seed):
        self.place = folder / "disk"
        self.place.mkdir()
        self.process = subprocess.Popen(
            [TARGET / "release" / "countersign-faulty-disk", self.place, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def counts(self):
        return {name: int(value) for name, value in (word.split("=") for word in self.tell("counts").split())}

    def _answer(self):
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise SystemExit("the file system has ended: see above")
        return answer

    def close(self):
        """Leaves no mount behind, whatever has happened."""
        try:
            self.process.stdin.close()
            self.process.wait(timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        if os.path.ismount(self.place) or f" {self.place} " in pathlib.Path("/proc/mounts").read_text():
            subprocess.run(["umount", "--lazy", self.place], check=False)


def need(package, file):
    """A file of a Debian package, which is installed where that is allowed."""
    subprocess.run([ROOT / "scripts" / "need", package, f"[ -e {file} ]"], check=True)
    if not os.path.exists(file):
        sys.exit(f"{sys.argv[0]}: {file} is not where the package {package} of Debian has it")
    return file


class Clock:
    """The clock of a program (libfaketime), which can be put forward and back. Time-outs count by another one."""

    def __init__(self, path):
        library = need("faketime", "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
        self.file = path / "clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds):
        """So many seconds ahead of the right time."""
        following = self.file.with_suffix(".next")
        following.write_text(f"{round(seconds):+}")
        following.rename(self.file)


def connection(name, endpoint, number=0):
    config = {
        "schema": "trial",
        "table": name,
        "sync_format": "Packed",
        "auth_method": "HMAC",
        "auth_secret": SECRET.decode(),
        "signature_encoding": "HEXA_DECIMAL",
    }
    # What has no effect here, and makes one configuration differ from the next.
    config["keep_headers"] = [f"X-Reload-{number % 7}"]
    if name == "with_ids":
        config["id_from"] = "json:/id"
    return {"id": name, "endpoint": endpoint, "service": "webhooks", "group_id": "trial", "config": config}


class Program:
    """countersignd on a folder."""

    def __init__(self, folder, data, *arguments, before=(), environment=None):
        self.data, self.folder = data, folder
        file = self._write_connections(0)
        self.log = folder / "log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*before, PROGRAM, "serve", "--json", "--data", data, "--connections", file, "--listen", "127.0.0.1:0"]
                + ["--admin-listen", "127.0.0.1:0", "--public-url", "https://hooks.example.com", *arguments],
                stderr=log,
                env=os.environ | (environment or {}),
            )
        self.address, self.admin = self._addresses()

    def _write_connections(self, number):
        file = self.folder / "connections.json"
        text = json.dumps([connection(name, endpoint, number) for name, endpoint in ENDPOINTS.items()])
        # Never half of it.
        (self.folder / "next.json").write_text(text)
        (self.folder / "next.json").rename(file)
        return file

    def reload(self, number):
        """The connections are read again, while it runs."""
        self._write_connections(number)
        self.process.send_signal(signal.SIGHUP)

    def _addresses(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            has_ended = self.process.poll() is not None
            for line in self.records():
                fields = line.get("fields", {})
                if "admin_listen" in fields:
                    return fields["listen"], fields["admin_listen"]
            if has_ended:
                break
            time.sleep(0.005)
        raise Broken(f"it does not start: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def records(self):
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def alarms(self):
        text = self.log.read_text(encoding="utf-8")
        alarms = ('"acknowledged_and_corrupt"', '"foreign_object"', "panicked")
        return [line[:500] for line in text.splitlines() if any(alarm in line for alarm in alarms)]

    def get(self, path):
        host, port = self.admin.rsplit(":", 1)
        asked = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.read().decode()
        finally:
            asked.close()

    def sync(self, name, verb="sync"):
        """The exit status of a sync of a connection, or of another verb, and what it says."""
        done = subprocess.run(
            [PROGRAM, verb, name, "--data", self.data], capture_output=True, text=True, check=False, timeout=300
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def sync_all(self, seconds=60):
        """Brings everything into the tables; what fails is tried again."""
        for name in ENDPOINTS:
            deadline = time.monotonic() + seconds
            while True:
                status, said = self.sync(name)
                if status == 0:
                    break
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Broken(f"{name} is not synced: {said}")
                time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.terminate()
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Broken("it does not end") from None


def folder():
    """A temporary folder that is not on the disk under trial."""
    return tempfile.TemporaryDirectory(prefix="countersignd-trial-", dir=os.environ.get("TMPDIR"))


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Broken(f"after {seconds} seconds still not: {what}")
        time.sleep(0.01)
