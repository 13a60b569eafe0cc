"""A HOLD became a LOCKDOWN: every screen says since when it is one, and the board what it was before."""

from types import SimpleNamespace
from typing import Any

from notifier.console.pages._board_page import rows_of
from notifier.console.pages._press_desk import running
from notifier.console.pages.rendering import environment, zone_of
from notifier.testing.story import Story, story


def at_the_desk(campus: Story) -> Any:
    views = campus.daemon.views
    return SimpleNamespace(parts=SimpleNamespace(views=views, clock=campus.clock))


def band(campus: Story) -> str:
    picture, site = campus.daemon.views.board(campus.incident), campus.daemon.views.site()
    pieces: Any = environment().get_template("board_pieces.html").module
    return " ".join(str(pieces.band(picture, site, zone_of(site), picture["began"], "")).split())


async def test_what_a_hold_became_counts_from_its_own_press() -> None:
    async with story() as campus:
        await campus.press("north-hold")
        held_since = campus.daemon.views.incident(campus.incident)["raised_wall"]
        assert "HOLD since" not in band(campus)
        await campus.advance("90s")
        await campus.press("front-office")
        await campus.advance("5s")
        await campus.press("north-hold", key="again")
        picture = campus.daemon.views.incident(campus.incident)
        zone = zone_of(campus.daemon.views.site())
        assert (picture["action"], picture["raised_wall"]) == ("lockdown", held_since)
        assert picture["grew_from"] == {"action": "hold", "since": held_since}
        first, since = (environment().filters["clock"](picture[name], zone) for name in ("raised_wall", "began"))
        assert first != since
        assert running(at_the_desk(campus))["live"]["at"] == since
        assert f"started {since} · HOLD since {first} ·" in band(campus)


async def test_rooms_have_their_minute_from_the_press_that_asked_them() -> None:
    async with story() as campus:
        await campus.press("north-hold")
        await campus.advance("90s")
        await campus.press("front-office")
        await campus.advance("5s")
        rows = rows_of(at_the_desk(campus), campus.daemon.views.board(campus.incident))
        assert [row.id for row in rows if row.icon == "no_answer"] == []


async def test_who_presses_the_same_again_moves_no_time() -> None:
    async with story() as campus:
        await campus.press("front-office")
        began = campus.daemon.views.incident(campus.incident)["began"]
        await campus.advance("90s")
        await campus.press("north-hall")
        picture = campus.daemon.views.incident(campus.incident)
        assert (picture["began"], picture["raised_wall"], picture["grew_from"]) == (began, began, None)
