"""The wall display from four metres: what is wrong has its name beside the plan, and nothing is cut."""

import re
from datetime import UTC
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from notifier.console.pages._board_map import Place
from notifier.console.pages._board_rows import Need
from notifier.console.pages._board_wall_map import HIGH, WIDE, boxes, label_of, shortened, wall_map
from notifier.console.pages.rendering import environment
from notifier.testing.schools import demo_school, small_school
from tests.console.board_school import board, jam, need_help, press
from tests.console.browser import Browser, school_online, screenshot

WALL = {"width": 1920, "height": 1080}
CUT = """() => [...document.querySelectorAll("#wall-main h3 span, #wall-main .tag, .label, .labelled .more, .count p")]
  .filter((one) => { const box = one.getBoundingClientRect(), foot = document.getElementById("wall-foot");
    return box.bottom > foot.getBoundingClientRect().top || box.right > innerWidth
      || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"; })
  .map((one) => one.textContent)"""
SMALL = """() => [...document.querySelectorAll("body *")]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    && one.getClientRects().length && !one.closest(".hidden-words, title") && one.getBoundingClientRect().width > 1)
  .map((one) => [one.textContent, parseFloat(getComputedStyle(one).fontSize) * (one.ownerSVGElement
    ? one.getScreenCTM().d : 1)])
  .filter(([, size]) => size < 41.5)"""


def door(number: int, name: str = "", look: str = "real") -> Place:
    return Place(f"d{number}", f"Door {number} {name}".strip(), "z", look, "unsecured", "NOT SECURED")


def corridor(doors: int) -> str:
    """Doors along one wall, 40 apart, in the upper half."""
    shapes = "".join(f'<rect id="d{n}" x="{n * 40}" y="20" width="20" height="8"/>' for n in range(doors))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {doors * 40} 200">{shapes}</svg>'


@pytest.mark.parametrize(
    ("name", "label"),
    [("Door 10 Room 102", "D10"), ("Door 4", "D4"), ("Room 108", "108"), ("Science lab 1", "Science lab 1"),
     ("Multi purpose room in the east", "Multi purpose"), ("Room", "Room")],
)  # fmt: skip
def test_a_label_is_what_people_call_the_place(name: str, label: str) -> None:
    assert label_of(name) == label


def test_a_name_is_shortened_by_words() -> None:
    assert shortened("North playground gate", 16) == "North playground"
    assert shortened("", 5) == ""


