"""My account: what I sign in with, where I am signed in, and my two codes for approvals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notifier.access import codes, passkeys
from notifier.access.front_desk import FrontDesk
from notifier.access.guesses import NEVER_TYPED
from notifier.access.passwords import CODE_SHORTEST, complaint
from notifier.access.records import Account
from notifier.access.sessions import STRONG, Place, Session
from notifier.access.tickets import GONE
from notifier.access.ways_in import Credential, Way
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.facts import Row

SECOND_FIRST = (
    "This account has a passkey or an app, and you came in without it. Sign in with it, or with a recovery code, and "
    "change it then."
)
CODES_NEEDED = "Type a confirmation code and a duress code of six characters or more that are not alike."


@dataclass(frozen=True, slots=True)
class Mine:
    """What the page shows; no secrets."""

    account: Account
    strong: bool
    """Signed in by two proofs, so that all rights count."""
    has_password: bool
    has_app: bool
    passkeys: Sequence[Credential]
    recovery_left: int
    has_codes: bool
    sessions: Sequence[Session]


class OwnAccount:
    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk

    def shown(self, session: Session) -> Mine:
        account, ways = self._account(session), self._desk.ways
        return Mine(
            account, session.how in STRONG,
            bool(ways.of(account.id, Way.PASSWORD)), bool(ways.of(account.id, Way.TOTP)),
            ways.of(account.id, Way.PASSKEY), len(ways.of(account.id, Way.RECOVERY)),
            self.has_codes(account.id), self._desk.sessions.open_of(account.id),
        )  # fmt: skip

    async def set_password(self, session: Session, password: str) -> None:
        """Ends the person's other sessions. Raises Refused."""
        account = self._may_change_proofs(session)
        if wrong := complaint(password, (account.name, *account.name.split())):
            raise Refused(wrong, 422)
        kept = await self._desk.passwords.hashed(password)
        old = self._desk.ways.ended(self._desk.ways.of(account.id, Way.PASSWORD))
        await self._changed(
            account, "password set", [*old, self._desk.ways.made(account.id, Way.PASSWORD, "password", {"hash": kept})]
        )
        others = [one.id for one in self._desk.sessions.open_of(account.id) if one.id != session.id]
        await self._desk.sessions.end(others, f"account:{account.id}", "the password was changed")

    def begin_app(self, session: Session) -> tuple[str, str, str]:
        """(ticket, secret in base32, address for the QR code)."""
        account, secret = self._may_change_proofs(session), codes.new_totp_secret()
        ticket = self._desk.tickets.give("app", account.id, secret=secret)
        return ticket, secret, codes.totp_address(secret, account.name, self._desk.site_name)

    def app_of(self, session: Session, ticket: str) -> tuple[str, str]:
        """(secret, address) of one that was begun, to show it again. Raises Refused."""
        held = self._desk.tickets.look("app", ticket)
        if held.account != session.account:
            raise Refused(GONE, 410)
        secret = str(held.detail["secret"])
        return secret, codes.totp_address(secret, self._account(session).name, self._desk.site_name)

    async def add_app(self, session: Session, ticket: str, code: str, place: Place) -> str:
        """The app shows what it must: a new session that counts as two proofs, where the first was one. Raises
        Refused.
        """
        account = self._may_change_proofs(session)
        secret, _ = self.app_of(session, ticket)
        step = codes.step_of(secret, code, self._desk.clock.wall().timestamp(), 0)
        if step is None:
            raise Refused(
                "That code does not fit. Wait for the next one, and see that the phone's clock is right.", 422
            )
        first = not self._desk.ways.of(account.id, Way.TOTP) and not self._desk.ways.of(account.id, Way.PASSKEY)
        old = self._desk.ways.ended(self._desk.ways.of(account.id, Way.TOTP))
        sealed = codes.seal(self._desk.key, secret)
        made = self._desk.ways.made(account.id, Way.TOTP, "authenticator app", {"secret": sealed, "step": step})
        self._desk.tickets.take("app", ticket)
        await self._changed(account, "authenticator app set", [*old, made])
        how = "password and code" if first and session.how in {"password", "link"} else session.how
        return await self._anew(session, account, how, place)

    async def remove_app(self, session: Session) -> None:
        account = self._may_change_proofs(session)
        await self._changed(
            account, "authenticator app removed", self._desk.ways.ended(self._desk.ways.of(account.id, Way.TOTP))
        )

    def begin_passkey(self, session: Session, party: passkeys.Party) -> tuple[str, str]:
        """(ticket, options for the browser)."""
        account = self._account(session)
        known = [one.id.removeprefix("passkey:") for one in self._desk.ways.of(account.id, Way.PASSKEY)]
        challenge, options = passkeys.registration(party, account.id, account.email or account.name, known)
        return self._desk.tickets.give("new passkey", account.id, challenge=challenge), options

    async def add_passkey(
        self, session: Session, ticket: str, answer: str, name: str, party: passkeys.Party, place: Place
    ) -> str:
        """A new session: by a passkey, if this was the first second proof of the account. Raises Refused."""
        account = self._may_change_proofs(session)
        held = self._desk.tickets.take("new passkey", ticket)
        if held.account != account.id:
            raise Refused(GONE, 410)
        credential, kept = passkeys.registered(party, str(held.detail["challenge"]), answer)
        first = not self._desk.ways.of(account.id, Way.PASSKEY) and not self._desk.ways.of(account.id, Way.TOTP)
        if self._desk.ways.by_id(f"passkey:{credential}"):
            raise Refused("This passkey is registered already.", 409)
        row = self._desk.ways.made(account.id, Way.PASSKEY, name, kept, f"passkey:{credential}")
        await self._changed(account, "passkey added", [row])
        how = "passkey" if first and session.how in {"password", "link"} else session.how
        return await self._anew(session, account, how, place)

    async def remove_passkey(self, session: Session, credential: str) -> None:
        """Raises Refused for one that is not theirs, or their only way in."""
        account, known = self._may_change_proofs(session), self._desk.ways.by_id(credential)
        if known is None or known.account != session.account or known.way is not Way.PASSKEY:
            raise Refused("That passkey is not yours, or was removed already.", 404)
        left = len(self._desk.ways.of(account.id, Way.PASSKEY)) - 1
        if not left and not self._desk.ways.of(account.id, Way.PASSWORD):
            raise Refused("This is your only way in. Add another passkey or a password first.", 409)
        await self._changed(account, "passkey removed", self._desk.ways.ended([known]))

    async def new_recovery_codes(self, session: Session) -> list[str]:
        """Ten, to be shown once; older ones die."""
        account, made = self._may_change_proofs(session), codes.new_recovery_codes()
        old = self._desk.ways.ended(self._desk.ways.of(account.id, Way.RECOVERY))
        new = [
            self._desk.ways.made(account.id, Way.RECOVERY, "recovery code", {}, codes.recovery_id(account.id, code))
            for code in made
        ]
        await self._changed(account, "recovery codes made", [*old, *new])
        return made

    async def set_codes(self, session: Session, confirm: str, duress: str) -> None:
        """The code typed at an approval, and the one typed under threat: a person's, whichever account they use.

        Raises Refused.
        """
        account = self._may_change_proofs(session)
        one, other = _bare(confirm), _bare(duress)
        if min(len(one), len(other)) < CODE_SHORTEST or one == other or len(set(one)) < 2 or len(set(other)) < 2:
            raise Refused(CODES_NEEDED, 422)
        ways = self._desk.ways
        old = ways.ended([*self._codes(account.id, Way.CONFIRM), *self._codes(account.id, Way.DURESS)])
        hashes = await self._desk.passwords.hashed(one), await self._desk.passwords.hashed(other)
        new = [
            ways.made(account.id, way, "code", {"hash": kept})
            for way, kept in zip((Way.CONFIRM, Way.DURESS), hashes, strict=True)
        ]
        await self._changed(account, "approval codes set", [*old, *new])

    async def under_duress(self, account: str, code: str, place: Place) -> bool:
        """Whether the code typed at an approval is the one for duress. Raises Refused if it is neither.

        All are checked whatever the first says, so that the time tells nobody anything; the codes and the tries are
        those of the person, or a second account would be a way around both.
        """
        desk = self._desk
        mine = desk.book.accounts_of_person(account)
        tries = f"approval{NEVER_TYPED}{mine[0]}"
        # Not the tries of the address: whoever mistypes at the door from there would keep an end from being decided.
        desk.guesses.may_try(tries, tries, desk.clock.now())
        right, threatened = [
            [await desk.passwords.fits(kept, _bare(code)) for kept in self._kept(account, way)]
            for way in (Way.CONFIRM, Way.DURESS)
        ]
        if not any(right) and not any(threatened):
            desk.guesses.failed(tries, desk.clock.now())
            raise Refused(f"That code does not fit. {desk.guesses.said(tries, desk.clock.now())}", 403)
        desk.guesses.worked(tries)
        return any(threatened)

    def has_codes(self, account: str) -> bool:
        """Whether a code is asked of this account's person at an approval."""
        return bool(self._codes(account, Way.CONFIRM))

    def _kept(self, account: str, way: Way) -> list[str | None]:
        """Hashes to compare with; one of nobody's where there is none, which takes as long."""
        kept: list[str | None] = [str(one.detail["hash"]) for one in self._codes(account, way)]
        return kept or [None]

    def _codes(self, account: str, way: Way) -> Sequence[Credential]:
        """Of every account of the person; more than one pair only where they were set before accounts shared them."""
        return [one for each in self._desk.book.accounts_of_person(account) for one in self._desk.ways.of(each, way)]

    async def sign_out(self, session: Session, which: str) -> None:
        """`here`, `everywhere`, or the id of one of one's own sessions."""
        mine = [one.id for one in self._desk.sessions.open_of(session.account)]
        chosen = {"here": [session.id], "everywhere": mine}.get(which, [one for one in mine if one == which])
        await self._desk.sessions.end(chosen, f"account:{session.account}", "signed out by themselves")

    async def _anew(self, session: Session, account: Account, how: str, place: Place) -> str:
        secret = await self._desk.sessions.sign_in(account, how, place)
        await self._desk.sessions.end([session.id], f"account:{account.id}", "a newer session took its place")
        return secret

    async def _changed(self, account: Account, change: str, rows: Sequence[Row]) -> None:
        told = {"account": account.id, "name": account.name, "change": change, "by": f"account:{account.id}"}
        await self._desk.tell(EventKind.CREDENTIAL_CHANGED, told, rows)

    def _account(self, session: Session) -> Account:
        account = self._desk.book.account(session.account)
        if account is None:
            raise Refused(GONE, 410)
        return account

    def _may_change_proofs(self, session: Session) -> Account:
        """Who came in with less than the account has may not change what it has. Raises Refused."""
        account, ways = self._account(session), self._desk.ways
        has_second = ways.of(account.id, Way.PASSKEY) or ways.of(account.id, Way.TOTP)
        if has_second and session.how not in STRONG and session.how != "recovery code":
            raise Refused(SECOND_FIRST, 403)
        return account


def _bare(code: str) -> str:
    return "".join(sign for sign in code.casefold() if sign.isalnum())
