"""Signing in: a password and its code, a passkey, a provider, a recovery code. Every way ends in a new session.

Who is not known and who mistypes hear the same words after the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from notifier.access import codes, passkeys
from notifier.access.front_desk import FrontDesk
from notifier.access.guesses import NEVER_TYPED, typed
from notifier.access.held_rows import plain
from notifier.access.records import Account
from notifier.access.sessions import Place, Session
from notifier.access.tickets import GONE
from notifier.access.ways_in import Credential, Way
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row

NO_MATCH = "Name and password do not match."
NO_CODE = "That code does not fit, or was used already."
LONGEST_AFTER = 500
"""Characters of where somebody wanted to go that are held meanwhile: strangers may begin thousands of times."""
OUTSIDE = "The provider knows you, and there is no account for you here. Ask an administrator to make one."


@dataclass(frozen=True, slots=True)
class Entered:
    """Inside with `session`, or one step further with `ticket`: then a code is asked for."""

    session: str = ""
    ticket: str = ""


class SignIn:
    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self._codes = asyncio.Lock()
        """One at a time: of a hundred guesses sent together all would be tried before the first counts as wrong."""

    # ------------------------------------------------------------------------------------------- password, then code

    async def by_password(self, name: str, password: str, place: Place, before: str | None) -> Entered:
        """Raises Refused: 403 no match, 429 wait, 503 too many at once. `before`: the cookie that came with it."""
        account = await self._checked(name, password, place)
        if self._desk.ways.of(account.id, Way.TOTP):
            return Entered(ticket=self._desk.tickets.give("code", account.id))
        return Entered(await self._desk.sessions.sign_in(account, "password", place, before))

    async def by_code(self, ticket: str, code: str, place: Place, before: str | None) -> str:
        """The second step: a code of the app, or a recovery code. Raises Refused."""
        desk = self._desk
        held = desk.tickets.look("code", ticket)
        account = desk.book.account(held.account)
        if account is None:
            raise Refused(GONE, 410)
        async with self._codes:
            # By the account, never by what was typed for it: else each of its names would have its own tries.
            desk.guesses.may_try(account.id, place.address, desk.clock.now())
            row, how = await self._code_row(account, code)
            if row is None:
                raise await self._wrong(account.id, account, place, NO_CODE)
        desk.tickets.take("code", ticket)
        desk.guesses.worked(account.id)
        return await desk.sessions.sign_in(account, f"password and {how}", place, before)

    async def by_recovery(self, name: str, password: str, code: str, place: Place, before: str | None) -> str:
        """Without passkey or app: a recovery code, and the password if the account has one. Raises Refused."""
        desk = self._desk
        name = typed(name)
        account = desk.book.named(name)
        desk.guesses.may_try(account.id if account else name, place.address, desk.clock.now())
        kept = desk.ways.one(account.id, Way.PASSWORD) if account else None
        fits = await desk.passwords.fits(str(kept.detail["hash"]) if kept else None, password)
        row = await self._use_recovery(account, code) if account and (fits or kept is None) else None
        if account is None or row is None:
            raise await self._wrong(name, account, place, "Name, password and code do not fit together.")
        desk.guesses.worked(account.id)
        how = "password and recovery code" if fits else "recovery code"
        return await desk.sessions.sign_in(account, how, place, before)

    # ------------------------------------------------------------------------------------------------------- passkey

    def begin_passkey(self, party: passkeys.Party, session: Session | None = None) -> tuple[str, str]:
        """(ticket, options for the browser). `session`: somebody who is inside proves it again."""
        known = [one.id for one in self._desk.ways.of(session.account, Way.PASSKEY)] if session else []
        challenge, options = passkeys.question(party, [one.removeprefix("passkey:") for one in known])
        return self._desk.tickets.give("passkey", session.account if session else "", challenge=challenge), options

    async def by_passkey(
        self, ticket: str, answer: str, party: passkeys.Party, place: Place, before: str | None
    ) -> str:
        """Raises Refused."""
        account, row = await self._passkey(ticket, answer, party, place)
        return await self._desk.sessions.sign_in(account, "passkey", place, before, [row])

    async def _passkey(self, ticket: str, answer: str, party: passkeys.Party, place: Place) -> tuple[Account, Row]:
        desk = self._desk
        held = desk.tickets.take("passkey", ticket)
        known = desk.ways.by_id(f"passkey:{passkeys.id_in(answer)}")
        account = desk.book.account(known.account) if known else None
        try:
            if known is None or account is None or held.account not in {"", account.id}:
                raise Refused(passkeys.NOT_THIS, 403)
            if known.detail.get("party") != party.id:
                raise Refused(passkeys.NOT_THIS, 403)
            count = passkeys.answered(party, str(held.detail["challenge"]), answer, account.id, known.detail)
        except Refused:
            desk.turned_away("passkey", place.address)
            raise
        return account, desk.ways.used(known, sign_count=count)

    # ------------------------------------------------------------------------------------------------------ provider

    async def begin_provider(self, back: str, after: str, *, anew: bool = False) -> tuple[str, str]:
        """(ticket for a cookie of this browser alone, the provider's address). Raises Refused."""
        provider = self._desk.provider
        if provider is None:
            raise Refused("No provider is set up here. Sign in another way.", 404)
        asked, address = await provider.begin(back, anew=anew)
        after = after if len(after) <= LONGEST_AFTER else "/"
        return self._desk.tickets.give("provider", asked=asked, after=after), address

    async def by_provider(
        self, ticket: str, said: Mapping[str, str], place: Place, before: str | None
    ) -> tuple[str, str]:
        """(session, where the person wanted to go). The ticket ties the answer to the browser that asked."""
        desk, provider = self._desk, self._desk.provider
        held = desk.tickets.take("provider", ticket)
        if provider is None:
            raise Refused(GONE, 410)
        told = await provider.finish(held.detail["asked"], said)
        name = f"{told.issuer} {told.subject}"
        known = next((one for one in desk.ways.all_of(Way.PROVIDER) if one.name == name), None)
        account = desk.book.account(known.account) if known else None
        rows: list[Row] = []
        if known is None and told.email is not None and (account := desk.book.by_email(told.email)) is not None:
            if desk.ways.of(account.id, Way.PROVIDER):  # its address moved to another person there
                account = None
            else:
                rows = [desk.ways.made(account.id, Way.PROVIDER, name, {"issuer": told.issuer})]
        if account is None:
            desk.turned_away("provider", place.address)
            raise Refused(OUTSIDE, 403)
        how = "provider, trusted" if provider.settings.proves_two else "provider"
        session = await desk.sessions.sign_in(account, how, place, before, rows)
        desk.ways.take(rows)
        return session, str(held.detail["after"])

    # ------------------------------------------------------------------------------------------------ proving it again

    async def prove(self, session: Session, password: str, code: str, place: Place) -> None:
        """With what they have: the password, and the code if there is one. Raises Refused."""
        desk = self._desk
        account = desk.book.account(session.account)
        if account is None:
            raise Refused(GONE, 410)
        # Tries of their own: strangers who mistype at the door must not keep somebody who is inside from proving it.
        tries = f"proof{NEVER_TYPED}{account.id}"
        await self._checked(account.id, password, place, tries)
        if desk.ways.of(account.id, Way.TOTP):
            async with self._codes:
                desk.guesses.may_try(tries, tries, desk.clock.now())
                row, how = await self._code_row(account, code)
                if row is None:
                    raise await self._wrong(account.id, account, place, NO_CODE, tries)
            desk.guesses.worked(tries)
            await desk.sessions.prove(session, f"password and {how}", place)
        else:
            await desk.sessions.prove(session, "password", place)

    async def prove_by_passkey(
        self, session: Session, ticket: str, answer: str, party: passkeys.Party, place: Place
    ) -> None:
        account, row = await self._passkey(ticket, answer, party, place)
        if account.id != session.account:
            raise Refused(passkeys.NOT_THIS, 403)
        await self._desk.sessions.prove(session, "passkey", place, [row])

    # -------------------------------------------------------------------------------------------------------- inside

    async def _checked(self, name: str, password: str, place: Place, inside: str = "") -> Account:
        """`inside`: the tries of somebody who is signed in; else those of the name and of the address count."""
        desk = self._desk
        name = typed(name)
        account = desk.book.named(name)
        tries = inside or (account.id if account else name)
        desk.guesses.may_try(tries, inside or place.address, desk.clock.now())
        kept = desk.ways.one(account.id, Way.PASSWORD) if account else None
        fits = await desk.passwords.fits(str(kept.detail["hash"]) if kept else None, password)
        if account is None or not fits:
            raise await self._wrong(name, account, place, NO_MATCH, inside)
        if not desk.ways.of(account.id, Way.TOTP):
            desk.guesses.worked(tries)  # with a code to come, a stolen password must not buy new tries at it
        return account

    async def _code_row(self, account: Account, code: str) -> tuple[Row | None, str]:
        """What was written for a code that fits, once; None if it does not."""
        desk = self._desk
        for known in desk.ways.of(account.id, Way.TOTP):
            secret = codes.unseal(desk.key, str(known.detail["secret"]))
            wall = desk.clock.wall().timestamp()
            row = await desk.ledger.run(partial(_step_body, desk, known, secret, code, wall))
            if row is not None:
                desk.ways.take([row])
                return row, "code"
        return await self._use_recovery(account, code), "recovery code"

    async def _use_recovery(self, account: Account, code: str) -> Row | None:
        desk = self._desk
        known = desk.ways.by_id(codes.recovery_id(account.id, code))
        if known is None:
            return None
        row = await desk.ledger.run(partial(_recovery_body, desk, known))
        if row is not None:
            desk.ways.take([row])
        return row

    async def _wrong(self, name: str, account: Account | None, place: Place, text: str, inside: str = "") -> Refused:
        desk = self._desk
        now = desk.clock.now()
        name = inside or (account.id if account else name)  # one account has several names to guess at
        locked = desk.guesses.failed(name, now)
        rows = [Row("lockout", {"site": desk.site, **locked}, new=True)] if locked else []
        await self._deny(account, place, "password", rows)
        return Refused(f"{text} {desk.guesses.said(name, now)}", 422)

    async def _deny(self, account: Account | None, place: Place, how: str, rows: list[Row] | None = None) -> None:
        who = {"account": account.id, "name": account.name} if account else {"account": None}
        waits = {"waits": True} if rows else {}
        data = {**who, "how": how, "from": place.address, **waits}
        await self._desk.tell(EventKind.SIGN_IN_DENIED, data, rows or [])


def _step_body(desk: FrontDesk, known: Credential, secret: str, code: str, wall: float) -> Body[Row | None]:
    """The last step is read and moved on in one transaction: the same code never works twice, on any node."""
    found = yield Ask("access_credential", {"site": desk.site, "id": known.id})
    if not found or found[0]["state"] != "good":
        return None
    detail = plain(found[0]["detail"])
    step = codes.step_of(secret, code, wall, int(detail["step"]))
    if step is None:
        return None
    values = {"site": desk.site, "id": known.id, "detail": {**detail, "step": step}, "used_at": desk.clock.now()}
    row = Row("credential", values)
    yield Fact(
        EventKind.CREDENTIAL_CHANGED, desk.site, data={"account": known.account, "change": "code used"}, rows=[row]
    )
    return row


def _recovery_body(desk: FrontDesk, known: Credential) -> Body[Row | None]:
    found = yield Ask("access_credential", {"site": desk.site, "id": known.id})
    if not found or found[0]["state"] != "good":
        return None
    row = Row("credential", {"site": desk.site, "id": known.id, "state": "ended", "used_at": desk.clock.now()})
    told = {"account": known.account, "change": "recovery code used up"}
    yield Fact(EventKind.CREDENTIAL_CHANGED, desk.site, data=told, rows=[row])
    return row
