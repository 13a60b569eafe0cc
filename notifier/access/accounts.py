"""Accounts, tokens and buttons, held in memory so that a press never waits for the store to know who presses."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from notifier.access.kiosks import ask_kiosk_body, redeem_kiosk_body
from notifier.access.records import ACTIVE, BUTTON_PREFIX, REVOKED, Account, Kind, account_from
from notifier.access.secrets import (
    hashed,
    new_account_id,
    new_bearer,
    new_button_secret,
    new_one_time,
    new_session,
)
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ledger
from notifier.model.events import EventKind
from notifier.model.facts import Body, Event, Fact, Row
from notifier.model.rights import ANONYMOUS, ROLES, Caller, Right
from notifier.model.second_person import Human
from notifier.model.site import Button

OWNER_RIGHTS = frozenset({Right.TECHNICIAN, Right.VIEW, Right.PUBLISH, Right.PRESS, Right.DRILL, Right.ADMINISTER})
"""Who owns the machine can change the store anyway; but is nobody by name, so can never be one of two."""


class AccountBook:
    """Implements `interfaces.Accounts` for one site over one ledger."""

    def __init__(
        self, ledger: Ledger, site: str, button: Callable[[str], Button | None], own_uid: int | None = None
    ) -> None:
        """`button`: a button of the published site by its id; `own_uid`: the daemon's user, if not this process's."""
        self._ledger = ledger
        self._site = site
        self._published_button = button
        self._owners = {0, os.getuid() if own_uid is None else own_uid}
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._accounts: dict[str, Account] = {}
        self._by_hash: dict[str, Account] = {}
        self._by_uid: dict[int, Account] = {}
        self._unfollow = ledger.follow(self._hear)
        self.reload()

    def close(self) -> None:
        self._unfollow()

    def reload(self) -> None:
        """Read the table again: at start, and after a store came back."""
        self._rows = {row["id"]: dict(row) for row in self._ledger.read("access_accounts", site=self._site)}
        self._index()

    def caller_of(self, bearer: str) -> Caller | None:
        """Who holds this token; a button's secret counts as one. None: nobody, or not any more."""
        account = self._holder(bearer)
        # A screen's secret counts in its cookie, on the press pages, and nowhere else.
        return account.caller(shown=True) if account and account.kind is not Kind.KIOSK else None

    def account(self, account: str) -> Account | None:
        """One that is active, by its id."""
        found = self._accounts.get(account.removeprefix("account:"))
        return found if found and found.active else None

    def accounts_of_person(self, account: str) -> Sequence[str]:
        """Ids of every active account of the same person, this one among them."""
        mine = self._accounts.get(account.removeprefix("account:"))
        if mine is None or mine.person is None:
            return [account.removeprefix("account:")]
        return sorted(one.id for one in self._accounts.values() if one.active and one.person == mine.person)

    def named(self, written: str) -> Account | None:
        """The person's account that somebody means by what they typed: its id, e-mail address or person's id.

        None if there is none, or several: then the id of one of them is needed.
        """
        name = written.strip().casefold()
        found = [
            one for one in self._accounts.values()
            if one.active and one.kind is Kind.PERSON and name in {one.id, one.email, (one.person or "").casefold()}
        ]  # fmt: skip
        return found[0] if len(found) == 1 and name else None

    def by_email(self, email: str) -> Account | None:
        """The one person's account with this address; None if there is none, or several."""
        found = [one for one in self._accounts.values() if one.active and one.email == email.strip().casefold()]
        return found[0] if len(found) == 1 and found[0].kind is Kind.PERSON and found[0].email else None

    def has_administrator(self) -> bool:
        """Whether a person may already give rights; else the first start shows the way in."""
        people = [one for one in self._accounts.values() if one.active and one.kind is Kind.PERSON]
        return any(Right.ADMINISTER in one.caller().rights for one in people)

    def caller_of_os_user(self, uid: int) -> Caller:
        """A linked account's caller; the owner of the machine may look after it, everybody else is anonymous."""
        linked = self._by_uid.get(uid)
        owner = OWNER_RIGHTS if uid in self._owners else frozenset[Right]()
        if linked:
            known = linked.caller()
            return replace(known, rights=known.rights | owner)
        if owner:
            return Caller(f"cli:{uid}", f"user {uid} of this machine", None, owner)
        return ANONYMOUS

    def button_of(self, secret: str) -> Mapping[str, Any] | None:
        """As published now; a button that the published site has dropped still presses as it was enrolled."""
        account = self._holder(secret)
        if account is None or account.kind is not Kind.BUTTON:
            return None
        return self._pressed_as(account)

    def kiosk_of(self, secret: str) -> Mapping[str, Any] | None:
        """Like a button, with the screen's own id and name beside."""
        account = self._holder(secret)
        if account is None or account.kind is not Kind.KIOSK:
            return None
        return {**self._pressed_as(account), "kiosk": account.id, "device": account.name}

    def _pressed_as(self, account: Account) -> dict[str, Any]:
        enrolled = dict(account.detail)
        return {**enrolled, **self._button_facts(str(enrolled["id"])), "site": self._site}

    def _button_facts(self, button: str) -> dict[str, Any]:
        published = self._published_button(button)
        return _facts(published) if published else {}

    async def enrol_kiosk(self, name: str, button: str, caller: Caller) -> str:
        """Raises NotFound for a button that the published site has not, Refused if the caller may not."""
        self._must(caller, Right.ADMINISTER, Right.TECHNICIAN)
        if self._published_button(button) is None:
            raise NotFound(f"The published site has no button {button!r}; add it to the site file and publish first.")
        token, at = new_one_time(), self._ledger.clock.now()
        await self._ledger.run(partial(ask_kiosk_body, self._site, token, name, button, at, caller.id))
        return token

    async def redeem_kiosk(self, token: str) -> str:
        secret, kiosk = new_session(), new_account_id()
        at = self._ledger.clock.now()
        values = await self._ledger.run(
            partial(redeem_kiosk_body, self._site, token, kiosk, secret, self._button_facts, at)
        )
        self._take(values)
        self._index()
        return secret

    async def add_user(
        self,
        name: str,
        roles: Sequence[str],
        sites: Sequence[str],
        os_user: int | None,
        person: str | None,
        caller: Caller,
        email: str | None = None,
    ) -> tuple[str, str]:
        """`person`: who it is, if it is a human; without one it is a machine's account and is never one of two.

        Raises Refused if the caller may not, or a role is not known.
        """
        self._must(caller, Right.ADMINISTER)
        examine(roles, sites, caller)
        if email and self.by_email(email) is not None:
            raise Refused(f"{email} is the address of another account already.", 409)
        if os_user is not None and os_user in self._by_uid:
            taken = self._by_uid[os_user]
            raise Refused(f"User {os_user} of this machine is {taken.name} already; revoke {taken.id} first.", 409)
        bearer = new_bearer()
        detail = {
            "made_by": makers(caller, self._ledger.clock.now()),
            **({"email": email.strip().casefold()} if email else {}),
        }
        values = self._values(
            new_account_id(), Kind.PERSON if person else Kind.TOKEN, name, bearer,
            roles=list(roles), sites=sorted(sites), person=person, os_user=os_user,
            detail=detail,
        )  # fmt: skip
        await self._write(values, "made", caller)
        return str(values["id"]), bearer

    async def enrol_button(self, button: str, caller: Caller) -> str:
        """Make a new secret for a button of the published site; an older one of it dies. Raises NotFound."""
        self._must(caller, Right.ADMINISTER, Right.TECHNICIAN)
        published = self._published_button(button)
        if published is None:
            raise NotFound(f"The published site has no button {button!r}; add it to the site file and publish first.")
        secret = new_button_secret()
        values = self._values(
            f"{BUTTON_PREFIX}{button}", Kind.BUTTON, published.name or f"Button {button}", secret,
            roles=["press"], sites=[self._site], person=None, os_user=None, detail=_facts(published),
        )  # fmt: skip
        await self._write(values, "enrolled", caller)
        return secret

    async def change(
        self, what: str, change: str, values: Mapping[str, Any], caller: Caller, rows: Sequence[Row] = ()
    ) -> Account:
        """Change some columns of an account (`change` says which, in words) and `rows` with it; one transaction.

        Raises NotFound; Refused if the caller may not, or has less to say than the account they would change.
        """
        self._must(caller, Right.ADMINISTER)
        account = self.known(what)
        if account.state == REVOKED:
            raise Refused(f"{account.name} is revoked for good. Make a new account instead.", 409)
        _within(account, caller)
        changed = {"site": self._site, "id": account.id, **values}
        told = {"account": account.id, "name": account.name, "change": change, "by": caller.id}
        shown = {name: values[name] for name in ("roles", "sites", "state") if name in values}
        fact = Fact(
            EventKind.ACCOUNT_CHANGED, self._site, data={**told, **shown}, rows=[Row("account", changed), *rows]
        )
        await self._ledger.run(partial(_record, fact))
        self._take(changed)
        self._index()
        return self._accounts[account.id]

    def known(self, what: str) -> Account:
        """By its id, whatever its state. Raises NotFound."""
        account = self._accounts.get(what.removeprefix("account:"))
        if account is None:
            raise NotFound(f"There is no account {what!r}; the list of accounts names them all.")
        return account

    async def revoke(self, what: str, caller: Caller) -> None:
        """An account's id, or `button:ID`. Harmless to repeat. Raises NotFound; Refused for one with more rights."""
        self._must(caller, Right.ADMINISTER)
        account = self._accounts.get(what.removeprefix("account:")) or self._accounts.get(f"{BUTTON_PREFIX}{what}")
        if account is None:
            raise NotFound(f"There is no account or button {what!r}; the list of accounts names them all.")
        if caller.id == f"account:{account.id}" and account.kind is Kind.PERSON:
            raise Refused("You would lock yourself out. Another administrator does that.", 409)
        _within(account, caller)
        values = {"site": self._site, "id": account.id, "state": REVOKED, "secret_hash": None}
        fact = Fact(
            EventKind.ACCOUNT_CHANGED, self._site,
            data={"account": account.id, "name": account.name, "change": "revoked", "by": caller.id},
            rows=[Row("account", values)],
        )  # fmt: skip
        await self._ledger.run(partial(_record, fact))
        self._take(values)
        self._index()

    def listing(self) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "id": one.id, "kind": str(one.kind), "name": one.name, "roles": list(one.roles),
                "sites": sorted(one.sites), "person": one.person, "os_user": one.os_user, "state": one.state,
                "made_at": one.at, "email": one.email,
                "button": str(dict(one.detail).get("id") or "") or None,
            }
            for one in sorted(self._accounts.values(), key=lambda account: (account.at, account.id))
        ]  # fmt: skip

    def _must(self, caller: Caller, *rights: Right) -> None:
        if not any(caller.may(right, self._site) for right in rights):
            raise Refused(f"This needs the right {' or '.join(rights)}; ask an administrator.")

    def _values(self, account: str, kind: Kind, name: str, secret: str, **rest: Any) -> dict[str, Any]:
        known = {"site": self._site, "id": account, "kind": str(kind), "name": name, "secret_hash": hashed(secret)}
        return {**known, "state": ACTIVE, "at": self._ledger.clock.now(), **rest}

    async def _write(self, values: dict[str, Any], change: str, caller: Caller) -> None:
        told = {"account": values["id"], "name": values["name"], "roles": values["roles"], "sites": values["sites"]}
        fact = Fact(
            EventKind.ACCOUNT_CHANGED, self._site, data={**told, "change": change, "by": caller.id},
            rows=[Row("account", values, new=True)],
        )  # fmt: skip
        await self._ledger.run(partial(_record, fact))
        self._take(values)
        self._index()

    def _holder(self, secret: str) -> Account | None:
        digest = hashed(secret)
        account = self._by_hash.get(digest)
        # Looking up by the hash tells nothing about the secret; the comparison keeps it so whatever dict does.
        return account if account and hmac.compare_digest(account.secret_hash or "", digest) else None

    def _hear(self, events: Sequence[Event]) -> None:
        heard = [
            row.values
            for event in events
            if event.kind is EventKind.ACCOUNT_CHANGED and event.site == self._site
            for row in event.rows
            if row.table == "account"
        ]
        for values in heard:
            self._take(values)
        if heard:
            self._index()

    def _take(self, values: Mapping[str, Any]) -> None:
        self._rows[values["id"]] = {**self._rows.get(values["id"], {}), **values}

    def _index(self) -> None:
        self._accounts = {name: account_from(row) for name, row in self._rows.items()}
        active = [account for account in self._accounts.values() if account.active]
        self._by_hash = {account.secret_hash: account for account in active if account.secret_hash}
        self._by_uid = {account.os_user: account for account in active if account.os_user is not None}


