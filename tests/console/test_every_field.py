"""Bad input anywhere: a sentence beside the field, and nothing lost of what was typed. Every form of every page."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pyotp
import pytest
from aiohttp import ClientResponse, ClientSession, FormData

from notifier.access.sessions import Place
from notifier.console.callers import SESSION_COOKIE
from notifier.files.beginning import beginning_files
from notifier.testing.schools import bend
from tests.console.browser import ADMIN, OnlineSchool, school_online
from tests.console.forms_on_pages import CHOSEN, TYPED, Answered, Field, PageForm, forms_of
from tests.console.whole_school import (
    Moment,
    at_rest,
    drilling,
    locked_down,
    nobody_yet,
    public,
    publish_by_two,
    whole_files,
)

EVERYTHING = ("administrator", "commander", "technician", "responder")
WORDS = "seven grey herons wade"
LONG = 3000
"""Letters: more than any line of ours takes."""
LONGER = {"/playbooks/{playbook}": 200_001, "/playbooks/{playbook}/form": 4001, "/first-hour/{step}": 70_000}
"""On pages whose fields are no lines."""
SECRET = {"code", "own_code"}
"""Typed anew, as passwords are."""
NOT_THERE = "no-such-choice"
WRONG = {
    "email": "not an address", "sms": "call me", "voice": "+", "language": "klingon", "agreement_date": "soon",
    "agreement_tested": "31/31/2026", "until": "for ever", "port": "many", "country": "Utopia", "timezone": "Mars/Base",
    "id": "Has Spaces!", "into": "../../etc", "columns": "no pair", "roles": "Nobody Knows!", "name": "=1+1",
}  # fmt: skip
"""By a field's name: what fits no field of that name. Tried where the page refuses it; see `REFUSES`."""
REFUSES = {
    ("/people/new", "name"), ("/people/new", "sms"), ("/people/new", "voice"), ("/people/new", "language"),
    ("/people/new", "agreement_date"), ("/people/new", "agreement_tested"), ("/people/new", "id"),
    ("/people/new", "email"), ("/people/import", "country"), ("/people/import", "into"), ("/people/import", "columns"),
}  # fmt: skip
NEEDED = {
    ("/people/new", "name"), ("/accounts", "name"), ("/accounts", "role"), ("/enrol", "name"),
    ("/playbooks/{playbook}/publish", "comment"), ("/playbooks/{playbook}/out", "comment"),
    ("/playbooks/{playbook}/versions/{version}", "comment"), ("/playbooks/new", "title"), ("/playbooks/new", "name"),
    ("/people/import", "file"),
}  # fmt: skip
LENIENT = {
    ("/r/{token}", "text"): "a long text never costs the answer: its first thousand letters are kept",
}


def wrong_ways(path: str, form: PageForm) -> Iterator[tuple[str, Field, str]]:
    """(in words, field, what is typed in it) for everything that may be wrong with one field."""
    for one in form.shown:
        if (path, one.name) in LENIENT:
            continue
        if one.kind in TYPED - {"password"}:
            yield "too long", one, "x" * LONGER.get(path, LONG)
        if one.kind in TYPED and (one.needed or (path, one.name) in NEEDED):
            yield "empty", one, ""
        if one.kind in CHOSEN and len(one.choices) > 1:
            yield "no such choice", one, NOT_THERE
        if one.kind == "email":
            yield "no address", one, "not an address"
        if one.name in WRONG and (
            (path, one.name) in REFUSES or (path.startswith("/first-hour") and one.name != "name")
        ):
            yield "of the wrong kind", one, WRONG[one.name]


def filled(form: PageForm) -> dict[str, tuple[str, ...]]:
    """Something else in every field, so that what is lost is noticed."""
    typed = {}
    for one in form.shown:
        if one.kind in TYPED and one.kind != "password" and not one.now[0]:
            typed[one.name] = (f"Typed {one.name}",)
        elif one.kind == "checkbox":
            typed[one.name] = one.choices[-1:]
        elif one.kind in {"select", "radio"}:
            typed[one.name] = tuple(choice for choice in one.choices if choice)[-1:]
    return typed


