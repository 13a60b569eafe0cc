"""Everything behind the sign-in pages, put together once: who is at the door, who is inside, and what is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from notifier.access.accounts import AccountBook
from notifier.access.guesses import Guesses
from notifier.access.once_a_minute import MOST_OF_ONE, MOST_OF_STRANGERS, OnceAMinute
from notifier.access.passwords import Passwords
from notifier.access.provider import ProviderClient
from notifier.access.sessions import Sessions
from notifier.access.tickets import Tickets
from notifier.access.ways_in import WaysIn
from notifier.errors import LedgerError
from notifier.interfaces import Ledger
from notifier.model.events import EventKind
from notifier.model.facts import Body, Event, Fact, Row
from notifier.model.rights import ANONYMOUS, Caller


class FrontDesk:
    """Shared by `sign_in`, `links`, `own_account` and `people`."""

    def __init__(
        self,
        ledger: Ledger,
        site: str,
        site_name: str,
        book: AccountBook,
        key: bytes,
        provider: ProviderClient | None = None,
    ) -> None:
        """`key`: 32 bytes of this node that seal what must be read again."""
        self.ledger, self.site, self.site_name = ledger, site, site_name
        self.book, self.key, self.provider, self.clock = book, key, provider, ledger.clock
        self.ways = WaysIn(ledger, site)
        self.sessions = Sessions(ledger, site, book.account)
        self.passwords = Passwords()
        self.tickets = Tickets(ledger.clock)
        self.guesses = Guesses(ledger.read("access_lockouts", site=site, now=ledger.clock.now()))
        self._said = OnceAMinute()
        self._writing: set[asyncio.Task[None]] = set()
        self._unfollow = ledger.follow(self._hear)

    def close(self) -> None:
        self._unfollow()
        self.ways.close()
        self.sessions.close()
        self.passwords.close()
        for task in self._writing:
            task.cancel()

    def reload(self) -> None:
        """Read everything again, after a store came back."""
        self.book.reload()
        self.ways.reload()
        self.sessions.reload()

    async def tell(self, kind: EventKind, data: Mapping[str, Any], rows: Sequence[Row] = ()) -> None:
        """One fact, durable when this returns."""
        await self.ledger.run(partial(_told, Fact(kind, self.site, data=data, rows=rows)))
        self.ways.take(rows)

    # ---------------------------------------------------------------------------------------------------- the record

    def denied(self, caller: Caller, what: str, address: str) -> None:
        """Somebody asked for what they have no right to; written beside the answer, never before it."""
        self._note(EventKind.DENIED, "denied", caller, what, address, (what, address))

    def read_personal(self, caller: Caller, what: str, address: str) -> None:
        """Somebody looked at people's data: once a minute for the same reader and the same page."""
        self._note(EventKind.PERSONAL_DATA_READ, "read", caller, what, address, (what,))

    def acted(self, caller: Caller, says: str, what: str, address: str, *, often: bool = False) -> None:
        """Somebody started, changed or ended something (`says`, at `what`); written beside the answer, never before it.

        `often`: what a page sends by itself while somebody types is written once a minute.
        """
        if often:
            self._note(EventKind.ACTED, "acted", caller, what, address, (what,), says=says)
        else:
            self._write(EventKind.ACTED, caller, what, address, says=says)

    def turned_away(self, how: str, address: str) -> None:
        """Somebody's passkey or provider was not let in; costs them nothing, so it is written once a minute."""
        self._note(EventKind.SIGN_IN_DENIED, "away", ANONYMOUS, how, address, (how, address))

    def _note(
        self,
        kind: EventKind,
        deed: str,
        caller: Caller,
        what: str,
        address: str,
        key: tuple[str, ...],
        **more: str,
    ) -> None:
        most = MOST_OF_STRANGERS if caller.id == ANONYMOUS.id else MOST_OF_ONE
        told = self._said.says(f"{deed} {caller.id}", what, key, self.clock.now(), most)
        if told is not None:
            self._write(kind, caller, told, address, **more)

    def _write(self, kind: EventKind, caller: Caller, what: str, address: str, **more: str) -> None:
        data = {"by": caller.id, "name": caller.name, "what": what, "from": address, **more}
        task = asyncio.get_running_loop().create_task(self._tell_quietly(kind, data))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _tell_quietly(self, kind: EventKind, data: Mapping[str, Any]) -> None:
        try:
            await self.tell(kind, data)
        except LedgerError:
            return  # a store that is gone has its own trouble, and the loudest one

    def audit(self, limit: int, after: str | None) -> Mapping[str, Any]:
        """Who did what, when and from where, newest first; `after` is the `next` of the page before."""
        node, _, number = (after or "").rpartition(":")
        n = int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else 0
        rows = list(self.ledger.read("access_audit", site=self.site, node=node, n=n, limit=limit))
        items = [
            {
                "cursor": f"{row['node']}:{row['n']}", "kind": row["kind"], "wall": row["wall"],
                "incident": row["incident"], "text": EventKind(row["kind"]).sentence,
                "data": json.loads(row["payload"]).get("data", {}) if row["payload"] else {},
            }
            for row in rows
        ]  # fmt: skip
        return {"items": items, "next": items[-1]["cursor"] if len(items) == limit else None}

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.site == self.site:
                for row in event.rows:
                    if row.table == "lockout":
                        self.guesses.locked(row.values)


def _told(fact: Fact) -> Body[None]:
    yield fact
