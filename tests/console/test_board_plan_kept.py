"""A floor plan is drawn when a place looks otherwise, not for every look at it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from notifier.console.pages import _board_page
from notifier.console.pages._board_map import Place

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect id="r1" width="5" height="5"/></svg>'
ROOM = Place("r1", "Room 1", "north", "silent", "", "no answer")


def test_a_plan_is_drawn_once_for_many_who_look_and_anew_when_a_room_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def plan(*how: Any) -> str:
        drawn.append(how[3])
        return _plan(*how)

    _plan = _board_page.plan
    monkeypatch.setattr(_board_page, "plan", plan)
    views = SimpleNamespace(published_files=lambda _version: {"files": {"floors/one.svg": SVG}})
    call: Any = SimpleNamespace(parts=SimpleNamespace(kept={}, views=views))
    looks = [_board_page.drawn_plan(call, {"publication": 3}, [ROOM], []) for _ in range(40)]
    assert (len(drawn), len(set(looks))) == (1, 1)
    assert "silent" in looks[0]
    assert "safe" in _board_page.drawn_plan(call, {"publication": 3}, [replace(ROOM, look="safe")], [])
    assert len(drawn) == 2
