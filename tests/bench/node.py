"""One real daemon in a process of its own: `python -m tests.bench.node DIR`.

Its first line says where it listens and with which tokens it may be spoken to.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from notifier import adapters
from notifier.daemon import OWNER, Daemon
from notifier.files.settings_file import load_settings


async def main(folder: Path) -> None:
    daemon = Daemon(folder, load_settings(folder / "settings.yaml", adapters.Installed()))
    await daemon.open()
    _, first = await daemon.accounts.add_user("Bench One", ["commander"], [], None, "one", OWNER)
    _, second = await daemon.accounts.add_user("Bench Two", ["commander"], [], None, "two", OWNER)
    _, writer = await daemon.accounts.add_user("Bench Three", ["administrator"], [], None, "three", OWNER)
    secrets = {name: await daemon.accounts.enrol_button(name, OWNER) for name in daemon.engine.desk.held.buttons}
    ready = asyncio.Event()
    runner = asyncio.create_task(daemon.run(ready))
    await ready.wait()
    told = {"url": daemon.server.addresses["main"], "tokens": [first, second, writer], "buttons": secrets}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    try:
        await runner
    finally:
        await daemon.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
