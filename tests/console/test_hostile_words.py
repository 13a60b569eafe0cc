"""Hostile words in every field and in every stored name: refused beside the field, or shown as the text that they are.

Nothing of them becomes an element or runs (in a real Chromium), turns its neighbours around, or begins a line of a log.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from lxml import html
from playwright.async_api import Page, expect

from notifier.cli.log_lines import JsonLines, Lines
from tests.console.board_school import DESK_PERSON
from tests.console.browser import ADMIN, Browser, OnlineSchool, school_online, sign_in
from tests.console.forms_on_pages import TYPED, Field, PageForm, forms_of
from tests.console.test_every_field import EVERYTHING, Visitor
from tests.console.whole_school import Moment, at_rest, drilling, locked_down, nobody_yet, public, whole_files

CANARY = "<x-canary onclick='canary=1'>&lt;{{7*191}}"
RIGHT = "\u05e9\u05dc\u05d5\u05dd 12"
TURNED = "ab\u202edc\u2066ef\u2069\u2069"
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
NAME = f"{CANARY} {RIGHT} {TURNED} {FAMILY} \"q'"
"""As long as a name may be."""
HOSTILE = {
    "markup": f'"><img src=x onerror="window.canary=1">{CANARY}',
    "script": f"</script></title></textarea></select><script>window.canary=1</script>{CANARY}",
    "braces": "{{7*191}} ${7*191} {% raw %} <%= 7*191 %> #{7*191}",
    "turned": f"{CANARY}{RIGHT}{TURNED}",
    "hidden": "a\u200bb\u2060c\ufeffd\u00ade",
    "family": FAMILY,
    "long": "\u00d1" * 10_000,
    "lines": f'one\r\nat=2026-01-01 level=error text="forged"\u2028two\u0085three{CANARY}',
    "controls": "nul\x00bel\x07esc\x1b[31mcsi\x9b31m",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "plus": "+1+1|cmd", "minus": "-1+1", "at": "@SUM(1)", "tab": "\t=1+1", "wide": "\uff1d1+1",
}  # fmt: skip
LEFT_ALONE = {"/sign-out", "/account/sign-out"}
"""Forms that would end the visit."""
SEEN = """() => {
  const odd = /[\\u202a-\\u202e\\u2066\\u2067]/, left = /[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]/;
  const wrong = [], texts = [[document.title, 'title']];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode, tag = one.parentElement.tagName;
    if (!['SCRIPT', 'STYLE', 'TEXTAREA'].includes(tag)) texts.push([one.data, tag]);
  }
  for (const one of document.querySelectorAll('*'))
    for (const {name, value} of one.attributes)
      if (!['value', 'data-options'].includes(name)) texts.push([value, `${one.tagName} ${name}`]);
  for (const [text, where] of texts) {
    if (odd.test(text)) wrong.push(`turns: ${where}: ${text.slice(0, 80)}`);
    if (text.includes('1337')) wrong.push(`worked out: ${where}: ${text.slice(0, 80)}`);
    let depth = 0;
    for (const sign of text) {
      if (sign === '\\u2068') depth += 1;
      if (sign === '\\u2069') depth -= 1;
      if (depth >= 0 && (depth > 0 || !left.test(sign))) continue;
      wrong.push(`not held: ${where}: ${text.slice(0, 80)}`);
      break;
    }
    if (depth > 0) wrong.push(`left open: ${where}: ${text.slice(0, 80)}`);
  }
  if (window.canary) wrong.push('a script ran');
  if (document.querySelector('x-canary, img[src=x]')) wrong.push('an element was made');
  return [wrong.slice(0, 5), document.documentElement.innerText.includes('<x-canary')];
}"""


def named(raw: bytes, words: str) -> bytes:
    """A YAML file in which every name, title and address of places is `words`, each with a number."""
    count = iter(range(1, 1000))
    text = re.sub(
        r"((?<=[{ \n])name|(?<=\n)title): (\"[^\"]*\"|[^,}\n]+)",
        lambda found: f"{found[1]}: {json.dumps(f'{next(count)} {words}', ensure_ascii=False)}",
        raw.decode(),
    )
    return text.encode()


def hostile_school() -> dict[str, bytes]:
    files = whole_files()
    files["site.yaml"] = named(files["site.yaml"], NAME)
    for path in files:
        if path.startswith("playbooks/"):
            files[path] = named(files[path], NAME)
    rows = list(csv.reader(io.StringIO(files["contacts/people.csv"].decode())))
    text = io.StringIO(newline="")
    csv.writer(text).writerows([rows[0], *([row[0], f"{row[1]} {NAME}", *row[2:]] for row in rows[1:])])
    files["contacts/people.csv"] = text.getvalue().encode()
    return files


@contextmanager
def logged() -> Iterator[list[logging.LogRecord]]:
    """What is logged meanwhile, as it would reach the formatters."""
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler, root, ours = Keep(), logging.getLogger(), logging.getLogger("notifier")
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield records
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)


def held_in_one_line(record: logging.LogRecord) -> bool:
    shown, document = Lines().format(record), JsonLines().format(record)
    odd = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]")
    return not odd.search(shown) and not odd.search(document) and json.loads(document)["text"] == record.getMessage()


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_is_logged_begins_a_line_of_its_own(words: str) -> None:
    record = logging.LogRecord("notifier.test", logging.INFO, "x.py", 1, "said: %s", (words,), None)
    assert held_in_one_line(record)
    assert len(Lines().format(record).splitlines()) == 1
    assert len(JsonLines().format(record).splitlines()) == 1


async def typed_everywhere(visitor: Visitor, now: Moment, posted: set[tuple[str, int]]) -> list[str]:
    """Every hostile text in every field of every form, one text at a time."""
    wrong = []
    for path, at in now.addresses().items():
        if public(path) and not path.startswith("/r/"):
            continue
        status, text = await visitor.look(at)
        for form in forms_of(text, at) if status == 200 else ():
            lines = [one for one in form.shown if one.kind in TYPED]
            action = form.action.partition("?")[0]
            if not lines or action in LEFT_ALONE or (action, len(lines)) in posted:
                continue
            posted.add((action, len(lines)))
            for how, words in HOSTILE.items():
                where = f"{now.name} {form.where()}, {how}"
                wrong += await typed_into(visitor, form, lines, where, words)
    return wrong


async def typed_into(visitor: Visitor, form: PageForm, lines: list[Field], where: str, words: str) -> list[str]:
    """What is wrong with the answer to a form in which every line says `words`."""
    answer, said = await visitor.send(form, **{one.name: (words,) for one in lines})
    if answer.status >= 500 or (answer.status != 303 and answer.content_type != "text/html"):
        return [f"{where}: {answer.status} {answer.content_type}"]
    if said and html.document_fromstring(said).xpath("//x-canary | //img[@src='x']"):
        return [f"{where}: an element was made"]
    if "1337" in said:
        return [f"{where}: worked out"]
    return [f"{where}: a header was made"] if "\n" in answer.headers.get("Location", "") else []


async def looked_at(page: Page, school: OnlineSchool, now: Moment) -> tuple[list[str], int]:
    """What is wrong on the pages, in words; and on how many the hostile words stand as text."""
    wrong, shown = [], 0
    for at in now.addresses().values():
        await page.goto("about:blank")
        await page.goto(school.url + at)
        found, literal = await page.evaluate(SEEN)
        wrong += [f"{now.name} {at}: {one}" for one in found]
        shown += literal
    return wrong, shown


async def told(school: OnlineSchool, incident: str) -> None:
    """All that people and devices can say in an incident."""
    commands = school.daemon.commands
    for words in (HOSTILE["markup"], HOSTILE["turned"], HOSTILE["lines"]):
        await commands.note(incident, words, DESK_PERSON)
        await commands.answer_for(incident, "carla", "need_help", words, DESK_PERSON)
        await commands.hand_off(incident, "tell", words, DESK_PERSON)
        await commands.message(incident, ["all"], ["push"], words, DESK_PERSON)
        await commands.page(incident, ["all"], words, "en", 1, DESK_PERSON)
        await commands.walk_test("north", True, False, words, DESK_PERSON)


async def test_hostile_words_in_the_first_set_up_and_at_the_door_are_text(tmp_path: Path) -> None:
    """Forms that nobody needs an account for: whoever finds them may type anything."""
    async with school_online(tmp_path, hostile_school()) as school, ClientSession() as http:
        stranger = Visitor(http, school.url, "")
        new = await nobody_yet(school)
        new.has |= {"/sign-in": "/sign-in", "/sign-in/lost": "/sign-in/lost"}
        posted: set[tuple[str, int]] = set()
        forms = [
            (form, [one for one in form.shown if one.kind in TYPED])
            for at in new.has.values()
            for form in forms_of((await stranger.look(at))[1], at)
        ]
        wrong = []
        for form, lines in forms:
            for how, words in HOSTILE.items() if lines else ():
                wrong += await typed_into(stranger, form, lines, f"{form.where()}, {how}", words)
                posted.add((form.action, len(lines)))
        assert not wrong, "\n".join(wrong)
        assert len(posted) >= 3, posted


@pytest.mark.timeout(420)
async def test_hostile_words_are_text_on_every_page(browser: Browser, tmp_path: Path) -> None:
    wrong: list[str] = []
    shown: dict[str, int] = {}
    posted: set[tuple[str, int]] = set()
    with logged() as records:
        async with school_online(tmp_path, hostile_school()) as school, ClientSession() as http:
            accounts = school.daemon.accounts
            await accounts.add_user(NAME, ["staff"], [], None, "carla", ADMIN)
            await accounts.redeem_kiosk(await accounts.enrol_kiosk(NAME[:60], "front-office", ADMIN))
            visitor = Visitor(http, school.url, await school.session(*EVERYTHING, person="ada", name=NAME))
            async with browser.page(school) as page:
                for moment in (at_rest, drilling, locked_down):
                    now = await moment(school)
                    if incident := now.has.get("incident"):
                        await told(school, incident)
                    wrong += await typed_everywhere(visitor, now, posted)
                    if now.name == "rest":
                        await sign_in(page.context, school, *EVERYTHING, person="ada", name=NAME)
                    found, shown[now.name] = await looked_at(page, school, now)
                    wrong += found
            wrong += [f"export: {cell}" for cell in await formulas(visitor)]
    wrong += [f"logged: {record.getMessage()!r}" for record in records if not held_in_one_line(record)]
    assert not wrong, "\n".join(wrong)
    assert len(records) > 100
    assert shown["rest"] >= 15, "the words stand there, as they were written"
    assert shown["live"] >= 20
    assert len(posted) >= 20


async def formulas(visitor: Visitor) -> list[str]:
    """Cells of the exported table that a spreadsheet would work out."""
    _, text = await visitor.look("/people/export")
    cells = [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row]
    assert len(cells) > 50
    return [cell for cell in cells if re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell)]


async def test_hostile_cells_of_an_import_are_text_before_anybody_takes_them(browser: Browser, tmp_path: Path) -> None:
    rows = [["Name", "E-mail", "Role", "Room"]]
    hostile = {how: words[:200] for how, words in HOSTILE.items() if how != "controls"}  # a table with NUL is refused
    rows += [[f"{how} {words}", f"{how}@b.example", words, words] for how, words in hostile.items()]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    export = {"name": f"{CANARY}.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/people/import")
        await page.locator("#file").set_input_files(export)  # type: ignore[arg-type] # its own shape
        await page.get_by_role("button", name="Show what would change").click()
        await expect(page.locator("h1 + .lead")).to_contain_text("contacts/")
        wrong, literal = await page.evaluate(SEEN)
        assert not wrong
        assert literal, "the words stand there, as they were written"
