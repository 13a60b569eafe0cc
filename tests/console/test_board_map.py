"""A site's own floor plan on the board: its rooms and doors coloured, and nothing else of the file alive."""

import re
from pathlib import Path

import yaml
from playwright.async_api import expect

from notifier.console.pages._board_map import Place, plan, schematic, sentence
from notifier.testing.schools import demo_school, small_school
from tests.console.board_school import board, need_help, press
from tests.console.browser import Browser, assert_accessible, school_online, screenshot

EVIL = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 400 200"
 onload="alert(1)">
<script>alert(2)</script><style>rect{fill:red}</style>
<foreignObject><p>hello</p></foreignObject><image href="https://evil.example/x.png"/>
<use xlink:href="https://evil.example/#a"/><a href="javascript:alert(3)"><rect id="r9" width="9" height="9"/></a>
<rect id="r1" x="10" y="10" width="120" height="80" style="fill:url(https://evil.example)" onclick="alert(4)"/>
<rect id="r2" x="140" y="10" width="120" height="80" fill="url(#x)"/>
<rect id="desk" x="10" y="110" width="120" height="80"/>
<rect id="d7" x="60" y="86" width="24" height="8"/>
<text x="20" y="30">Room &lt;b&gt;1</text></svg>"""
HELP = Place("r1", "Room 1", "north", "real", "need_help", "NEEDS HELP")
OPEN = Place("d7", "Door 7", "north", "unknown", "unknown_lock", "NOT SECURED, not known")


def test_of_a_plan_only_plain_shapes_are_kept() -> None:
    drawn = plan(EVIL, [HELP], [OPEN], "plan")
    for bad in ("script", "alert", "evil", "style", "onclick", "onload", "href", "foreignObject", "image", "<a"):
        assert bad not in drawn, bad
    assert 'class="place real"' in drawn
    assert 'class="place unknown"' in drawn
    assert "Room 1: NEEDS HELP" in drawn
    assert "&lt;b&gt;1" in drawn


def test_a_plan_that_could_grow_without_end_is_not_read() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg viewBox="0 0 1 1"><text>&a;</text></svg>'
    assert plan(bomb, [], [], "plan") == ""
    hidden = f"<?x <!-- ?>{bomb.replace('><svg', '><!-- --><svg', 1)}"
    assert plan(hidden, [], [], "plan") == ""
    assert plan("<!-- <!DOCTYPE --><svg viewBox='0 0 1 1'><text><![CDATA[<!]]></text></svg>", [], [], "plan")
    deep = 5000
    assert plan(f"<svg viewBox='0 0 1 1'>{'<g>' * deep}{'</g>' * deep}</svg>", [], [], "plan") == ""
    assert plan("<svg viewBox='0 0 1 1'", [], [], "plan") == ""
    assert plan("<html/>", [], [], "plan") == ""


def test_the_picture_is_also_a_sentence() -> None:
    said = sentence([HELP], [OPEN])
    assert said == "Map. 1 door not secured: Door 7; Room 1 needs help."
    assert sentence([], []) == "Map. No door is open and no room needs help."


def test_a_schematic_draws_each_place_once_and_a_huge_site_none() -> None:
    zones = [{"id": "north", "name": "North wing"}]
    _, fixed, shapes = schematic(zones, [HELP], [OPEN])
    assert "North wing" in fixed[0]
    assert [name for name, _ in shapes] == ["map-r1", "map-d7"]
    many = [Place(f"r{n}", f"Room {n}", "north", "safe", "safe", "safe") for n in range(500)]
    assert schematic(zones, many, [])[2] == []


def test_a_group_of_a_shape_and_its_name_is_one_place() -> None:
    room = '<g id="r1"><rect x="0" y="0" width="48" height="86"/><text x="24" y="30">1</text></g>'
    drawn = plan(f"<svg viewBox='0 0 90 90'>{room}</svg>", [HELP], [], "plan")
    assert '<g class="place real"><title>Room 1: NEEDS HELP</title>' in drawn
    assert 'class="icon mark real"' in drawn


def test_a_door_drawn_as_a_stroke_in_a_wall_still_shows_its_sign() -> None:
    drawn = plan("<svg viewBox='0 0 9 9'><rect id='d7' x='60' y='86' width='24' height='8'/></svg>", [], [OPEN], "plan")
    assert 'class="sign unknown"' in drawn


def test_the_plan_of_the_demo_school_knows_each_of_its_rooms_and_doors() -> None:
    files = demo_school()
    site = yaml.safe_load(files["site.yaml"])
    drawn = set(re.findall(r'id="([^"]+)"', files["floors/ground.svg"].decode()))
    assert drawn == {one["id"] for one in (*site["rooms"], *site["doors"])}


async def test_the_plan_of_the_site_stands_on_board_and_wall(browser: Browser, tmp_path: Path) -> None:
    files = small_school() | {"floors/ground.svg": EVIL.encode()}
    async with school_online(tmp_path, files) as school:
        incident = await press(school)
        await need_help(school, incident)
        async with board(browser, school, incident) as page:
            await expect(page.locator("#map .place.real")).to_have_count(1)
            await expect(page.locator("#map .plan .place")).to_have_count(4)
            await expect(page.locator("#map .plan .mark.real")).to_have_count(1)
            await screenshot(page, "board-plan")
            await assert_accessible(page, looks=False)
            await page.set_viewport_size({"width": 1920, "height": 1080})
            await page.goto(f"{school.url}/board/wall")
            await expect(page.locator("#wall-main .plan .place.real")).to_have_count(1)
            assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            await screenshot(page, "board-wall-plan")
