"""One account as the ledger keeps it, and the caller it makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from notifier.model.rights import ROLES, Caller, Right


class Kind(StrEnum):
    PERSON = "person"  # a human: may be one of two
    TOKEN = "token"  # noqa: S105 a machine's account, not a secret
    BUTTON = "button"  # a device that presses
    KIOSK = "kiosk"  # a screen that shows the press page of one button


ACTIVE, REVOKED, DISABLED = "active", "revoked", "disabled"
"""A disabled account can be enabled again; a revoked one never."""


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    kind: Kind
    name: str
    roles: tuple[str, ...]
    sites: frozenset[str]
    person: str | None
    os_user: int | None
    secret_hash: str | None
    state: str
    at: float
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.state == ACTIVE

    @property
    def email(self) -> str:
        return str(self.detail.get("email") or "")

    def caller(self, *, shown: bool = False) -> Caller:
        """The same person behind two accounts stays one person, so approvals compare `person`.

        `shown`: by the token that was shown when the account was made.
        """
        device = self.kind in {Kind.BUTTON, Kind.KIOSK}
        kind, name = self.id.split(":", 1) if device else ("account", self.id)
        rights = frozenset[Right]().union(*(ROLES.get(role, frozenset()) for role in self.roles))
        # Whoever resets an account can become it: from then on it is a new one.
        reset = float(self.detail.get("reset_at") or 0.0)
        by = [str(self.detail.get("reset_by") or "")] if reset > self.at else []
        if shown or not by:  # who was shown the token has it still, whoever made a link since
            by.append(str(self.detail.get("made_by") or ""))
        makers = " ".join(dict.fromkeys(" ".join(by).split()))
        since = max(self.at, reset)
        return Caller(f"{kind}:{name}", self.name, self.person, rights, self.sites, since, makers, shown)


BUTTON_PREFIX = "button:"
"""Buttons and accounts share one table; a button's row is named after it."""
KIOSK_PREFIX = "kiosk:"


def account_from(row: Mapping[str, Any]) -> Account:
    """From a row of the ledger, where lists and objects are JSON text, or of an event, where they may not be yet."""
    return Account(
        id=row["id"],
        kind=Kind(row["kind"]),
        name=row["name"],
        roles=tuple(_plain(row["roles"])),
        sites=frozenset(_plain(row["sites"])),
        person=row["person"],
        os_user=row["os_user"],
        secret_hash=row["secret_hash"],
        state=row["state"],
        at=row["at"],
        detail=_plain(row["detail"]),
    )


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
