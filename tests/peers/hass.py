"""A real Home Assistant in a process of its own, with two locks, a sensor of a bolt and a strobe; nothing of metal."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HASS = os.environ.get("HASS") or ".venv-peers/bin/hass"
PATIENCE = 120
"""Seconds until it must answer; its first start writes a database."""
CONFIGURATION = """
http: {{server_host: 127.0.0.1, server_port: {port}}}
api:
auth:
onboarding:
config:
input_boolean: {{bolt: {{}}, strobe: {{}}, liar: {{}}}}
lock:
  - platform: template
    name: North
    value_template: "{{{{ is_state('input_boolean.bolt', 'on') }}}}"
    lock: {{service: input_boolean.turn_on, target: {{entity_id: input_boolean.bolt}}}}
    unlock: {{service: input_boolean.turn_off, target: {{entity_id: input_boolean.bolt}}}}
  - platform: template
    name: Liar
    value_template: "{{{{ is_state('input_boolean.liar', 'on') }}}}"
    lock: {{service: input_boolean.turn_on, target: {{entity_id: input_boolean.liar}}}}
    unlock: {{service: input_boolean.turn_off, target: {{entity_id: input_boolean.liar}}}}
template:
  - binary_sensor:
      - {{name: North bolt, state: "{{{{ is_state('input_boolean.bolt', 'on') }}}}"}}
      - {{name: Liar bolt, state: "{{{{ false }}}}"}}
      - {{name: Gone, state: "{{{{ true }}}}", availability: "{{{{ false }}}}"}}
"""


@dataclass(frozen=True)
class Hass:
    url: str
    token: str
    version: str


@contextmanager
def home_assistant() -> Iterator[Hass]:
    """Starts it, goes through its first questions as a person would, and stops it."""
    assert shutil.which(HASS), f"{HASS} is not there; type: make test-peers"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
        process = subprocess.Popen([HASS, "-c", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            token = _first_user(url, process)
            version = _ask(f"{url}/api/config", token=token)["version"]
            yield Hass(url, token, version)
        finally:
            process.terminate()
            process.wait(60)


def _first_user(url: str, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            _ask(f"{url}/api/onboarding")
            break
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, "Home Assistant ended"
            assert time.monotonic() < until, f"Home Assistant does not answer within {PATIENCE} s"
            time.sleep(0.5)
    client = f"{url}/"
    user = {"client_id": client, "name": "Peer", "username": "peer", "password": "made-up-here", "language": "en"}
    code = _ask(f"{url}/api/onboarding/users", user)["auth_code"]
    form = urllib.parse.urlencode({"client_id": client, "grant_type": "authorization_code", "code": code}).encode()
    with urllib.request.urlopen(f"{url}/auth/token", form, timeout=10) as reply:
        return str(json.load(reply)["access_token"])


def _ask(url: str, body: Any = None, *, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)
