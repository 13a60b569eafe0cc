"""The store on a server keeps the shipped suite, and what is peculiar to it."""

from pathlib import Path

import pytest

from notifier.clock import SystemClock
from notifier.interfaces import Ledger
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.postgres import PostgresLedger
from notifier.testing.check_ledger import LEDGER_PROMISES, Make, Promise
from tests.ledger.bodies import QUERIES
from tests.postgres_server import Server


def make_in(folder: Path, postgres: Server, *, failover: bool) -> Make:
    addresses: dict[str, str] = {}

    async def make(name: str) -> Ledger:
        if name not in addresses:
            addresses[name] = postgres.database()
        kind = FailoverLedger if failover else PostgresLedger
        return await kind.open(
            folder / name / "copy.sqlite", "desk", SystemClock(), queries=QUERIES, address=addresses[name]
        )

    return make


@pytest.mark.parametrize("failover", [False, True])
@pytest.mark.parametrize("promise", LEDGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, failover: bool, tmp_path: Path, postgres: Server) -> None:
    await promise(make_in(tmp_path, postgres, failover=failover))
