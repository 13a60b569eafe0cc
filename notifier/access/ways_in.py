"""What proves who somebody is: passwords, codes, passkeys, a provider's name for them. In memory, from the ledger."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notifier.access.held_rows import HeldRows, plain
from notifier.interfaces import Ledger
from notifier.model.facts import Row

GOOD, ENDED = "good", "ended"


class Way(StrEnum):
    """One kind of proof."""

    PASSWORD = "password"  # noqa: S105 a word for a kind, not a secret
    TOTP = "totp"  # codes of an authenticator app
    PASSKEY = "passkey"
    RECOVERY = "recovery"  # a code on paper that works once
    PROVIDER = "provider"  # an identity provider's own name for a person
    CONFIRM = "confirm"  # the code typed at an approval
    DURESS = "duress"  # typed instead of it under threat


@dataclass(frozen=True, slots=True)
class Credential:
    id: str
    account: str
    way: Way
    name: str
    detail: Mapping[str, Any]
    at: float
    used_at: float | None


class WaysIn:
    """The good credentials of one site."""

    def __init__(self, ledger: Ledger, site: str) -> None:
        self._ledger, self._site = ledger, site
        self._by_account: dict[str, list[Credential]] = {}
        self._by_id: dict[str, Credential] = {}
        self._held = HeldRows(ledger, site, "credential", self._load, self._index)
        self._index()

    def close(self) -> None:
        self._held.close()

    def reload(self) -> None:
        self._held.reload()

    def of(self, account: str, way: Way) -> Sequence[Credential]:
        return [one for one in self._by_account.get(account, ()) if one.way is way]

    def one(self, account: str, way: Way) -> Credential | None:
        found = self.of(account, way)
        return found[-1] if found else None

    def all_of(self, way: Way) -> Sequence[Credential]:
        return [one for one in self._by_id.values() if one.way is way]

    def by_id(self, credential: str) -> Credential | None:
        return self._by_id.get(credential)

    def made(self, account: str, way: Way, name: str, detail: Mapping[str, Any], credential: str = "") -> Row:
        """The row of a new one."""
        values = {
            "site": self._site, "id": credential or f"{way}:{secrets.token_hex(8)}", "account": account,
            "kind": str(way), "name": name, "detail": dict(detail), "state": GOOD, "at": self._ledger.clock.now(),
            "used_at": None,
        }  # fmt: skip
        return Row("credential", values, new=True)

    def used(self, credential: Credential, **detail: Any) -> Row:
        """It was used now; `detail` moves on: a counter, the last step."""
        values = {"site": self._site, "id": credential.id, "used_at": self._ledger.clock.now()}
        if detail:
            values["detail"] = {**credential.detail, **detail}
        return Row("credential", values)

    def ended(self, credentials: Sequence[Credential]) -> list[Row]:
        return [Row("credential", {"site": self._site, "id": one.id, "state": ENDED}) for one in credentials]

    def all_ended(self, account: str) -> list[Row]:
        return self.ended(self._by_account.get(account, []))

    def take(self, rows: Sequence[Row]) -> None:
        """What was just written, before the ledger tells everybody."""
        for row in rows:
            if row.table == "credential":
                self._held.take(row.values)
        self._index()

    def _load(self) -> Sequence[Mapping[str, Any]]:
        return self._ledger.read("access_credentials", site=self._site)

    def _index(self) -> None:
        if not hasattr(self, "_held"):
            return
        rows = self._held.rows
        for one in [one for one, row in rows.items() if row["state"] != GOOD]:
            del rows[one]
        found = [
            Credential(
                row["id"], row["account"], Way(row["kind"]), row["name"], plain(row["detail"]), row["at"],
                row.get("used_at"),
            )
            for row in rows.values()
        ]  # fmt: skip
        self._by_id = {one.id: one for one in found}
        self._by_account = {}
        for credential in sorted(found, key=lambda each: (each.at, each.id)):
            self._by_account.setdefault(credential.account, []).append(credential)