class Visitor:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, http: ClientSession, url: str, secret: str) -> None:
        self._http, self._url = http, url
        self._headers = {"Sec-Fetch-Site": "same-origin"} | ({"Cookie": f"{SESSION_COOKIE}={secret}"} if secret else {})

    async def look(self, address: str) -> tuple[int, str]:
        async with self._http.get(self._url + address, headers=self._headers, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def send(self, form: PageForm, **typed: tuple[str, ...]) -> tuple[ClientResponse, str]:
        said = form.sent(**typed)
        if form.method == "GET":
            asked = self._http.get(
                self._url + form.action.partition("?")[0], params=said, headers=self._headers, allow_redirects=False
            )
        else:
            data: BytesIO | FormData = BytesIO(urlencode(said).encode())
            headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
            if form.multipart:
                data, headers = FormData(), self._headers
                for name, value in said:
                    if name != "file":
                        data.add_field(name, value)
                content = dict(said).get("file", "").encode()
                name = "people.csv" if content else ""
                data.add_field("file", content, filename=name, content_type="application/octet-stream")
            asked = self._http.post(self._url + form.action, data=data, headers=headers, allow_redirects=False)
        async with asked as answer:
            return answer, await answer.text()


async def tried(visitor: Visitor, path: str, form: PageForm, how: str, one: Field, bad: str) -> list[str]:
    """What is wrong with the answer to one field that is wrong, in sentences."""
    typed = {**filled(form), one.name: () if one.kind == "checkbox" and not bad else (bad,)}
    answer, text = await visitor.send(form, **typed)
    if not 400 <= answer.status < 500:
        return [f"answers {answer.status} {answer.headers.get('Location', '')}"]
    if answer.content_type != "text/html":
        return [f"answers {answer.content_type}"]
    page = Answered.of(text, form.page)
    found = []
    if not page.beside(one.name):
        found.append(f"{answer.status}, and no sentence stands beside it")
    if not page.summed_up(one.name):
        found.append("no summary leads to it")
    for other in form.shown:
        if (
            other.kind in {"password", "file"}
            or other.name in SECRET
            or (other.name == one.name and one.kind in CHOSEN)
        ):
            continue
        wanted = typed.get(other.name, other.now)
        held = page.held(form, other.name)
        if held is None or [kept.strip() for kept in held] != [value.strip() for value in wanted]:
            found.append(f"{other.name} held {str(wanted)[:40]} and holds {str(held)[:40]}")
    return found


async def walked(school: OnlineSchool, now: Moment, stranger: Visitor, known: Visitor, seen: set[str]) -> list[str]:
    wrong = []
    for path, at in now.addresses().items():
        visitor = stranger if public(path) else known
        status, text = await visitor.look(at)
        if status == 200:
            for form in forms_of(text, at):
                wrong += [f"{now.name} {said}" for said in await all_tried(visitor, path, form, seen)]
    return wrong


async def all_tried(visitor: Visitor, path: str, form: PageForm, seen: set[str]) -> list[str]:
    wrong = []
    for how, one, bad in wrong_ways(path, form):
        seen.add(f"{path} {one.name}")
        said = await tried(visitor, path, form, how, one, bad)
        wrong += [f"{form.page}: {form.where()}: {one.name}, {how}: {each}" for each in said]
    return wrong


async def edited(school: OnlineSchool, known: Visitor) -> list[Moment]:
    """A playbook with an older version, one with a draft, one that may be taken out."""
    files = bend(whole_files(), "playbooks/hold.yaml", ("title: Hold", "title: Hold still"))
    await publish_by_two(school, files, "hold is said longer")
    form = next(one for one in forms_of((await known.look("/playbooks/secure"))[1], "/playbooks/secure") if one.fields)
    await known.send(form, text=(form.fields[0].now[0].replace("title: Secure", "title: Secure now"),))
    old = frozenset({"/playbooks/{playbook}/versions/{version}"})
    return [
        Moment("edited", {"playbook": "hold", "version": "1"}, old),
        Moment("edited", {"playbook": "secure"}, frozenset({"/playbooks/{playbook}/publish"})),
        Moment("edited", {"playbook": "evacuate"}, frozenset({"/playbooks/{playbook}/out"})),
    ]


@pytest.mark.timeout(240)
async def test_a_wrong_field_is_said_beside_it_and_everything_typed_stays(tmp_path: Path) -> None:
    wrong: list[str] = []
    seen: set[str] = set()
    async with school_online(tmp_path, whole_files()) as school, ClientSession() as http:
        stranger = Visitor(http, school.url, "")
        wrong += await walked(school, await nobody_yet(school), stranger, stranger, seen)
        known = Visitor(http, school.url, await school.session(*EVERYTHING, person="ada"))
        for moment in (at_rest, drilling, locked_down):
            wrong += await walked(school, await moment(school), stranger, known, seen)
        for now in await edited(school, known):
            wrong += await walked(school, now, stranger, known, seen)
    assert not wrong, "\n".join(wrong)
    assert len({one for one in seen if "steps." not in one}) >= 90, sorted(seen)
    assert {f"/playbooks/{{playbook}}/{page} comment" for page in ("publish", "out", "versions/{version}")} <= seen


@pytest.mark.timeout(120)
async def test_the_first_hour_says_what_is_wrong_beside_the_field(tmp_path: Path) -> None:
    wrong: list[str] = []
    seen: set[str] = set()
    async with school_online(tmp_path, beginning_files("school", "127.0.0.1:0")) as school, ClientSession() as http:
        known = Visitor(http, school.url, await school.session(*EVERYTHING, person="ada"))
        for step in ("school", "rooms", "doors", "people", "mail", "network"):
            status, text = await known.look(f"/first-hour/{step}")
            assert status == 200
            for form in forms_of(text, f"/first-hour/{step}"):
                wrong += await all_tried(known, "/first-hour/{step}", form, seen)
    assert not wrong, "\n".join(wrong)
    assert len(seen) >= 15, sorted(seen)


async def test_what_only_a_post_shows_says_it_too(tmp_path: Path) -> None:
    """What an import would change; and the code after a password."""
    async with school_online(tmp_path, whole_files()) as school, ClientSession() as http:
        known = Visitor(http, school.url, await school.session(*EVERYTHING, person="ada"))
        upload = next(
            one for one in forms_of((await known.look("/people/import"))[1], "/people/import") if one.multipart
        )
        _, text = await known.send(upload, file=("Name;E-mail\nNia;nia@b.example\n",))
        (publish,) = (one for one in forms_of(text, "/people/import") if one.action.endswith("/publish"))
        seen: set[str] = set()
        wrong = await all_tried(known, "/people/import/publish", publish, seen)
        assert seen == {"/people/import/publish comment"}

        accounts, entrance = school.daemon.accounts, school.daemon.entrance
        identity = (await accounts.add_user("Lee Moss", ["commander"], [], None, "lee", ADMIN))[0]
        place = Place("127.0.0.1", "Test browser")
        await entrance.links.take_up(await entrance.links.welcome(identity, "Root"), WORDS, place)
        (session,) = entrance.sessions.open_of(identity)
        ticket, secret, _ = entrance.own.begin_app(session)
        await entrance.own.add_app(session, ticket, pyotp.TOTP(secret).now(), place)
        stranger = Visitor(http, school.url, "")
        door = next(one for one in forms_of((await stranger.look("/sign-in"))[1], "/sign-in") if one.fields)
        _, text = await stranger.send(door, name=("lee",), password=(WORDS,))
        (code,) = (one for one in forms_of(text, "/sign-in") if one.action.endswith("/code"))
        wrong += await all_tried(stranger, "/sign-in/code", code, seen)
        assert not wrong, "\n".join(wrong)
        assert "/sign-in/code code" in seen
