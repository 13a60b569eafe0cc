"""The sheet of room cards: for those who hang them up, complete without the network, nothing on it but what is said."""

import base64
import hashlib
import re

import pytest
import segno

from notifier.console.room_cards import sheet_page
from tests.console.browser import Browser
from tests.console.school import LINK, School, link

SHEET = "/api/v1/rooms/cards"


async def test_each_card_names_its_room_its_code_and_how_to_answer(school: School) -> None:
    status, page, response = await school.ask("GET", SHEET, headers=await school.token("technician"))
    assert status == 200
    assert "Room 12 &lt;b&gt;" in page
    assert "NKX7Y SAFE" in page
    assert "NKX7Y A SALVO" in page
    assert "+15550100000" in page
    assert "<b>No card for:</b> Gym" in page
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in response.headers["Content-Security-Policy"]
    assert not re.search(r"""(?:src|href)=["']""", page)


async def test_the_qr_code_is_the_cards_link_and_nothing_else(school: School) -> None:
    _, page, _ = await school.ask("GET", SHEET, headers=await school.token("administrator"))
    expected = segno.make("https://alerts.maplewood.example/r/card.Zk3vR8mTq1", error="m", micro=False)
    drawn = re.search(r'class="qrline"[^>]* d="([^"]+)"', page)
    assert drawn is not None
    assert drawn[1] in expected.svg_inline(border=4, omitsize=True)
    assert "card.Zk3vR8mTq1" not in page.replace(drawn[0], "")


async def test_a_card_while_nothing_goes_on_takes_no_answer_and_says_so(school: School) -> None:
    school.views.links[LINK] = link(waiting=True, card=True)
    status, page, _ = await school.ask("GET", f"/r/{LINK}")
    assert (status, "Nothing is going on now" in page, "<form" in page) == (200, True, False)
    status, page, _ = await school.ask("POST", f"/r/{LINK}", data={"answer": "safe"})
    assert (status, "Nothing is going on now" in page) == (409, True)
    assert school.engine.said == []


async def test_a_card_is_called_a_card_and_nobody_in_person(school: School) -> None:
    school.views.links[LINK] = link(card=True, waiting=False, name="Room 12", room="Room 12")
    _, page, _ = await school.ask("GET", f"/r/{LINK}")
    assert "This is the card of <b>Room 12</b>" in page
    assert "not_me" not in page


LONG = "Gimnasio principal y vestuarios del edificio de deportes y música (planta baja)"


@pytest.mark.parametrize("name", ["Room 12", "Auditorium B", "Special Education Resource Room 214B", LONG, "X" * 120])
async def test_nothing_of_a_card_is_cut_off_however_long_its_names_are(browser: Browser, name: str) -> None:
    item = {"room": name, "zone": name, "code": "NKX7Y", "link": "https://alerts.maplewood.example/r/card." + "x" * 24}
    sheet = {"site": LONG, "languages": ["en", "es"], "numbers": ["+15550100000"], "items": [item], "without_code": []}
    context = await browser.chromium.new_context()
    page = await context.new_page()
    await page.set_content(sheet_page(sheet))
    for media in ("print", "screen"):
        await page.emulate_media(media=media)  # type: ignore[arg-type]  # one of its two words
        room, needed, wide, footer = await page.evaluate(
            "(() => { const c = document.querySelector('.card'), f = c.querySelector('footer');"
            "return [c.clientHeight, c.scrollHeight, c.scrollWidth - c.clientWidth,"
            "c.getBoundingClientRect().bottom - f.getBoundingClientRect().bottom]; })()"
        )
        assert needed <= room
        assert wide <= 0
        assert footer >= 0
    await context.close()
