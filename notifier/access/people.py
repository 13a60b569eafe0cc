"""Looking after other people's accounts: roles, sites, disabling, and starting over when everything is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.access.accounts import examine, makers
from notifier.access.front_desk import FrontDesk
from notifier.access.links import Links
from notifier.access.records import ACTIVE, DISABLED, Account, Kind
from notifier.errors import Refused
from notifier.model.rights import ROLES, Caller, Right


class People:
    def __init__(self, desk: FrontDesk, links: Links) -> None:
        self._desk, self._links = desk, links

    async def set_roles(self, account: str, roles: Sequence[str], sites: Sequence[str], caller: Caller) -> None:
        """Signs the account out everywhere: the next session begins with the new rights. Raises Refused, NotFound."""
        examine(roles, sites, caller)
        known = self._desk.book.known(account)
        administers = any(Right.ADMINISTER in ROLES[role] for role in roles)
        if caller.id == f"account:{known.id}" and not administers:
            raise Refused("You would take your own right to give rights. Another administrator does that.", 409)
        values = {"roles": list(roles), "sites": sorted(sites)}
        ended = self._desk.sessions.ended_rows(known.id)
        await self._desk.book.change(account, "roles", values, caller, ended)

    async def disable(self, account: str, caller: Caller) -> None:
        """At once: open pages, live streams and tokens end with it. Can be undone by `enable`."""
        known = self._desk.book.known(account)
        if caller.id == f"account:{known.id}":
            raise Refused("You would lock yourself out. Another administrator does that.", 409)
        ended = self._desk.sessions.ended_rows(known.id)
        await self._desk.book.change(account, "disabled", {"state": DISABLED}, caller, ended)

    async def enable(self, account: str, caller: Caller) -> None:
        await self._desk.book.change(account, "enabled", {"state": ACTIVE}, caller)

    async def reset(self, account: str, caller: Caller) -> str:
        """End every way in and every session; returns a link that lets the person choose anew, once, in 72 hours."""
        known = self._desk.book.known(account)
        _is_a_person(known)
        rows = [*self._desk.ways.all_ended(known.id), *self._desk.sessions.ended_rows(known.id)]
        anew = {"secret_hash": None, "detail": self._by_now(known, caller)}
        await self._desk.book.change(account, "ways in reset", anew, caller, rows)
        self._desk.ways.take(rows)
        return await self._links.welcome(known.id, caller.id)

    async def invite(self, account: str, caller: Caller) -> str:
        """The same link for an account that has no way in yet, leaving its token as it is.

        Whoever holds the link could be its person: as after a reset, the account is a new one from now on.
        """
        known = self._desk.book.known(account)
        _is_a_person(known)
        if self._desk.ways.all_ended(known.id):
            raise Refused(f"{known.name} has a way in already. Reset the account if it is lost.", 409)
        await self._desk.book.change(account, "invited", {"detail": self._by_now(known, caller)}, caller)
        return await self._links.welcome(known.id, caller.id)

    def _by_now(self, known: Account, caller: Caller) -> Mapping[str, Any]:
        now = self._desk.clock.now()
        return {**known.detail, "reset_at": now, "reset_by": makers(caller, now)}


def _is_a_person(known: Account) -> None:
    """Raises Refused."""
    if known.kind is not Kind.PERSON:
        raise Refused(f"{known.name} is a machine, which never signs in. Revoke it and make another.", 409)
