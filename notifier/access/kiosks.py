"""Screens that press: enrolled by a link that works once, kept by a secret of their own, never asked for a password."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from notifier.access.one_time import InviteKind, invite_row, open_invite, used_row
from notifier.access.records import ACTIVE, KIOSK_PREFIX, Kind
from notifier.access.secrets import hashed
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row


def ask_kiosk_body(site: str, token: str, name: str, button: str, at: float, by: str) -> Body[None]:
    """Write down that whoever holds `token` may become the screen `name` of `button`."""
    row = invite_row(site, InviteKind.KIOSK, token, "", at, by, button=button, name=name)
    told = {"change": "kiosk link made", "name": name, "button": button, "by": by}
    yield Fact(EventKind.CREDENTIAL_CHANGED, site, data=told, rows=[row])


def redeem_kiosk_body(
    site: str, token: str, kiosk: str, secret: str, facts: Callable[[str], Mapping[str, Any]], at: float
) -> Body[Mapping[str, Any]]:
    """The token becomes an account whose secret is `secret`. Raises Refused if it does not work any more.

    `facts`: what is published of a button, by its id; nothing if it was dropped meanwhile.
    """
    invite = yield from open_invite(site, InviteKind.KIOSK, token, at)
    detail = dict(_plain(invite["detail"]))
    button = str(detail["button"])
    values = {
        "site": site, "id": f"{KIOSK_PREFIX}{kiosk}", "kind": str(Kind.KIOSK), "name": str(detail["name"]),
        "roles": ["press"], "sites": [site], "person": None, "os_user": None, "secret_hash": hashed(secret),
        "state": ACTIVE, "at": at, "detail": {**facts(button), "id": button},
    }  # fmt: skip
    told = {
        "account": values["id"], "name": values["name"], "roles": ["press"], "sites": [site], "change": "enrolled",
        "button": button, "by": invite["made_by"],
    }  # fmt: skip
    yield Fact(
        EventKind.ACCOUNT_CHANGED, site, data=told, rows=[Row("account", values, new=True), used_row(site, invite)]
    )
    return values


def _plain(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found
