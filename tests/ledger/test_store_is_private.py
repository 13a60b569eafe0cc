"""The store is read by nobody but its own user, whatever its folder allows."""

import stat
from pathlib import Path

from notifier.testing.check_ledger import note
from tests.ledger.bodies import opened


def modes(folder: Path) -> dict[str, str]:
    return {path.name: stat.filemode(path.stat().st_mode) for path in folder.glob("store.db*")}


def open_to_all(path: Path) -> None:
    path.chmod(0o755)


async def test_nobody_else_may_read_the_store_even_in_a_folder_open_to_all(tmp_path: Path) -> None:
    open_to_all(tmp_path)
    for _ in range(2):
        async with opened(tmp_path) as ledger:
            await ledger.run(note("r"))
            assert modes(tmp_path) == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), "-rw-------")
        open_to_all(tmp_path / "store.db")  # as an older version made it
