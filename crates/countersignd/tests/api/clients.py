"""Real clients of Fivetran's API against countersignd: the hook of airflow-provider-fivetran-async, the client of
fivetran-cli, and schemathesis, which asks everything that the OpenAPI document allows and much that it does not.

    python clients.py PROGRAM SCHEMATHESIS
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import types
import warnings

import pendulum
import requests

SECRET = "a-secret-of-some-length"


def stub_airflow():
    """What the provider imports of Airflow, which has a hundred and fifty packages behind it."""
    def module(name, **content):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(content)

    class BaseHook:
        def __init__(self, *_):
            self.log = logging.getLogger("hook")

    module("airflow", __version__="2.10.0", __path__=[])
    module("airflow.exceptions", AirflowException=type("AirflowException", (Exception,), {}))
    module("airflow.hooks", __path__=[])
    module("airflow.hooks.base", BaseHook=BaseHook)
    module("airflow.models", __path__=[])
    module("airflow.models.connection", Connection=object)
    module("airflow.utils", __path__=[])
    module("airflow.utils.helpers", is_container=lambda value: isinstance(value, (list, tuple, set)))
    # The package itself imports operators, which need all of Airflow.
    import importlib.util
    spec = importlib.util.find_spec("fivetran_provider_async")
    module("fivetran_provider_async", __path__=list(spec.submodule_search_locations), __version__="2.4.0")


def start(program, data):
    process = subprocess.Popen(
        [program, "serve", "--json", "--data", data, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
        stderr=subprocess.PIPE, text=True)
    log = []
    for line in process.stderr:
        log.append(line)
        fields = json.loads(line).get("fields", {})
        if "listen" in fields and "admin_listen" in fields:
            threading.Thread(target=lambda: log.extend(process.stderr), daemon=True).start()
            return process, fields["listen"], fields["admin_listen"], log
    sys.exit(f"it has not started: {log}")


def deliver(hooks, endpoint, event):
    body = json.dumps(event).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Fivetran-Hmac-Sign": signature}
    answer = requests.post(f"http://{hooks}/webhooks/{endpoint}", body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text


def cli_client(admin, key):
    from fivetran_cli.http.client import ClientConfig, FivetranClient
    return FivetranClient(ClientConfig(api_key=base64.b64encode(key.encode()).decode(), base_url=f"http://{admin}"))


def hook(admin, key):
    from fivetran_provider_async.hooks import FivetranHook

    class Hook(FivetranHook):
        api_protocol, api_host = "http", admin

        def get_connection(self, _):
            login, password = key.split(":")
            return types.SimpleNamespace(login=login, password=password)

    return Hook(retry_delay=0.1)


def of_cli(admin, key):
    client = cli_client(admin, key)
    body = {"group_id": "default", "service": "webhooks", "config": {
        "schema": "shop", "table": "orders", "auth_method": "HMAC", "auth_secret": SECRET,
        "signature_encoding": "HEXA_DECIMAL", "id_from": "json:/id"}}
    created = client.request("POST", "/v1/connections", payload=body)["data"]
    assert created["status"]["setup_state"] == "connected", created
    shown = client.request("GET", f"/v1/connections/{created['id']}")["data"]
    assert shown["config"] == created["config"] and shown["config"]["auth_secret"] == "******", shown
    patch = {"sync_frequency": 60, "paused": True}
    changed = client.request("PATCH", f"/v1/connections/{created['id']}", payload=patch)
    assert changed["data"]["sync_frequency"] == 60, changed
    listed = client.request("GET", "/v1/connections", query={"group_id": "default", "limit": 1})["data"]["items"]
    assert [one["id"] for one in listed] == [created["id"]], listed
    try:
        client.request("GET", "/v1/connections/nobody")
    except Exception as error:  # noqa: BLE001
        assert "nobody" in str(error), error
    else:
        sys.exit("fivetran-cli took a refusal for a success")
    return created["id"], created["config"]["endpoint"]


def of_airflow(admin, hooks, key, connection, endpoint):
    warnings.simplefilter("ignore")
    airflow = hook(admin, key)
    assert airflow.test_connection() == (True, "Fivetran connection test passed"), airflow.test_connection()

    airflow.prep_connector(connection, "manual")
    assert airflow.get_connector(connection)["schedule_type"] == "manual"
    for round_ in range(3):
        deliver(hooks, endpoint, {"id": f"evt_{round_}"})
        before = pendulum.now("UTC")
        airflow.start_fivetran_sync(connection)
        deadline = time.monotonic() + 30
        while not airflow.is_synced_after_target_time(connection, before):
            assert time.monotonic() < deadline, airflow.get_connector(connection)
            time.sleep(0.1)
    # It has ended the pause, as it does.
    shown = airflow.get_connector(connection)
    assert shown["paused"] is False and shown["status"]["is_historical_sync"] is False, shown


def of_schemathesis(program, admin, key, folder):
    done = subprocess.run(
        [program, "run", f"http://{admin}/openapi.json", "--auth", key, "--max-examples", "30", "--no-color", "-w", "1",
         # Whether there is a group or a connection of a name is no matter of schemas.
         "--exclude-checks", "positive_data_acceptance"], capture_output=True, text=True, cwd=folder)
    print("\n".join(done.stdout.strip().split("\n")[-6:]))
    if done.returncode != 0:
        sys.exit(done.stdout)


def main():
    program, schemathesis = sys.argv[1:]
    stub_airflow()
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        process, hooks, admin, log = start(program, data)
        try:
            key = open(os.path.join(data, "first-key")).read().strip()
            connection, endpoint = of_cli(admin, key)
            print("fivetran-cli: a connection was created, shown, changed and listed")
            of_airflow(admin, hooks, key, connection, endpoint)
            print("airflow-provider-fivetran-async: three syncs were started, and each has ended")
            of_schemathesis(os.path.abspath(schemathesis), admin, key, folder)
            errors = [line for line in log if '"level":"ERROR"' in line]
            assert not errors, errors
        finally:
            process.terminate()
            assert process.wait() == 0


main()
