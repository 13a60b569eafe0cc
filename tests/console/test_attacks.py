"""What somebody would try at the door: each of these must fail, and say so in the same words as any other failure."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from notifier.access.provider import Asked, Told
from notifier.access.sessions import Place
from notifier.console.parts import StreamLimits
from notifier.model.events import EventKind
from notifier.model.rights import Caller, Right
from notifier.model.settings import Provider
from tests.console.school import ADMIN, School, open_school

WORDS = "seven grey herons wade"
TECHNICIAN = Caller("account:tech", "Tess", "tess", frozenset({Right.TECHNICIAN}))
SAME = {"Sec-Fetch-Site": "same-origin"}


async def person(school: School, *roles: str) -> str:
    account, _ = await school.accounts.add_user("Ada Lopez", roles or ("commander",), [], None, "ada", ADMIN)
    links = school.entrance.links
    await links.take_up(await links.welcome(account, "test"), WORDS, Place("127.0.0.1"))
    return account


async def enter(school: School, after: str = "/", cookie: str = "", **headers: str) -> tuple[int, str, str]:
    """Status, where to, and the session's cookie."""
    said = {"name": "ada", "password": WORDS, "next": after}
    sent = {**SAME, **({"Cookie": cookie} if cookie else {}), **headers}
    status, _, response = await school.ask("POST", "/sign-in", sent, data=said, allow_redirects=False)
    return status, response.headers.get("Location", ""), response.headers.get("Set-Cookie", "")


