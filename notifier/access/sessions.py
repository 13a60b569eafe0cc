"""Where people are signed in: a random id in a cookie, its hash in the ledger, and an end that always comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from notifier.access.held_rows import HeldRows
from notifier.access.limits import FRESH, limit_of
from notifier.access.records import Account
from notifier.access.secrets import hashed, new_session
from notifier.errors import LedgerError
from notifier.interfaces import Ledger
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.model.rights import Caller, Right

OPEN, ENDED = "open", "ended"
WRITE_SEEN = 0.25  # of the idle limit: how old the written "last seen" may be, so that a board does not fill the record
MOST = 50
"""Open sessions of one account: more than anybody has browsers. The oldest ends when there is one more."""
AGENT = 200  # characters of a browser's own name that are kept
STRONG = frozenset({"passkey", "password and code", "password and recovery code", "provider, trusted"})
"""Ways in that prove two things; an administrator's rights come with these alone."""
NEEDS_STRONG = frozenset({Right.ADMINISTER, Right.PUBLISH, Right.TECHNICIAN})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came from."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    account: str
    how: str
    made_at: float
    seen_at: float
    proved_at: float
    ends_at: float
    address: str
    agent: str


class Sessions:
    """All open sessions of one site, in memory; `account` gives an account that may sign in now, or None."""

    def __init__(self, ledger: Ledger, site: str, account: Callable[[str], Account | None]) -> None:
        self._ledger, self._site, self._account = ledger, site, account
        self._seen: dict[str, float] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._held = HeldRows(ledger, site, "session", self._load, self._tidy)

    def close(self) -> None:
        self._held.close()
        for task in self._writing:
            task.cancel()

    def reload(self) -> None:
        self._held.reload()

    # --------------------------------------------------------------------------------------------------------- asking

    def of(self, secret: str) -> Session | None:
        """The open session of a cookie; whoever asks uses it. None: never was, signed out, run out, or disabled."""
        row = self._held.rows.get(hashed(secret))
        now = self._ledger.clock.now()
        if row is None or not self._is_open(row, now):
            return None
        self._note_use(row, now)
        return self._session(row)

    def caller(self, session: Session) -> Caller | None:
        """Who it is. Rights over others need two proofs; without the second they are left out."""
        account = self._account(session.account)
        if account is None:
            return None
        known = account.caller()
        rights = known.rights if session.how in STRONG else known.rights - NEEDS_STRONG
        return replace(known, rights=rights)

    def is_fresh(self, session: Session) -> bool:
        """Whether this browser's person proved who they are in the last five minutes."""
        return self._ledger.clock.now() - session.proved_at <= FRESH

    def open_of(self, account: str) -> Sequence[Session]:
        now = self._ledger.clock.now()
        found = [row for row in self._held.rows.values() if row["account"] == account and self._is_open(row, now)]
        return sorted((self._session(row) for row in found), key=lambda one: one.made_at)

    # -------------------------------------------------------------------------------------------------------- changing

    async def sign_in(
        self, account: Account, how: str, place: Place, instead_of: str | None = None, rows: Sequence[Row] = ()
    ) -> str:
        """A new secret, always: what the browser carried before (`instead_of`) ends. `rows` are written with it."""
        secret, now = new_session(), self._ledger.clock.now()
        values = {
            "site": self._site, "id": hashed(secret), "account": account.id, "how": how, "state": OPEN, "made_at": now,
            "seen_at": now, "proved_at": now, "ends_at": now + limit_of(account.roles).whole,
            "address": place.address, "agent": place.agent[:AGENT],
        }  # fmt: skip
        before = self._held.rows.get(hashed(instead_of)) if instead_of else None
        over = [one.id for one in self.open_of(account.id)[: -(MOST - 1)] if one.id != (before or {}).get("id")]
        ended = [self._ended(one) for one in ([before["id"]] if before else []) + over]
        told = {"by": f"account:{account.id}", "name": account.name, "how": how, "from": place.address}
        kind = EventKind.SIGNED_IN
        await self._write(Fact(kind, self._site, data=told, rows=[Row("session", values, new=True), *ended, *rows]))
        return secret

    async def prove(self, session: Session, how: str, place: Place, rows: Sequence[Row] = ()) -> None:
        """The person has proved again who they are."""
        now = self._ledger.clock.now()
        values = {"site": self._site, "id": session.id, "proved_at": now, "seen_at": now}
        told = {"by": f"account:{session.account}", "how": how, "from": place.address}
        await self._write(
            Fact(EventKind.PROVED_AGAIN, self._site, data=told, rows=[Row("session", values), *rows]),
        )

    async def end(self, ids: Sequence[str], by: str, why: str) -> int:
        """Sign out, at once; returns how many."""
        known = [self._held.rows[one] for one in ids if one in self._held.rows]
        if known:
            told = {"account": known[0]["account"], "by": by, "sessions": len(known), "why": why}
            rows = [self._ended(row["id"]) for row in known]
            await self._write(Fact(EventKind.SIGNED_OUT, self._site, data=told, rows=rows))
        return len(known)

    def ended_rows(self, account: str) -> list[Row]:
        """For a transaction that takes somebody's way in: every open session of theirs, ended."""
        return [self._ended(row["id"]) for row in self._held.rows.values() if row["account"] == account]

    # --------------------------------------------------------------------------------------------------------- inside

    def _ended(self, session: str) -> Row:
        return Row("session", {"site": self._site, "id": session, "state": ENDED})

    def _is_open(self, row: Mapping[str, Any], now: float) -> bool:
        account = self._account(row["account"])
        if row["state"] != OPEN or account is None:
            return False
        seen = max(row["seen_at"], self._seen.get(row["id"], 0.0))
        return bool(now < row["ends_at"] and now - seen <= limit_of(account.roles).idle)

    def _note_use(self, row: Mapping[str, Any], now: float) -> None:
        self._seen[row["id"]] = now
        account = self._account(row["account"])
        if account is None or now - row["seen_at"] <= limit_of(account.roles).idle * WRITE_SEEN:
            return
        self._held.take({**row, "seen_at": now})
        values = {"site": self._site, "id": row["id"], "seen_at": now}
        fact = Fact(EventKind.SESSION_SEEN, self._site, data={"account": row["account"]}, rows=[Row("session", values)])
        task = asyncio.get_running_loop().create_task(self._write_quietly(fact))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write_quietly(self, fact: Fact) -> None:
        try:
            await self._write(fact)
        except LedgerError:
            return  # it is seen in memory; a store that is gone has its own trouble

    async def _write(self, fact: Fact) -> None:
        await self._ledger.run(partial(_told, fact))
        for row in fact.rows:
            if row.table == "session":
                self._held.take(row.values)
        self._tidy()

    def _load(self) -> Sequence[Mapping[str, Any]]:
        return self._ledger.read("access_sessions", site=self._site, now=self._ledger.clock.now())

    def _tidy(self) -> None:
        if not hasattr(self, "_held"):
            return
        now = self._ledger.clock.now()
        rows = self._held.rows
        for one in [one for one, row in rows.items() if row.get("state") != OPEN or row["ends_at"] <= now]:
            del rows[one]
            self._seen.pop(one, None)

    def _session(self, row: Mapping[str, Any]) -> Session:
        return Session(
            row["id"], row["account"], row["how"], row["made_at"], max(row["seen_at"], self._seen.get(row["id"], 0.0)),
            row["proved_at"], row["ends_at"], row["address"], row["agent"],
        )  # fmt: skip


def _told(fact: Fact) -> Body[None]:
    yield fact