def test_a_place_is_found_in_moved_groups_and_never_guessed_in_turned_ones() -> None:
    drawn = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90">
    <g transform="translate(10, 5)"><g id="r1">
    <rect x="1" y="2" width="3" height="4"/><text x="2" y="2">1</text></g></g>
    <g transform="rotate(45)"><rect id="r2" width="9" height="9"/></g>
    <polygon id="r3" points="0,0 8,0 8,6"/><circle id="r4" cx="5" cy="6" r="2"/><rect id="r5" width="wide"/></svg>"""
    assert boxes(drawn) == {"r1": (11, 7, 14, 11), "r3": (0, 0, 8, 6), "r4": (3, 4, 7, 8)}


def test_as_many_labels_as_fit_and_the_others_are_counted() -> None:
    few = wall_map([corridor(40)], [], [door(n) for n in range(4)])
    assert few.count('class="label real"') == few.count('class="lead real"') == 4
    assert "more" not in few
    many = wall_map([corridor(40)], [], [door(n) for n in range(40)])
    labels = many.count('class="label real"')
    assert 6 <= labels < 40
    assert f"and {40 - labels} more" in many
    for drawn in (few, many):
        high = re.search(rf'viewBox="0 0 {WIDE} (\d+)"', drawn)
        assert high
        assert int(high[1]) <= HIGH
        for left, wide in re.findall(r'<g class="label real"><rect x="([-.\d]+)" y="[-.\d]+" width="(\d+)"', drawn):
            assert 0 <= float(left) <= float(left) + int(wide) <= WIDE


def test_labels_stand_in_the_order_of_their_places_and_never_over_one_another() -> None:
    drawn = wall_map([corridor(40)], [], [door(n) for n in (3, 0, 2, 1)])
    found = re.findall(r'<rect x="([-.\d]+)" y="2.0" width="(\d+)".*?<text[^>]*>(D\d)<', drawn)
    assert [name for _, _, name in found] == ["D0", "D1", "D2", "D3"]
    ends = [float(left) + int(wide) for left, wide, _ in found]
    assert all(end < float(left) for end, (left, _, _) in zip(ends, found[1:], strict=False))


def test_the_worst_floor_is_shown_and_what_lies_on_another_has_a_label_without_a_line() -> None:
    other = corridor(1).replace('id="d0"', 'id="d90"')
    drawn = wall_map([other, corridor(9)], [], [door(1), door(2), door(90)])
    assert drawn.count('class="label real"') == 3
    assert drawn.count('class="lead real"') == 2
    assert wall_map(["<svg"], [], [door(1)]) == ""


def test_rooms_without_an_answer_are_named_only_where_all_of_them_can_be() -> None:
    rooms = [Place(f"d{n}", f"Room {n}", "z", "silent", "no_answer", "no answer") for n in range(9)]
    assert "label silent" in wall_map([corridor(9)], rooms[:3], [])
    assert "label silent" not in wall_map([corridor(9)], rooms, [])


async def on_the_wall(page: Page, url: str) -> None:
    await page.goto(f"{url}/board/wall")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert await page.evaluate(CUT) == []
    assert await page.evaluate(SMALL) == []


async def test_five_doors_not_secured_and_a_call_for_help_all_have_their_names(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path, demo_school()) as school:
        for name in ("d3", "d4", "d10", "d17", "d22"):
            jam(school, name)
        incident = await press(school)
        people = school.daemon.views.people(incident, limit=1000, after=None)["items"]
        await need_help(school, incident, next(one["id"] for one in people if one["room"] == "r204"))
        async with board(browser, school, incident, size=WALL) as page:
            await expect(page.locator("#needs .row.real")).to_have_count(6, timeout=60000)
            await page.goto(f"{school.url}/board/wall")
            await expect(page.locator(".label:is(.real, .unknown)")).to_have_count(6, timeout=60000)
            await on_the_wall(page, school.url)
            labels = await page.locator(".label text").all_text_contents()
            assert sorted(labels) == ["204", "D10", "D17", "D22", "D3", "D4"]
            await expect(page.locator("ol .row").nth(1)).to_contain_text("NOT SECURED")
            await screenshot(page, "board-wall-labels")


def test_what_a_row_says_of_its_subject_is_never_among_the_words_that_may_go() -> None:
    silent = Need("n1", "fault", "no_answer", "North wing: 8 rooms", "did not answer", "", wall="Nothing rings inside.")
    asked = Need("n2", "real", "open", "D4 North playground", "NOT SECURED", "", wall="Reads unlocked.")
    site = {"name": "Birchwood", "timezone": "UTC"}
    picture = {"drill": False, "state": "active", "action": "lockdown", "grew_from": None, "hand_off": "nobody_told"}
    nothing = dict.fromkeys(("where", "started", "running", "asked", "hand", "now_wall", "stream_kinds", "base"), "")
    drawn = environment().get_template("board_wall.html").render(
        rows=[silent, asked], p={**picture, "fire_alarm": False, "commander_name": None, "id": "i1", "code": "7F3K"},
        site=site, zone=UTC, counts=[], plan="", wrong=[], more_wrong=0, silent="", more=0, navigation=[], **nothing,
    )  # fmt: skip
    assert '<span class="subject">North wing: 8 rooms</span></h3><p>did not answer. Nobody has it.' in drawn
    assert '<span class="subject">D4 North playground</span> <span>NOT SECURED</span></h3><p>Reads unlocked.' in drawn


async def test_without_a_plan_the_names_stand_beside_the_counts(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path, small_school()) as school:
        jam(school)
        incident = await press(school)
        await need_help(school, incident)
        async with board(browser, school, incident, size=WALL) as page:
            await page.goto(f"{school.url}/board/wall")
            await expect(page.locator(".tag.real", has_text="D7")).to_be_visible(timeout=30000)
            await on_the_wall(page, school.url)
