"""Links that let somebody in once: the first administrator of a node, and people whose account was just made."""

from __future__ import annotations

import re
import unicodedata
from functools import partial

from notifier.access.front_desk import FrontDesk
from notifier.access.held_rows import plain
from notifier.access.one_time import USED_UP, InviteKind, ended_rows, invite_row, open_invite, used_row
from notifier.access.passwords import complaint
from notifier.access.records import ACTIVE, Account, Kind, account_from
from notifier.access.secrets import hashed, new_account_id, new_one_time
from notifier.access.sessions import Place
from notifier.access.ways_in import Way
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row

FIRST_ROLES = ("administrator", "commander", "technician")
"""What the first administrator may do; whom they let in later may do less."""


class Links:
    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk

    async def first_setup(self) -> str | None:
        """A new link for the first administrator, to be shown once; None if a person may give rights already."""
        if self._desk.book.has_administrator():
            return None
        return await self._make(InviteKind.SETUP, "", "first start")

    async def welcome(self, account: str, by: str) -> str:
        """A link by which a person chooses their own password or passkey; an older one dies."""
        return await self._make(InviteKind.WELCOME, account, by)

    def welcomed(self, token: str) -> Account:
        """Whose link it is, without using it up: looking at a page lets nobody in. Raises Refused."""
        found = self._desk.ledger.read("access_invite", site=self._desk.site, id=hashed(token))
        account = self._desk.book.account(found[0]["account"]) if found else None
        if not found or account is None or not self._still_good(found[0], InviteKind.WELCOME):
            raise Refused(USED_UP, 410)
        return account

    def look_at_setup(self, token: str) -> None:
        """Raises Refused if it does not work any more."""
        found = self._desk.ledger.read("access_invite", site=self._desk.site, id=hashed(token))
        if not found or not self._still_good(found[0], InviteKind.SETUP) or self._desk.book.has_administrator():
            raise Refused(USED_UP, 410)

    async def set_up(self, token: str, name: str, email: str, password: str, place: Place) -> str:
        """The first administrator, and their session; their rights come with the second proof. Raises Refused."""
        desk = self._desk
        self.look_at_setup(token)
        if wrong := complaint(password, (name, *name.split())):
            raise Refused(wrong, 422)
        kept = await desk.passwords.hashed(password)
        values = {
            "site": desk.site, "id": new_account_id(), "kind": str(Kind.PERSON), "name": name,
            "roles": list(FIRST_ROLES), "sites": [], "person": person_id(name), "os_user": None, "secret_hash": None,
            "state": ACTIVE, "at": desk.clock.now(), "detail": {"email": email.strip().casefold()} if email else {},
        }  # fmt: skip
        account = account_from(values)
        way = desk.ways.made(account.id, Way.PASSWORD, "password", {"hash": kept})
        now = desk.clock.now()
        rows = [Row("account", values, new=True), way]
        await desk.ledger.run(partial(_use_body, desk.site, InviteKind.SETUP, token, now, rows, "first administrator"))
        desk.book.reload()
        desk.ways.take(rows)
        return await desk.sessions.sign_in(account, "link", place)

    async def take_up(self, token: str, password: str | None, place: Place) -> str:
        """A welcomed person's session. `password` None: a passkey comes next. Raises Refused."""
        desk = self._desk
        account = self.welcomed(token)
        rows: list[Row] = []
        if password is not None:
            if wrong := complaint(password, (account.name, *account.name.split())):
                raise Refused(wrong, 422)
            kept = await desk.passwords.hashed(password)
            rows = [desk.ways.made(account.id, Way.PASSWORD, "password", {"hash": kept})]
        now = desk.clock.now()
        await desk.ledger.run(partial(_use_body, desk.site, InviteKind.WELCOME, token, now, rows, "welcomed"))
        desk.ways.take(rows)
        return await desk.sessions.sign_in(account, "link", place)

    async def _make(self, kind: InviteKind, account: str, by: str) -> str:
        token, desk = new_one_time(), self._desk
        row = invite_row(desk.site, kind, token, account, desk.clock.now(), by)
        await desk.ledger.run(partial(_make_body, desk.site, kind, account, row, by))
        return token

    def _still_good(self, row: object, kind: InviteKind) -> bool:
        found = dict(plain(row))
        return bool(found["kind"] == kind and found["state"] == "open" and found["dies_at"] > self._desk.clock.now())


def person_id(name: str) -> str:
    """A name as an id: "Ada Lopez" is `ada-lopez`."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:64].strip("-") or new_account_id()


def _make_body(site: str, kind: InviteKind, account: str, row: Row, by: str) -> Body[None]:
    older = yield from ended_rows(site, kind, account)
    told = {"account": account or None, "change": f"{kind} link made", "by": by}
    yield Fact(EventKind.CREDENTIAL_CHANGED, site, data=told, rows=[*older, row])


def _use_body(site: str, kind: InviteKind, token: str, now: float, rows: list[Row], change: str) -> Body[None]:
    invite = yield from open_invite(site, kind, token, now)
    made = next((row.values for row in rows if row.table == "account"), None)
    told = {"account": made["id"] if made else invite["account"], "change": change, "by": invite["made_by"]}
    what = EventKind.ACCOUNT_CHANGED if made else EventKind.CREDENTIAL_CHANGED
    yield Fact(what, site, data=told, rows=[used_row(site, invite), *rows])
