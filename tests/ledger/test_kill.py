"""kill -9 at any moment: what was acknowledged is there, and the chain holds."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.ledger.verify import verify
from tests.ledger.bodies import opened

CHILD = """
import asyncio, sys
from pathlib import Path
from notifier.testing.check_ledger import note
from tests.ledger.bodies import opened

async def press(ledger, lane):
    for number in range(100_000):
        print(await ledger.run(note(f"{lane}-{number}")), flush=True)

async def main(folder):
    async with opened(folder) as ledger:
        await asyncio.gather(*(press(ledger, lane) for lane in range(8)))

asyncio.run(main(Path(sys.argv[1])))
"""


def kill_after(folder: Path, acknowledged: int) -> set[str]:
    """Start a child that commits and says so; kill it when it has said so many. What it said."""
    with subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [line.strip() for line, _ in zip(child.stdout, range(acknowledged), strict=False)]
        child.send_signal(signal.SIGKILL)
        # The last line may have been cut in the middle of writing it.
        said += [line.strip() for line in child.stdout if line.endswith("\n")]
        assert child.wait() == -signal.SIGKILL
    assert len(said) >= acknowledged
    return set(said)


@pytest.mark.parametrize("acknowledged", [1, 57, 1500])
def test_a_killed_daemon_has_kept_what_it_acknowledged(acknowledged: int, tmp_path: Path) -> None:
    said = kill_after(tmp_path, acknowledged)

    async def look() -> set[str]:
        async with opened(tmp_path) as ledger:
            assert await ledger.verify() == []
            return {row["ref"] for row in ledger.read("check_all_seen", site="suite")}

    assert said <= asyncio.run(look())
    assert verify(tmp_path / "store.db") == []
