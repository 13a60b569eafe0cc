"""The answer page: looking is no answer, an answer is never lost, and nobody mistakes a drill for the real thing."""

import re
from pathlib import Path
from typing import Any

import pytest

from notifier.errors import IllegalMove, StoreGone
from tests.console.school import LINK, School, link

PAGE = f"/r/{LINK}"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_looking_acknowledges_nothing(school: School, method: str) -> None:
    for query in ("", "?lang=es", "?show=not_me", "?answer=safe", "?answer=safe&answer=need_help&utm_source=mail"):
        status, _, _ = await school.ask(method, PAGE + query)
        assert (status, school.engine.said) == (200, [])


@pytest.mark.parametrize("answer", ["safe", "need_help"])
async def test_one_tap_answers_with_the_words_beside_it(school: School, answer: str) -> None:
    status, _, _ = await school.ask("POST", PAGE, data={"answer": answer, "text": " two children with me "})
    assert status == 200
    assert school.engine.said == [("answer", (LINK, answer, "two children with me"))]


async def test_words_sent_with_the_keyboards_enter_never_count_as_safe(school: School) -> None:
    _, page, _ = await school.ask("GET", PAGE)
    form = page[page.index("<form") :]
    first = re.search(r'<button[^>]*value="(\w+)"', form)
    assert first is not None
    assert first[1] == "need_help"


async def test_a_form_without_a_choice_records_nothing_and_says_so(school: School) -> None:
    for data in ({}, {"answer": "fine"}, {"text": "help"}, b"\xff" * 40):
        status, page, _ = await school.ask("POST", PAGE, data=data)
        assert status == 422
        assert "nothing was recorded yet" in page
    assert school.engine.said == []


async def test_a_long_text_never_costs_the_answer(school: School) -> None:
    await school.ask("POST", PAGE, data={"answer": "need_help", "text": "x" * 5000})
    verb, (_, answer, text) = school.engine.said[0]
    assert (verb, answer, len(text)) == ("answer", "need_help", 1000)


async def test_whoever_holds_somebody_elses_link_can_say_so(school: School) -> None:
    _, page, _ = await school.ask("GET", PAGE + "?show=not_me")
    assert "I am not Dana Whitlock" in page
    await school.ask("POST", PAGE, data={"answer": "not_me"})
    assert school.engine.said == [("answer", (LINK, "not_me", ""))]


async def test_after_an_answer_the_page_says_what_is_recorded_and_who_has_it(school: School) -> None:
    answered = {"answer": "need_help", "text": "Child hurt.", "at": "2026-10-01T16:43:18Z"}
    school.views.links[LINK] = link(answered=answered)
    _, page, _ = await school.ask("GET", PAGE)
    assert "Recorded 10:43:18: Room 108 NEEDS HELP" in page
    assert "“Child hurt.”" in page
    assert "Nobody has it yet." in page
    assert "We are SAFE now" in page

    school.views.links[LINK] = link(answered=answered, taken={"by": "Odalys Brandt", "at": "2026-10-01T16:44:06Z"})
    _, page, _ = await school.ask("GET", PAGE)
    assert "Odalys Brandt has it</b> since 10:44:06" in page
    assert "Nobody has it" not in page


@pytest.mark.parametrize(("error", "status"), [(StoreGone("disk"), 503), (IllegalMove("closed"), 409)])
async def test_an_answer_that_was_not_taken_is_never_shown_as_recorded(
    school: School, error: Exception, status: int
) -> None:
    school.engine.raises = error
    got, page, _ = await school.ask("POST", PAGE, data={"answer": "safe"})
    assert got == status
    assert "NOT recorded" in page
    assert "call 911" in page
    assert "We NEED HELP" in page, "the buttons stay, to try again"


async def test_a_fault_of_ours_is_told_in_words(school: School) -> None:
    school.engine.raises = RuntimeError("x")
    status, page, response = await school.ask("POST", PAGE + "?lang=es", data={"answer": "safe"})
    assert (status, response.content_type) == (500, "text/html")
    assert "NO anotado" in page
    assert "Traceback" not in page


async def test_a_dead_link_says_what_to_do(school: School) -> None:
    status, page, response = await school.ask("GET", "/r/dead", {"Accept-Language": "es-MX"})
    assert (status, response.content_type) == (404, "text/html")
    assert "Abra el mensaje más reciente" in page
    assert 'href="tel:911"' in page


async def test_the_page_speaks_the_persons_language_and_switches_by_link(school: School) -> None:
    school.views.links[LINK] = link(language="es-US")
    _, page, _ = await school.ask("GET", PAGE)
    assert "PEDIMOS" in page
    assert f'href="{PAGE}?lang=en"' in page
    _, page, _ = await school.ask("GET", PAGE + "?lang=en")
    assert "We NEED HELP" in page
    assert f'action="{PAGE}?lang=en"' in page


async def test_the_playbooks_own_directive_stands_first(school: School) -> None:
    school.views.links[LINK] = link(directive={"en": "Locks & lights <now>."})
    _, page, _ = await school.ask("GET", PAGE)
    assert "Locks &amp; lights &lt;now&gt;." in page


async def test_somebody_without_a_room_answers_for_themselves(school: School) -> None:
    school.views.links[LINK] = link(room=None, answers=["safe", "need_help", "taking_it", "at_the_gate"])
    _, page, _ = await school.ask("GET", PAGE)
    for words in ("I am SAFE", "I NEED HELP", "I am taking it", "At the gate"):
        assert words in page
    assert page.index("At the gate") < page.index("I NEED HELP")


