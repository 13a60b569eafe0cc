"""The demo school as a folder that `notifier run` takes: its files with the campus' addresses, and its settings."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notifier.adapters import Installed
from notifier.campus.campus import HOST, NUMBER, Campus
from notifier.files.campus_addresses import fill_campus
from notifier.files.folder import write_folder
from notifier.files.load import Loaded, load
from notifier.files.starter import demo_files
from notifier.model.settings import Sender

SMS, PUSH, EMAIL = "sms", "push", "email"
SEGMENTS_A_SECOND = 150.0
"""What a school pays for on a short code: 400 families take some seconds, and the story is still over in a minute."""
TOKEN_NAME = "DEMO_TWILIO_TOKEN"  # noqa: S105 the name of a variable, not a secret

SENDERS = {
    PUSH: Sender(channel="ntfy"),
    SMS: Sender(channel="twilio", uplink="cellular"),
    EMAIL: Sender(channel="smtp_email"),
}


def school_files() -> dict[str, bytes]:
    """What is published, but for the campus' addresses."""
    return demo_files()


def read_school(files: Mapping[str, bytes]) -> Loaded:
    """Site and people, also before the addresses stand in it."""
    return load(files, Installed(), SENDERS)


def write_school(folder: Path, files: Mapping[str, bytes], campus: Campus, port: int) -> Loaded:
    """Write everything the daemon needs below `folder`; returns the school as it will be published.

    The settings hold no secret: the token of the Twilio double comes by the environment (`secrets`). Raises SetupError.
    """
    public = f"http://{HOST}:{port}"
    filled = fill_campus(files, campus.addresses)
    filled["site.yaml"] += f"\n# Phones of the virtual campus are on this machine.\npublic_url: {public}\n".encode()
    write_folder(folder, filled)
    # YAML is a superset of JSON.
    settings = json.dumps(_settings(campus, port), indent=2, ensure_ascii=False)
    (folder / "settings.yaml").write_text(settings, encoding="utf-8")
    return load(filled, Installed(), SENDERS)


def secrets(campus: Campus) -> dict[str, str]:
    """What the daemon's environment must hold."""
    return {TOKEN_NAME: campus.twilio.token}


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _settings(campus: Campus, port: int) -> dict[str, Any]:
    return {
        "node": "demo",
        "state": "state",
        "listen": {"address": f"{HOST}:{port}"},
        "allow_addresses": ["127.0.0.0/8"],
        "senders": {
            PUSH: {"channel": "ntfy", "uplink": "internet", "settings": {"url": campus.ntfy.url}},
            SMS: {
                "channel": "twilio", "uplink": "cellular", "rate": SEGMENTS_A_SECOND,
                "settings": {
                    "api_url": campus.twilio.url, "account_sid": campus.twilio.account,
                    "auth_token": f"${{env:{TOKEN_NAME}}}", "from_number": NUMBER,
                },
            },
            EMAIL: {
                "channel": "smtp_email", "uplink": "internet",
                "settings": {
                    "host": campus.post.host, "port": campus.post.port, "tls": "none",
                    "from_address": "alerts@maplewood.example", "from_name": "Maplewood School",
                },
            },
        },
        "public_address": {"pa_multicast": {"settings": {"interface": HOST, "ttl": 0}}},
    }  # fmt: skip
