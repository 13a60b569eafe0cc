"""Plans of a large school are made beside the loop, one at a time, and one for all who ask for the same."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from notifier.engine import commands
from notifier.errors import NotFound
from tests.console.browser import school_online


async def test_a_hundred_who_ask_for_plans_take_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, at_once, most = [], 0, 0
    count = threading.Lock()

    def plan_of(desk: Any, playbook: str, zone: str | None, drill: bool) -> Mapping[str, Any]:
        nonlocal at_once, most
        with count:
            made.append((playbook, drill))
            at_once += 1
            most = max(most, at_once)
        try:
            return _plan_of(desk, playbook, zone, drill)
        finally:
            with count:
                at_once -= 1

    _plan_of = commands.plan_of
    async with school_online(tmp_path) as school:
        monkeypatch.setattr(commands, "PLANNED_AT_ONCE", 0)
        monkeypatch.setattr(commands, "plan_of", plan_of)
        plan = school.daemon.commands.plan
        asked = [(playbook, drill) for playbook in ("lockdown", "hold", "secure") for drill in (False, True)]
        found = await asyncio.gather(*(plan(playbook, None, drill) for playbook, drill in asked * 20))
        assert (most, sorted(made)) == (1, sorted(asked))
        assert all(each == found[at % len(asked)] for at, each in enumerate(found))
        with pytest.raises(NotFound):
            await plan("nothing", None, False)
        await plan("lockdown", None, False)
        assert len(made) == len(asked) + 2, "what is asked for later is planned anew"
