"""A front desk over a ledger in memory, and the people who stand before it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyotp

from notifier.access.accounts import AccountBook
from notifier.access.front_desk import FrontDesk
from notifier.access.links import Links
from notifier.access.own_account import OwnAccount
from notifier.access.people import People
from notifier.access.provider import ProviderClient
from notifier.access.sessions import Place, Session
from notifier.access.sign_in import SignIn
from notifier.clock import Clock
from notifier.model.events import EventKind
from notifier.model.rights import Caller, Right
from tests.access.memory_ledger import MemoryLedger
from tests.campus.hand_clock import HandClock

ADMIN = Caller("account:root", "Root", "root", frozenset({Right.ADMINISTER}))
HERE = Place("198.51.100.7", "Test browser")
WORDS = "seven grey herons wade"
OTHER_WORDS = "brass kettle on a train"


class Door:
    def __init__(self, ledger: MemoryLedger, clock: Clock, provider: ProviderClient | None = None) -> None:
        self.ledger, self.clock = ledger, clock
        self.book = AccountBook(ledger, "maplewood", {}.get, own_uid=990)
        self.desk = FrontDesk(ledger, "maplewood", "Maplewood", self.book, b"k" * 32, provider)
        self.sign_in, self.links, self.own = SignIn(self.desk), Links(self.desk), OwnAccount(self.desk)
        self.people = People(self.desk, self.links)

    async def person(self, name: str = "Ada Lopez", *roles: str, password: str | None = WORDS, email: str = "") -> str:
        """An account that has chosen its password; its id."""
        account, _ = await self.book.add_user(
            name, roles or ("commander",), [], None, name.lower().replace(" ", "-"), ADMIN, email or None
        )
        await self.links.take_up(await self.links.welcome(account, "test"), password, HERE)
        for one in self.desk.sessions.open_of(account):
            await self.desk.sessions.end([one.id], "test", "")
        return account

    async def enter(self, name: str = "ada-lopez", password: str = WORDS) -> Session:
        """Signed in by a password alone."""
        entered = await self.sign_in.by_password(name, password, HERE, None)
        assert entered.session, "a code is asked for"
        return self.session(entered.session)

    def session(self, secret: str) -> Session:
        found = self.desk.sessions.of(secret)
        assert found is not None
        return found

    def session_of(self, session: Session) -> Session:
        """As it stands now."""
        return next(one for one in self.desk.sessions.open_of(session.account) if one.id == session.id)

    def rights(self, session: Session) -> frozenset[Right]:
        caller = self.desk.sessions.caller(session)
        return caller.rights if caller else frozenset()

    async def with_app(self, session: Session) -> tuple[pyotp.TOTP, Session]:
        ticket, secret, _ = self.own.begin_app(session)
        app = pyotp.TOTP(secret)
        return app, self.session(await self.own.add_app(session, ticket, self.code(app), HERE))

    def code(self, app: pyotp.TOTP) -> str:
        return app.at(int(self.clock.wall().timestamp()))

    def told(self, kind: EventKind) -> list[dict[str, object]]:
        return [dict(fact.data) for fact in self.ledger.facts if fact.kind is kind]


@contextmanager
def opened(provider: ProviderClient | None = None) -> Iterator[Door]:
    clock = HandClock()
    door = Door(MemoryLedger(clock), clock, provider)
    try:
        yield door
    finally:
        door.desk.close()
