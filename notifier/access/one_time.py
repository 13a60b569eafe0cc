"""Links that work once: made here, shown once, kept as a hash, dead after their use or their time."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from notifier.access.secrets import hashed
from notifier.errors import Refused
from notifier.model.facts import Ask, Body, Row

OPEN, USED, ENDED = "open", "used", "ended"


class InviteKind(StrEnum):
    """What a link that works once is for, with the seconds that it lives."""

    SETUP = "setup"  # the first administrator of a node that has none
    WELCOME = "welcome"  # a new account, or one whose ways in were reset, chooses its own
    KIOSK = "kiosk"  # a screen becomes an enrolled device


LIVES: Mapping[InviteKind, float] = {
    InviteKind.SETUP: 24 * 3600.0,
    InviteKind.WELCOME: 72 * 3600.0,
    InviteKind.KIOSK: 600.0,
}
"""Seconds. A person may read the mail after the weekend; whoever enrols a screen stands before it."""

USED_UP = "This link was used, or is too old, or was replaced by a newer one. Ask an administrator for a new one."


def invite_row(site: str, kind: InviteKind, token: str, account: str, at: float, by: str, **detail: Any) -> Row:
    """The row of a new one."""
    values = {
        "site": site, "id": hashed(token), "kind": str(kind), "account": account, "state": OPEN, "at": at,
        "dies_at": at + LIVES[kind], "made_by": by, "detail": detail,
    }  # fmt: skip
    return Row("invite", values, new=True)


def open_invite(site: str, kind: InviteKind, token: str, now: float) -> Body[Mapping[str, Any]]:
    """Inside a transaction: the row of a token that still works. Raises Refused, the same for every reason."""
    found = yield Ask("access_invite", {"site": site, "id": hashed(token)})
    if not found or found[0]["kind"] != kind or found[0]["state"] != OPEN or found[0]["dies_at"] <= now:
        raise Refused(USED_UP, 410)
    return found[0]


def used_row(site: str, invite: Mapping[str, Any]) -> Row:
    """It has worked once."""
    return Row("invite", {"site": site, "id": invite["id"], "state": USED})


def ended_rows(site: str, kind: InviteKind, account: str) -> Body[list[Row]]:
    """Inside a transaction: take back older ones of the same account, because a newer one takes their place."""
    found = yield Ask("access_open_invites", {"site": site, "kind": str(kind), "account": account})
    return [Row("invite", {"site": site, "id": row["id"], "state": ENDED}) for row in found]
