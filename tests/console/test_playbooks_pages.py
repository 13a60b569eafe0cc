"""Playbooks in a real browser: broken, mended, published, rolled back; by text, by form, and without scripts."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from notifier.console.callers import SESSION_COOKIE
from notifier.console.pages._playbooks_plan import lanes_of, notes_of, place
from notifier.daemon.checking_child import Limits
from notifier.errors import Refused, SetupError
from notifier.interfaces import Editing
from notifier.model.incident import Activation
from tests.console.browser import (
    ADMIN,
    PHONE,
    Browser,
    OnlineSchool,
    assert_accessible,
    school_online,
    screenshot,
    set_cookie,
    sign_in,
)

LOCKDOWN = "playbooks/lockdown.yaml"


def test_the_drawing_gives_each_second_its_place_and_the_table_every_word() -> None:
    step = {
        "step": "guardians", "deed": "notify", "begins": 300.0, "after": ["police"], "approve": ["Ada"],
        "to": ["group:g"],
        "senders": [{"sender": "sms", "rate": 4.0, "last_handed_over_s": 196.0}], "escalation": [], "need": None,
        "by_kind": [
            {"kind": "sms", "people": 391, "of": 400, "without": ["J. Orrin"], "without_count": 9, "segments": 782,
             "senders": ["sms"]},
            {"kind": "push", "people": 0, "of": 400, "without": [], "without_count": 400, "segments": None,
             "senders": []},
        ], "sms_segments": 782, "unreachable": 9, "nothing_reaches": ["J. Orrin"],
    }  # fmt: skip
    lock = {"step": "lock", "deed": "secure_doors", "begins": 0.0, "after": [], "approve": [], "doors": ["D1"],
            "within": 5.0, "otherwise": []}  # fmt: skip
    plan = {"phases": {"main": [step, lock]}, "zones_silent": ["Gym"], "warnings": ["One line only."]}
    doors, texts, push = lanes_of(plan)
    assert doors.bars == [("sends", 150, round(place(5) - 150, 1))]
    assert texts.bars == [("waits", 150, 403), ("sends", 553, round(place(496) - 553, 1))]
    assert texts.when == "from 5 min at the earliest; waits: police, 5 min, an approval"
    assert texts.says == "782 segments: last leaves after 3 min 16 s"
    assert texts.limits == "sms: 4 a second"
    assert push.fault
    assert push.says == "reaches nobody"
    assert [place(seconds) for seconds in (0, 1, 10, 60, 300, 600, 9999)] == [150, 232, 323, 430, 553, 644, 736]
    said = [f"{note['strong']} {note['text']}".strip() for note in notes_of(plan)]
    assert said[:3] == [
        "guardians: nothing at all reaches J. Orrin and 8 more.",
        "No speaker of the page is in Gym. People are in it.",
        "One line only.",
    ]


async def _type(page: Page, old: str, new: str) -> None:
    """As a person does: mark words in the text, and type others."""
    await page.evaluate(
        """([old, fresh]) => {
            const text = document.getElementById("text");
            const at = text.value.indexOf(old);
            if (at < 0) throw new Error(`the text does not say ${old}`);
            text.focus();
            text.setSelectionRange(at, at + old.length);
            document.execCommand("insertText", false, fresh);
        }""",
        [old, new],
    )


def _editing(school: OnlineSchool) -> Editing:
    editing = school.daemon.server._parts.editing
    assert editing is not None
    return editing


def _runs(school: OnlineSchool) -> str:
    return _editing(school).published(LOCKDOWN)[1] or ""


async def test_an_administrator_breaks_and_mends_a_playbook(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        before = _runs(school)
        await page.goto(f"{school.url}/playbooks")
        await screenshot(page, "playbooks")
        await page.get_by_role("link", name="Lockdown", exact=True).click()
        await screenshot(page, "editor")
        await _type(page, "to: [role:district, role:police]", "to: [role:distrct, role:police]")
        fault = page.locator("#faults li.error")
        await expect(fault).to_contain_text("Line 42, column")
        await expect(page.locator("#verdict")).to_have_text("Your draft has 1 fault")
        await expect(page.locator("#foot button[disabled]")).to_have_text("Publish: mend 1 fault first")
        await screenshot(page, "editor-fault")
        await fault.get_by_role("button", name="Change to “district”").click()
        await expect(page.locator("#verdict")).to_have_text("As published")
        await expect(page.locator("#text")).to_have_value(before)


async def _keep(page: Page, old: str, new: str) -> None:
    """Type, and wait until the draft is kept and checked."""
    async with page.expect_response(lambda answer: answer.url.endswith("/check")):
        await _type(page, old, new)


async def test_what_is_published_runs_and_an_old_version_comes_back(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        before = _runs(school)
        await page.goto(f"{school.url}/playbooks/lockdown")
        await _keep(page, "wait: 60s", "wait: 45s")
        await expect(page.locator("#would")).to_contain_text("at 45 s:")
        assert _runs(school) == before, "typing changes nothing that runs"
        await page.get_by_role("link", name="Publish…").click()
        await expect(page.locator(".sentences")).to_contain_text("Escalation after 45 s instead of 1 min (step staff).")
        await expect(page.locator(".diff ins")).to_have_text(["45s"])
        await screenshot(page, "editor-publish")
        await page.get_by_role("button", name="Publish lockdown").click()
        await expect(page.locator("#comment")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("What has changed, and why").fill("The district asked <b>for it</b>")
        await page.get_by_role("button", name="Publish lockdown").click()
        await expect(page.locator(".versions li")).to_have_count(2)
        await expect(page.locator(".versions li").first).to_contain_text("The district asked <b>for it</b>")
        await screenshot(page, "editor-versions")
        assert "wait: 45s" in _runs(school)
        step = school.daemon.engine.desk.held.playbooks["lockdown"].steps[3]
        assert step.acknowledge is not None
        assert step.acknowledge.escalate[0].wait == 45

        await page.get_by_role("link", name="Version 1").click()
        await page.get_by_label("Why").fill("It was too fast")
        await screenshot(page, "editor-back", full_page=True)
        await page.get_by_role("button", name="Go back to version 1").click()
        await expect(page.locator(".versions li").first).to_contain_text("Back to version 1: It was too fast")
        await expect(page.locator(".versions li")).to_have_count(3)
        assert _runs(school) == before


async def test_the_form_changes_a_time_and_the_comments_are_still_there(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        before = _runs(school)
        await page.goto(f"{school.url}/playbooks/lockdown/form")
        await screenshot(page, "editor-form")
        await page.locator("[id='steps.3.acknowledge.escalate.0.wait']").fill("90s")
        await page.get_by_role("button", name="Keep in my draft, and check").click()
        await expect(page.locator("#verdict")).to_have_text("Your draft has no fault")
        await page.get_by_role("link", name="Text").click()
        await expect(page.locator("#text")).to_have_value(before.replace("wait: 60s", "wait: 90s"))
        await page.get_by_role("link", name="Form").click()
        await page.locator("[id='steps.3.acknowledge.escalate.0.wait']").fill("ninety")
        await page.get_by_role("button", name="Keep in my draft, and check").click()
        await expect(page.locator("#verdict")).to_have_text("Your draft has 1 fault")
        await expect(page.locator("#faults")).to_contain_text("ninety")
        beside = page.locator("[id='steps.3.acknowledge.escalate.0.wait-wrong']")
        await expect(beside).to_contain_text("is needed, not 'ninety'")
        link = page.locator("#faults").get_by_role("link", name="Line 41")
        await expect(link).to_have_attribute("href", "#steps.3.acknowledge.escalate.0.wait")
        await screenshot(page, "editor-form-fault")


async def test_without_scripts_the_same_page_checks_and_mends(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, rights="administrator", java_script_enabled=False) as page,
    ):
        before = _runs(school)
        await page.goto(f"{school.url}/playbooks/lockdown")
        await page.locator("#text").fill(before.replace("role:district, role:police]}", "role:distrct, role:police]}"))
        await page.get_by_role("button", name="Check").click()
        await expect(page.locator("#faults li.error")).to_have_count(1)
        await screenshot(page, "editor-no-script")
        await page.get_by_role("button", name="Change to “district”").click()
        await expect(page.locator("#text")).to_have_value(before)
        await expect(page.locator("#verdict")).to_have_text("As published")


async def test_a_draft_outlives_the_daemon_and_another_account_sees_its_name_only(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school:
        cookie = await school.session("administrator")
        async with browser.page(school) as page:
            await set_cookie(page.context, school.url, SESSION_COOKIE, cookie)
            await page.goto(f"{school.url}/playbooks/hold")
            await _keep(page, "title: Hold", "title: Hold fast")
            await expect(page.locator("#kept")).to_contain_text("draft kept")
    async with school_online(tmp_path) as school, browser.page(school) as page:
        await set_cookie(page.context, school.url, SESSION_COOKIE, cookie)
        await page.goto(f"{school.url}/playbooks/hold")
        assert "title: Hold fast" in await page.locator("#text").input_value()
        async with browser.page(school) as other:
            await sign_in(other.context, school, "administrator", name="Odalys Brandt", person="odalys")
            await other.goto(f"{school.url}/playbooks")
            await expect(other.get_by_role("row").filter(has_text="Hold")).to_contain_text("Mina Castellow")
            await other.goto(f"{school.url}/playbooks/hold")
            assert "Hold fast" not in await other.locator("#text").input_value()


async def test_a_publication_of_somebody_else_is_told_and_overwrites_nothing(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        await _keep(page, "title: Hold", "title: Hold fast")
        await page.goto(f"{school.url}/playbooks/hold/publish")
        await page.get_by_label("What has changed, and why").fill("A better name")
        text = (_editing(school).published("playbooks/hold.yaml")[1] or "").replace("title: Hold", "title: Hold on")
        theirs = replace(ADMIN, name="O. Brandt")
        await _editing(school).publish({"playbooks/hold.yaml": text.encode()}, "Mine", theirs, 1)

        await page.get_by_role("button", name="Publish hold").click()
        await expect(page.locator("#comment-wrong")).to_contain_text("O. Brandt published this playbook meanwhile.")
        await expect(page.locator("#comment")).to_have_value("A better name")
        assert _editing(school).published("playbooks/hold.yaml")[1] == text
        await screenshot(page, "editor-overtaken", full_page=True)
        await page.get_by_role("button", name="I have read both; go on with mine").click()
        await page.get_by_label("What has changed, and why").fill("A better name")
        await page.get_by_role("button", name="Publish hold").click()
        await expect(page.locator(".versions li")).to_have_count(3)
        assert "title: Hold fast" in (_editing(school).published("playbooks/hold.yaml")[1] or "")


async def test_a_set_that_was_overtaken_between_reading_and_publishing_is_refused(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        editing, path = _editing(school), "playbooks/hold.yaml"
        text = (editing.published(path)[1] or "").encode()
        await editing.publish({path: text + b"# one\n"}, "", ADMIN, 1)
        with pytest.raises(Refused, match="published version 2 meanwhile"):
            await editing.publish({path: text + b"# two\n"}, "", ADMIN, 1)
        with pytest.raises(SetupError):
            await editing.publish({path: b"playbook: hold\n"}, "", ADMIN, 2)
        assert editing.published(path) == (2, (text + b"# one\n").decode())


async def test_the_last_lockdown_cannot_be_taken_out_and_a_new_one_begins_as_a_draft(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/lockdown/out")
        await expect(page.locator(".notice.fault")).to_contain_text("It cannot be taken out now.")
        await expect(page.get_by_role("button")).to_have_count(0)
        await page.goto(f"{school.url}/playbooks/new")
        await page.get_by_label("Begin with").select_option("shelter")
        await page.get_by_label("Title").fill('Gym: "shelter" # 1')
        await page.get_by_label("Short name").fill("Shelter Gym")
        await page.get_by_role("button", name="Begin the draft").click()
        await expect(page.locator("#name-wrong")).to_contain_text("Use lower case letters")
        await page.get_by_label("Short name").fill("shelter-gym")
        await page.get_by_role("button", name="Begin the draft").click()
        await expect(page.locator("#verdict")).to_have_text("Your draft has no fault")
        assert "shelter-gym" not in school.daemon.engine.desk.held.playbooks
        await page.get_by_role("link", name="Publish…").click()
        await page.get_by_label("What has changed, and why").fill("For the gym")
        await page.get_by_role("button", name="Publish shelter-gym").click()
        await expect(page.locator(".versions li")).to_have_count(1)
        assert school.daemon.engine.desk.held.playbooks["shelter-gym"].title == 'Gym: "shelter" # 1'
        await page.goto(f"{school.url}/playbooks/shelter-gym/out")
        await page.get_by_label("Why").fill("Not needed")
        await page.get_by_role("button", name="Take out shelter-gym").click()
        await expect(page.get_by_role("heading", name="Playbooks")).to_be_visible()
        assert "shelter-gym" not in school.daemon.engine.desk.held.playbooks


HOSTILE = "</textarea><script>window.hurt=1</script>\u202e\U0001f92f'\"&lt;{{site}} " + "x" * 10_000


async def test_hostile_strings_are_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        await _keep(page, "title: Hold", f"title: {json.dumps(HOSTILE)}")
        await expect(page.locator("#kept")).to_contain_text("draft kept")
        for where in ("", "/form", "/compare", "/publish"):
            await page.goto(f"{school.url}/playbooks/hold{where}")
            assert await page.evaluate("window.hurt") is None
            assert await page.locator("script:not([src])").count() == 0
        await page.goto(f"{school.url}/playbooks/hold")
        await _keep(page, "steps:", f"{HOSTILE[:200]}: 1\nsteps:")
        await expect(page.locator("#verdict")).to_contain_text("Your draft has")
        assert await page.evaluate("window.hurt") is None
        assert "title: Hold\n" in (_editing(school).published("playbooks/hold.yaml")[1] or "")


async def test_too_long_a_text_is_refused_and_still_on_the_page(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        await page.evaluate("document.getElementById('text').value += '# ' + 'x'.repeat(250000)")
        await page.locator("#check").click()
        await expect(page.locator("#keeping")).to_contain_text("this one is longer and was not kept")
        assert len(await page.locator("#text").input_value()) > 250_000


PAGES = ["", "/lockdown", "/lockdown/form", "/lockdown/versions", "/lockdown/versions/1", "/new"]


@pytest.mark.parametrize("where", PAGES)
async def test_every_page_of_playbooks_is_accessible(browser: Browser, tmp_path: Path, where: str) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        if where == "/lockdown":
            await page.goto(f"{school.url}/playbooks/lockdown")
            await _keep(page, "to: [role:district, role:police]", "to: [role:distrct, role:police]")
            await expect(page.locator("#faults li.error")).to_have_count(1)
        else:
            await page.goto(f"{school.url}/playbooks{where}")
        await assert_accessible(page)
        await screenshot(page, f"playbooks{where.replace('/', '-')}-light", full_page=True)
        await page.emulate_media(color_scheme="dark")
        await screenshot(page, f"playbooks{where.replace('/', '-')}-dark")
        await page.emulate_media(color_scheme="dark", forced_colors="active")
        await screenshot(page, f"playbooks{where.replace('/', '-')}-forced")
        await page.emulate_media(color_scheme="light", forced_colors="none")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # its own shape
        await screenshot(page, f"playbooks{where.replace('/', '-')}-phone", full_page=True)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], "nothing is wider than the phone"
        await assert_accessible(page, looks=False)


async def test_by_keyboard_alone_a_fault_is_made_and_mended(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.id") == "text":
                break
        await page.keyboard.press("Control+Home")
        await page.keyboard.type("titel: x\n")
        await expect(page.locator("#faults li.error").first).to_contain_text("Line 1, column 1")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if (await page.evaluate("document.activeElement.textContent")).startswith("Change to"):
                break
        focused = await page.evaluate("document.activeElement.textContent")
        assert focused.startswith("Change to")
        await page.keyboard.press("Enter")
        await expect(page.locator("#text")).to_be_focused()
        assert (await page.locator("#text").input_value()).startswith("title: x\n")
        await page.keyboard.press("Control+z")
        assert (await page.locator("#text").input_value()).startswith("titel: x\n")


async def test_a_draft_is_checked_beside_a_live_response(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        await school.daemon.commands.press(Activation("a1", "account:root", "hold", None), ADMIN)
        await _keep(page, "title: Hold", "titel: Hold")
        await expect(page.locator("#faults li.error").first).to_contain_text("Line 3, column 1")
        await page.reload()
        assert "titel: Hold" in await page.locator("#text").input_value()


async def test_a_look_that_dies_leaves_the_draft_and_says_so(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/playbooks/hold")
        monkeypatch.setattr(school.daemon.checks._child, "limits", Limits(processor=0, for_a_megabyte=0))
        await _keep(page, "title: Hold", "title: Hold fast")
        await expect(page.locator("#faults")).to_contain_text("This is kept and was not checked. Looking at it took")
        await expect(page.locator("#foot button[disabled]")).to_have_text("Publish: mend 1 fault first")
        monkeypatch.undo()
        await page.reload()
        assert "title: Hold fast" in await page.locator("#text").input_value()
        await expect(page.locator("#verdict")).to_have_text("Your draft has no fault")


async def test_a_press_is_answered_while_drafts_are_looked_at(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        editing = _editing(school)
        text = _runs(school).encode()
        looks = [asyncio.create_task(editing.rehearse({LOCKDOWN: text}, LOCKDOWN)) for _ in range(12)]
        await asyncio.sleep(0)
        pressed = await school.daemon.commands.press(Activation("a1", "account:root", "lockdown", None), ADMIN)
        done = await asyncio.gather(*looks, return_exceptions=True)
        assert pressed.recorded
        refused = [one for one in done if isinstance(one, Refused)]
        assert refused, "they do not queue without end"
        assert all(one.status == 503 for one in refused)
        assert sum(not isinstance(one, BaseException) for one in done) >= 8
