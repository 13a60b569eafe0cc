"""All that the console is handed of who may come in, put together once."""

from __future__ import annotations

from notifier.access.accounts import AccountBook
from notifier.access.front_desk import FrontDesk
from notifier.access.links import Links
from notifier.access.own_account import OwnAccount
from notifier.access.people import People
from notifier.access.provider import ProviderClient
from notifier.access.sign_in import SignIn
from notifier.interfaces import Ledger


class Entrance:
    """Every verb of the sign-in, account and people pages."""

    def __init__(
        self,
        ledger: Ledger,
        site: str,
        site_name: str,
        book: AccountBook,
        key: bytes,
        provider: ProviderClient | None = None,
    ) -> None:
        """`key`: 32 bytes of this node; see FrontDesk."""
        self.desk = FrontDesk(ledger, site, site_name, book, key, provider)
        self.sessions = self.desk.sessions
        self.sign_in = SignIn(self.desk)
        self.links = Links(self.desk)
        self.own = OwnAccount(self.desk)
        self.people = People(self.desk, self.links)

    async def close(self) -> None:
        self.desk.close()