async def test_the_cookie_can_be_neither_read_nor_set_by_others(school: School) -> None:
    await person(school)
    _, _, cookie = await enter(school)
    assert cookie.startswith("__Host-notifier-session=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


async def test_the_cookie_of_a_screen_is_kept_from_others_too_and_renewed_as_it_was(school: School) -> None:
    link = await school.accounts.enrol_kiosk("Tablet", "office", TECHNICIAN)
    _, _, response = await school.ask("POST", f"/enrol/{link}", SAME, allow_redirects=False)
    first = response.headers["Set-Cookie"]
    _, _, response = await school.ask("GET", "/press", {"Cookie": first.partition(";")[0]})
    renewed = response.headers["Set-Cookie"]
    for cookie in (first, renewed):
        assert cookie.startswith("__Host-notifier-kiosk=")
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"):
            assert word in cookie
        assert "Domain" not in cookie
    assert renewed == first


async def test_a_screen_presses_at_its_own_place_live_and_nothing_else(school: School) -> None:
    link = await school.accounts.enrol_kiosk("Tablet", "office", TECHNICIAN)
    _, _, response = await school.ask("POST", f"/enrol/{link}", SAME, allow_redirects=False)
    screen = {**SAME, "Cookie": response.headers["Set-Cookie"].partition(";")[0]}
    asked = {"action": "lockdown", "zone": "north", "drill": "yes", "playbook": "hold", "source": "button:getter"}
    status, _, _ = await school.ask("POST", "/press/start?zone=north", screen, data=asked, allow_redirects=False)
    assert status == 303
    ((activation, caller),) = school.engine.presses
    assert (activation.zone, activation.playbook, activation.drill) == ("front", "lockdown", False)
    assert activation.source == caller.id
    assert caller.id.startswith("kiosk:")
    assert caller.rights == {Right.PRESS}
    signed_in = (await school.cookie("commander"))["Cookie"]
    await school.ask("POST", "/press/start", {**SAME, "Cookie": f"{signed_in}; {screen['Cookie']}"}, data=asked)
    assert school.engine.presses[1][0].zone == "front", "the place counts, not who is signed in there"

    for method, path in (("POST", "/drill/press/start"), ("GET", "/board"), ("POST", "/enrol"), ("GET", "/people")):
        assert (await school.ask(method, path, screen, allow_redirects=False))[0] == 403, path
    for method, path in (("POST", "/api/v1/activations"), ("GET", "/api/v1/incidents"), ("GET", "/api/v1/events")):
        assert (await school.ask(method, path, screen))[0] == 401, path
    assert len(school.engine.presses) == 2


class Away:
    """An identity provider that vouches for whoever comes back."""

    settings = Provider(issuer="https://id.example", client_id="notifier")

    async def begin(self, back: str, *, anew: bool = False) -> tuple[Asked, str]:
        return Asked("s", "n", "v", back), "https://id.example/authorize?state=s"

    async def finish(self, asked: Asked, said: Mapping[str, str]) -> Told:
        return Told("https://id.example", "u-1", "ada@example.org", None)


async def test_only_the_browser_that_went_to_the_provider_comes_back_from_it(tmp_path: Path) -> None:
    back = "/sign-in/provider/back?state=s&code=c"
    async with open_school(tmp_path, provider=Away()) as school:  # type: ignore[arg-type] # what is asked of one
        await school.accounts.add_user("Ada", ["commander"], [], None, "ada", ADMIN, "ada@example.org")
        status, _, gone = await school.ask("GET", "/sign-in/provider?next=/now", SAME, allow_redirects=False)
        assert (status, gone.headers["Location"]) == (303, "https://id.example/authorize?state=s")
        cookie = gone.headers["Set-Cookie"]
        assert cookie.startswith("__Host-notifier-step=")
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
            assert word in cookie
        for carried in ({}, {"Cookie": "__Host-notifier-step=chosen-by-an-attacker"}):
            status, _, response = await school.ask("GET", back, carried, allow_redirects=False)
            assert status == 410
            assert not any("notifier-session" in one for one in response.headers.getall("Set-Cookie", []))
        own = {"Cookie": cookie.partition(";")[0]}
        status, _, response = await school.ask("GET", back, own, allow_redirects=False)
        assert (status, response.headers["Location"]) == (303, "/now")
        made, dropped = sorted(response.headers.getall("Set-Cookie"))
        assert made.startswith("__Host-notifier-session=")
        assert dropped.startswith('__Host-notifier-step="";')
        assert (await school.ask("GET", back, own, allow_redirects=False))[0] == 410


async def test_a_session_that_was_planted_before_is_not_the_one_after(school: School) -> None:
    await person(school)
    _, _, theirs = await enter(school)
    planted = theirs.partition(";")[0]
    _, _, fresh = await enter(school, cookie=planted)
    assert fresh.partition(";")[0] != planted
    assert (await school.ask("GET", "/now", {"Cookie": planted}, allow_redirects=False))[0] == 303
    assert (await school.ask("GET", "/now", {"Cookie": fresh.partition(";")[0]}))[0] == 200


async def test_another_site_signs_nobody_in_or_out(school: School) -> None:
    await person(school)
    for elsewhere in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert (await enter(school, **elsewhere))[0] == 403
    _, _, cookie = await enter(school)
    kept = {"Cookie": cookie.partition(";")[0]}
    other = {**kept, "Sec-Fetch-Site": "cross-site"}
    for path in ("/sign-out", "/account/sign-out", "/account/recovery", "/account/password"):
        assert (await school.ask("POST", path, other, data={"which": "everywhere"}))[0] == 403
    assert (await school.ask("GET", "/now", kept))[0] == 200
    assert (await school.ask("GET", "/api/v1/events", other))[0] == 403
    link = await school.accounts.enrol_kiosk("Somebody else's", "office", TECHNICIAN)
    assert (await school.ask("POST", f"/enrol/{link}", {"Sec-Fetch-Site": "cross-site"}))[0] == 403


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_next_leads_to_no_other_place(school: School, evil: str) -> None:
    await person(school)
    assert (await enter(school, evil))[:2] == (303, "/")
    assert (await enter(school, "/accounts?x=1"))[:2] == (303, "/accounts?x=1")


async def test_a_bearer_token_in_the_cookie_is_nobody_and_a_session_as_a_token_neither(school: School) -> None:
    token = (await school.token("commander"))["Authorization"].removeprefix("Bearer ")
    assert (await school.ask("GET", "/api/v1/incidents", {"Cookie": f"__Host-notifier-session={token}"}))[0] == 401
    cookie = (await school.cookie("commander"))["Cookie"].partition("=")[2]
    assert (await school.ask("GET", "/api/v1/incidents", {"Authorization": f"Bearer {cookie}"}))[0] == 401


async def test_a_cookie_without_its_prefix_is_not_looked_at(school: School) -> None:
    cookie = (await school.cookie("commander"))["Cookie"].partition("=")[2]
    assert (await school.ask("GET", "/api/v1/incidents", {"Cookie": f"notifier-session={cookie}"}))[0] == 401


async def test_who_is_not_known_reads_the_same_page_as_who_mistypes(school: School) -> None:
    await person(school)
    pages = []
    for name in ("ada", "nobody"):
        said = {"name": name, "password": "not the right words"}
        status, text, _ = await school.ask("POST", "/sign-in", SAME, data=said)
        pages.append((status, text.replace(f'value="{name}"', "")))
    assert pages[0] == pages[1]


async def test_what_changes_others_needs_a_fresh_proof_and_a_machine_has_nobody_to_ask(school: School) -> None:
    headers = await school.cookie("administrator")
    body = {"name": "Bo", "roles": ["view"]}
    assert (await school.ask("POST", "/api/v1/accounts", headers, json=body))[0] == 201
    held = school.entrance.sessions._held
    for session in list(held.rows):
        held.take({"id": session, "proved_at": 0.0})
    status, text, _ = await school.ask("POST", "/api/v1/accounts", headers, json=body)
    assert (status, "fresh proof" in text["detail"]) == (403, True)
    assert (await school.ask("GET", "/api/v1/accounts", headers))[0] == 200
    assert (await school.ask("POST", "/api/v1/accounts", await school.token("administrator"), json=body))[0] == 201


async def test_an_address_that_a_stranger_wrote_into_a_header_is_not_believed(school: School) -> None:
    await person(school)
    for number in range(21):
        said = {"name": f"n{number}", "password": "not the right words"}
        status, text, _ = await school.ask(
            "POST", "/sign-in", {**SAME, "X-Forwarded-For": f"203.0.113.{number}"}, data=said
        )
    assert (status, "Too many tries from here" in text) == (429, True)
    assert (await school.ask("POST", await school.button()))[0] == 202, "a press never waits"


async def test_a_refusal_and_a_look_at_people_are_in_the_audit(school: School) -> None:
    staff = await school.cookie("staff")
    assert (await school.ask("GET", "/api/v1/audit", staff))[0] == 403
    assert (await school.ask("GET", "/api/v1/contacts", staff))[0] == 200
    admin = await school.cookie("administrator", person="bo")
    items = (await school.ask("GET", "/api/v1/audit", admin))[1]["items"]
    kinds = [item["kind"] for item in items]
    assert {"denied", "personal_data_read", "signed_in"} <= set(kinds)
    denied = next(item for item in items if item["kind"] == "denied")
    assert (denied["data"]["what"], denied["data"]["from"]) == ("GET /api/v1/audit", "127.0.0.1")


@pytest.mark.parametrize("how", ["disabled", "signed out everywhere"])
async def test_who_is_put_out_loses_the_open_stream_without_waiting_for_the_next_look(tmp_path: Path, how: str) -> None:
    async with open_school(tmp_path, stream=StreamLimits(heartbeat=3600)) as school:
        account = await person(school, "commander")
        _, _, cookie = await enter(school)
        headers = {"Cookie": cookie.partition(";")[0]}
        async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as stream:
            assert b"hello" in await stream.content.readuntil(b"\n\n")
            root = Caller("account:root", "Root", None, frozenset({Right.ADMINISTER}))
            if how == "disabled":
                await school.entrance.people.disable(account, root)
                school.happens(kind=EventKind.ACCOUNT_CHANGED)
            else:
                _, _, elsewhere = await enter(school)
                mine = {**SAME, "Cookie": elsewhere.partition(";")[0]}
                await school.ask("POST", "/account/sign-out", mine, data={"which": "everywhere"})
                school.happens(kind=EventKind.SIGNED_OUT)
            async with asyncio.timeout(20):
                assert b"signed_out" in await stream.content.read()
        assert (await school.ask("GET", "/api/v1/incidents", headers))[0] == 401


async def test_what_waits_behind_a_lost_right_is_not_sent(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(heartbeat=3600)) as school:
        account = await person(school, "commander")
        _, _, cookie = await enter(school)
        headers = {"Cookie": cookie.partition(";")[0]}
        async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as stream:
            assert b"hello" in await stream.content.readuntil(b"\n\n")
            root = Caller("account:root", "Root", None, frozenset({Right.ADMINISTER}))
            await school.entrance.people.disable(account, root)
            school.happens(kind=EventKind.ACCOUNT_CHANGED)
            school.happens(text="after the right had ended")
            rest = await stream.content.read()
            assert b"signed_out" in rest
            assert b"after the right" not in rest


async def test_a_code_that_was_set_is_asked_for_and_the_one_for_duress_is_passed_on_unseen(school: School) -> None:
    account = await person(school, "commander")
    _, _, cookie = await enter(school)
    kept = {**SAME, "Cookie": cookie.partition(";")[0]}
    known = school.entrance.desk.book.account(account)
    assert known is not None
    await school.entrance.own.set_codes(school.entrance.sessions.open_of(account)[0], "483 920", "117 204")
    path = "/api/v1/approvals/a1"
    assert (await school.ask("POST", path, kept, json={"grant": True}))[0] == 403
    assert (await school.ask("POST", path, kept, json={"grant": True, "code": "000000"}))[0] == 403
    assert school.engine.said == []
    right = await school.ask("POST", path, kept, json={"grant": True, "code": "483920"})
    forced = await school.ask("POST", path, kept, json={"grant": True, "code": "117204"})
    assert right[:2] == forced[:2]
    assert [args[-3:] for _, args in school.engine.said] == [(True, False, ""), (True, True, "")]
    await school.ask("POST", "/api/v1/incidents/inc-7f3k/all-clear", kept, json={"code": "117204"})
    assert school.engine.said[-1][1][-1] is True
    for ending in ("all-clear", "recall", "mistake"):  # asking for what another has asked for grants it
        assert (await school.ask("POST", f"/api/v1/incidents/inc-7f3k/{ending}", kept, json={}))[0] == 403