async def style(school: School) -> str:
    return (await school.ask("GET", "/static/answer.css"))[1]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize("answered", [None, {"answer": "need_help", "text": "x" * 200, "at": "2026-10-01T16:43:18Z"}])
async def test_the_page_with_its_style_is_small_and_needs_no_script(
    school: School, language: str, drill: bool, answered: dict[str, Any] | None
) -> None:
    school.views.links[LINK] = link(drill=drill, answered=answered)
    _, page, _ = await school.ask("GET", f"{PAGE}?lang={language}")
    icon = "drill" if drill else "live"
    _, svg, _ = await school.ask("GET", f"/static/{icon}.svg")
    assert len((page + await style(school) + svg).encode()) <= 20 * 1024
    assert "<script" not in page
    assert " style=" not in page
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


async def test_a_drill_differs_from_live_in_word_shape_frame_icon_and_title(school: School) -> None:
    _, live, _ = await school.ask("GET", PAGE)
    school.views.links[LINK] = link(drill=True)
    _, drill, _ = await school.ask("GET", PAGE)
    _, simulacro, _ = await school.ask("GET", PAGE + "?lang=es")

    assert "<title>LIVE LOCKDOWN" in live
    assert "<title>DRILL LOCKDOWN" in drill
    assert "<title>SIMULACRO ENCIERRO" in simulacro
    assert "DRILL" not in live
    assert "LIVE" not in drill
    assert 'class="live dark"' in live
    assert 'class="drill"' in drill
    assert "/static/live.svg" in live
    assert "/static/drill.svg" in drill
    # Every button that answers carries the word.
    buttons = re.findall(r"<button class=\"answer.*?</button>", drill, re.DOTALL)
    assert len(buttons) == 2
    assert all("DRILL" in button for button in buttons)


async def test_no_red_reaches_a_drill_page(school: School) -> None:
    css = await style(school)
    reds = {"#B3001B", "#CE1B36", "#FF929B"}
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    drill = "".join(body for selector, body in rules if ".drill" in selector)
    assert "--real: #12171B" in drill
    assert not any(red in drill for red in reds)
    red_rules = [selector.strip() for selector, body in rules if any(red in body for red in reds)]
    # The plaque is painted anew for a drill, and the tokens are bound anew.
    assert {selector for selector in red_rules if not re.search(r":root|\.dark|\.live|\.plain", selector)} == {
        ".plaque"
    }
    assert re.search(r"\.drill \.plaque ?\{[^}]*background: #FFFFFF", css)


async def test_inside_the_page_is_dark_and_outside_it_follows_the_phone(school: School) -> None:
    for action, dark in (("lockdown", True), ("hold", True), ("evacuate", False), ("shelter", False)):
        school.views.links[LINK] = link(action=action)
        _, page, _ = await school.ask("GET", PAGE)
        assert ('class="live dark"' in page) == dark
        assert ("makes no sound" in page) == dark


async def test_names_cannot_break_out_of_the_page(school: School) -> None:
    school.views.links[LINK] = link(name="<script>alert(1)</script>", room='"><i>')
    _, page, _ = await school.ask("GET", PAGE)
    assert "<script" not in page
    assert "<i>" not in page


async def test_pages_are_kept_by_nobody_and_frames_nowhere(school: School, tmp_path: Path) -> None:
    _, _, response = await school.ask("GET", PAGE)
    assert response.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert "style-src 'self'" in response.headers["Content-Security-Policy"]


async def test_with_two_things_open_the_page_names_the_one_it_answers(school: School) -> None:
    _, page, _ = await school.ask("GET", PAGE)
    assert "You answer for" not in page
    beside = [{"code": "P2RX", "action": "evacuate", "drill": True, "started": "2026-10-01T16:52:00Z"}]
    school.views.links[LINK] = link(code="K7QM", beside=beside)
    _, page, _ = await school.ask("GET", PAGE)
    assert "You answer for <b>LOCKDOWN 10:41 (K7QM)</b>" in page
    assert "DRILL EVACUATE 10:52 (P2RX)" in page


SUBSCRIPTION = {"endpoint": "https://fcm.googleapis.com/fcm/send/1", "p256dh": "BA" * 43, "auth": "AA" * 11}


async def test_a_browser_can_be_registered_only_where_something_writes_to_browsers(school: School) -> None:
    _, page, _ = await school.ask("GET", PAGE)
    assert "data-push-key" not in page
    school.views.links[LINK] = link(push_key="BPubKey")
    _, page, _ = await school.ask("GET", PAGE)
    assert '<div hidden data-push-key="BPubKey" data-push-to="/r/' in page
    assert len((page + await style(school)).encode()) <= 20 * 1024
    school.views.links[LINK] = link(push_key="BPubKey", card=True)
    _, page, _ = await school.ask("GET", PAGE)
    assert "data-push-key" not in page, "a room's card is nobody's"


async def test_the_link_registers_the_browser_of_its_person(school: School) -> None:
    status, _, _ = await school.ask("POST", f"{PAGE}/push", json=SUBSCRIPTION)
    assert status == 200
    verb, said = school.engine.said[-1]
    assert verb == "register_browser"
    assert said[:3] == tuple(SUBSCRIPTION.values())
    status, _, _ = await school.ask("POST", f"{PAGE}/push", json={**SUBSCRIPTION, "more": 1})
    assert status in (400, 422)