def examine(roles: Sequence[str], sites: Sequence[str], caller: Caller) -> None:
    """Whether the caller may give these roles at these sites. Raises Refused."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        said = f"{', '.join(unknown)} is not one of them" if unknown else "none was given"
        raise Refused(f"Rights come from roles, and {said}: {', '.join(ROLES)}.", 422)
    if caller.sites and not (sites and set(sites) <= caller.sites):
        raise Refused(f"You may give rights at {', '.join(sorted(caller.sites))} only; name these sites.")


def makers(caller: Caller, now: float) -> str:
    """Whoever could be using an account that the caller makes or resets now: they, and whoever could be using theirs.

    Else somebody would make a second account, and with that a third, which nobody had made.
    """
    person = caller.person or caller.id
    others = sorted(Human(person, caller.since, caller.made_by, caller.shown).hands(now)) if caller.made_by else []
    return " ".join([person, *others])


def _within(account: Account, caller: Caller) -> None:
    """Who looks after some sites only changes nobody with rights at others. Raises Refused."""
    if caller.sites and not (account.sites and account.sites <= caller.sites):
        raise Refused(f"{account.name} has rights where you have none; an administrator of all of it changes that.")


def _record(fact: Fact) -> Body[None]:
    yield fact


def _facts(button: Button) -> dict[str, Any]:
    return {
        "id": button.id, "name": button.name, "zone": button.zone, "playbook": button.playbook, "get": button.get,
        "networks": list(button.networks),
    }  # fmt: skip
