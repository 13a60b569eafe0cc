"""Requests: strict apart from a press; what is wrong is said with its place and what to do."""

import asyncio
import base64
import gzip
import threading
import zlib
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest

from notifier.console import reading
from notifier.console.models import MOST_FILES
from notifier.console.routes import ROUTES, SMALL
from notifier.errors import Fault, IllegalMove, NotFound, Refused, SetupError, StoreGone
from notifier.interfaces import Outcome
from tests.console.school import INCIDENT, LINK, School

NOTES = f"/api/v1/incidents/{INCIDENT}/notes"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"text": "x", "colour": 1}, "body.colour"),
        ({"text": 5}, "body.text"),
        ({}, "body.text"),
        ({"text": ""}, "body.text"),
        ({"text": "bell \x07"}, "body.text"),
        ({"text": "x" * 2001}, "body.text"),
        ([], "body"),
        ("x", "body"),
    ],
)
async def test_a_wrong_body_is_refused_with_its_place_and_advice(school: School, body: Any, where: str) -> None:
    status, problem, response = await school.ask("POST", NOTES, await school.token("operator"), json=body)
    assert (status, response.content_type) == (422, "application/problem+json")
    assert [fault["where"] for fault in problem["faults"]] == [where]
    assert problem["faults"][0]["advice"]
    assert school.engine.said == []


@pytest.mark.parametrize("word", ["true", "1", "yes"])
async def test_nothing_is_taken_for_yes(school: School, word: str) -> None:
    path = f"/api/v1/incidents/{INCIDENT}/doors/d7/confirm"
    status, _, _ = await school.ask("POST", path, await school.token("responder"), json={"secured": word})
    assert (status, school.engine.said) == (422, [])


@pytest.mark.parametrize(
    "body", [b'{"text": "a", "text": "b"}', b"{", b'{"text": NaN}', b"\xff", b"[" * 5000, b'{"text": "\\ud800"}']
)
async def test_json_that_can_be_read_two_ways_is_refused(school: School, body: bytes) -> None:
    headers = {**await school.token("operator"), "Content-Type": "application/json"}
    status, problem, _ = await school.ask("POST", NOTES, headers, data=body)
    assert status in {400, 422}
    assert problem["advice"]
    assert school.engine.said == []


async def test_only_json_is_read_as_json(school: School) -> None:
    headers = {**await school.token("operator"), "Content-Type": "text/plain"}
    assert (await school.ask("POST", NOTES, headers, data=b'{"text": "x"}'))[0] == 415


async def test_a_body_has_a_most(school: School) -> None:
    headers = {**await school.token("operator"), "Content-Type": "application/json"}
    for data in (b" " * (SMALL + 1), chunks()):
        status, problem, _ = await school.ask("POST", NOTES, headers, data=data)
        assert status == 413
        assert str(SMALL) in problem["detail"]


async def test_a_set_of_more_files_than_a_folder_holds_is_refused_before_each_is_looked_at(school: School) -> None:
    token = await school.token("administrator")
    files = {f"playbooks/p{number}.yaml": "!" for number in range(MOST_FILES + 1)}
    status, said, _ = await school.ask("POST", "/api/v1/publications", token, json={"files": files})
    assert (status, [one["where"] for one in said["faults"]]) == (422, ["body.files"])
    del files["playbooks/p0.yaml"]
    status, said, _ = await school.ask("POST", "/api/v1/publications", token, json={"files": files})
    assert (status, len(said["faults"])) == (422, MOST_FILES), "none of them is base64"


async def test_a_long_body_is_read_in_a_thread_as_strictly_as_a_short_one(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(body: bytes) -> Any:
        threads.add(threading.current_thread() is threading.main_thread())
        return _read(body)

    threads: set[bool] = set()
    _read = reading.parse_json
    monkeypatch.setattr(reading, "parse_json", read)
    token = {**await school.token("administrator"), "Content-Type": "application/json"}
    long = b'"files": {"site.yaml": "' + b"QUFB" * 100_000 + b'"}'
    for body, wanted in ((b"{%s}" % long, 200), (b"{%s, %s}" % (long, long), 400), (b"{%s" % long, 400)):
        assert (await school.ask("POST", "/api/v1/publications", token, data=body))[0] == wanted
    assert threads == {False}


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br"])
async def test_nothing_that_is_packed_is_unpacked(school: School, packing: str) -> None:
    headers = {**await school.token("operator"), "Content-Type": "application/json", "Content-Encoding": packing}
    body = zlib.compress(b'{"text": "x"}') if packing == "deflate" else gzip.compress(b'{"text": "x"}')
    status, problem, _ = await school.ask("POST", NOTES, headers, data=body)
    assert status == 415
    assert "packed" in problem["detail"]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    assert (await school.ask("POST", "/sign-in", {**form, "Content-Encoding": packing}, data=body))[0] == 415
    # Where nobody reads the body it is thrown away as it came: unpacking it first held the loop for seconds.
    assert (await school.ask("POST", "/hooks/nobody", {"Content-Encoding": packing}, data=b"no packing at all"))[
        0
    ] == 404
    assert school.engine.said == []


async def chunks() -> Any:
    for _ in range(SMALL // 1000 + 1):
        yield b" " * 1000


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("limit=0", "query.limit"),
        ("limit=201", "query.limit"),
        ("limit=many", "query.limit"),
        ("limit=5&limit=6", "query.limit"),
        ("token=secret", "query.token"),
        ("open=maybe", "query.open"),
    ],
)
async def test_a_wrong_query_is_refused_with_its_place(school: School, query: str, where: str) -> None:
    status, problem, _ = await school.ask("GET", f"/api/v1/incidents?{query}", await school.token("view"))
    assert status == 400
    assert [fault["where"] for fault in problem["faults"]] == [where]
    assert "secret" not in str(problem)


async def test_a_list_is_asked_for_by_pages(school: School) -> None:
    asked = "/api/v1/incidents?limit=200&after=c1&open=true"
    _, told, _ = await school.ask("GET", asked, await school.token("view"))
    asked_for = {"id": INCIDENT, "open_only": True, "limit": 200, "after": "c1"}
    assert told["items"][0].items() >= asked_for.items()


@pytest.mark.parametrize("path", ["/api/v1/doors", "/api/v1/contacts", f"/api/v1/incidents/{INCIDENT}/rooms"])
async def test_what_a_site_has_is_given_whole_or_by_pages_without_a_gap(
    school: School, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {"items": [{"id": n} for n in range(450)], "counts": {"secured": 3}, "next": None}
    for view in ("doors", "state", "rooms"):
        monkeypatch.setattr(school.views, view, lambda *args: whole, raising=False)
    headers, found, after = await school.token("view"), [], ""
    for _ in range(3):
        _, page, _ = await school.ask("GET", f"{path}?limit=200{after}", headers)
        assert page["counts"] == {"secured": 3}
        found += page["items"]
        after = f"&after={page['next']}"
    assert found == whole["items"]
    assert page["next"] is None
    assert (await school.ask("GET", f"{path}?after=nonsense", headers))[0] == 400


async def test_a_token_in_the_query_is_nobody(school: School) -> None:
    token = (await school.token("view"))["Authorization"].removeprefix("Bearer ")
    for name in ("access_token", "token"):
        assert (await school.ask("GET", f"/api/v1/events?{name}={token}"))[0] == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic eDp5", "bearer  ", "nt_x"])
async def test_a_wrong_token_is_answered_with_how_to_send_one(school: School, header: str) -> None:
    status, problem, response = await school.ask("GET", "/api/v1/doors", {"Authorization": header})
    assert (status, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="notifier"')
    assert "Authorization: Bearer" in problem["advice"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Refused("Ask the commander.", 403), 403, "Ask the commander."),
        (Refused("Not now.", 429), 429, "Not now."),
        (NotFound("There is no such room."), 404, "no such room"),
        (IllegalMove("An incident that is closed cannot take 'recall'."), 409, "closed"),
        (StoreGone("disk i/o"), 503, "has not been done"),
        (RuntimeError("+15551230142"), 500, "fault of ours"),
    ],
)
async def test_every_error_is_a_problem_with_advice(school: School, error: Exception, status: int, words: str) -> None:
    school.engine.raises = error
    got, problem, response = await school.ask("POST", NOTES, await school.token("operator"), json={"text": "x"})
    assert (got, problem["status"], response.content_type) == (status, status, "application/problem+json")
    assert words in problem["detail"]
    assert problem["advice"]
    assert problem["title"]


async def test_a_fault_of_ours_gives_a_trouble_and_no_trace(school: School, caplog: pytest.LogCaptureFixture) -> None:
    school.engine.raises = RuntimeError("+15551230142 is busy")
    _, problem, _ = await school.ask("POST", NOTES, await school.token("operator"), json={"text": "x"})
    assert "Traceback" not in str(problem)
    assert "5551230142" not in str(problem) + caplog.text
    assert problem["trouble"] in caplog.text
    assert "RuntimeError at school.py" in caplog.text
    [(_, text)] = school.faults
    assert problem["trouble"] in text
    assert "5551230142" not in text


async def test_one_fault_is_one_trouble_however_often_it_is_asked_for(school: School) -> None:
    school.engine.raises = RuntimeError("busy")
    right = await school.token("operator")
    for _ in range(3):
        await school.ask("POST", NOTES, right, json={"text": "x"})
    school.engine.raises = KeyError("other")
    await school.ask("POST", NOTES, right, json={"text": "x"})
    assert len({trouble for trouble, _ in school.faults}) == 2


@pytest.mark.parametrize("path", ["/webhooks/sms/status", f"/r/{LINK}"])
async def test_a_body_that_breaks_off_is_no_fault_of_ours(school: School, path: str) -> None:
    where = urlsplit(school.url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab".encode())
    await writer.drain()
    while not any(connection.idle is False for connection in school.server._connections._held):  # noqa: ASYNC110 a test
        await asyncio.sleep(0)
    writer.transport.abort()
    while len(school.server._connections) > 0:  # noqa: ASYNC110 a test
        await asyncio.sleep(0)
    await school.ask("GET", "/healthz")
    assert school.faults == []


async def test_faults_in_files_keep_their_places(school: School) -> None:
    school.engine.raises = SetupError([Fault("playbooks/a.yaml", 3, 7, "no such group.", "Use group:staff.")])
    files = {"files": {"playbooks/a.yaml": base64.b64encode(b"x").decode()}}
    status, problem, _ = await school.ask(
        "POST", "/api/v1/publications", await school.token("administrator"), json=files
    )
    assert status == 422
    assert problem["faults"] == [
        {"where": "playbooks/a.yaml:3:7", "what": "no such group.", "advice": "Use group:staff."}
    ]


@pytest.mark.parametrize("path", ["../etc/passwd", "/etc/passwd", "a/../../b", ".env", "a//b", "a\\b", ""])
async def test_files_cannot_be_published_outside_their_folder(school: School, path: str) -> None:
    files = {"files": {path: ""}}
    status, _, _ = await school.ask("POST", "/api/v1/publications", await school.token("administrator"), json=files)
    assert (status, school.engine.said) == (422, [])


async def test_published_files_reach_the_engine_byte_for_byte(school: School) -> None:
    content = bytes(range(256))
    files = {"comment": "first", "files": {"audio/tone.wav": base64.b64encode(content).decode()}}
    await school.ask("POST", "/api/v1/publications", await school.token("administrator"), json=files)
    verb, said = school.engine.said[0]
    assert (verb, said[0], said[1]) == ("publish", {"audio/tone.wav": content}, "first")


async def test_what_is_no_base64_is_named(school: School) -> None:
    files = {"files": {"site.yaml": "aGk=!"}}
    status, problem, _ = await school.ask(
        "POST", "/api/v1/publications", await school.token("administrator"), json=files
    )
    assert status == 422
    assert problem["faults"][0]["where"] == "body.files.site.yaml"


async def test_a_second_person_is_still_needed_is_202(school: School) -> None:
    path, headers = f"/api/v1/incidents/{INCIDENT}/all-clear", await school.token("commander", person="grace")
    school.engine.outcome = Outcome(False, "Asked.", "ap1", "2026-10-01T10:00:00Z", {"day": date(2026, 10, 1)})
    status, told, _ = await school.ask("POST", path, headers, json={"reason": "searched"})
    assert (status, told["done"], told["approval"], told["detail"]) == (202, False, "ap1", {"day": "2026-10-01"})

    school.engine.outcome = Outcome(True, "Done.")
    status, told, _ = await school.ask("POST", path, headers)
    assert (status, told["done"]) == (200, True)


@pytest.mark.parametrize(
    ("path", "role", "body", "verb", "said"),
    [
        ("incidents/i1/hold-outside", "operator", {}, "hold_outside", ("i1", "CALLER", True)),
        ("incidents/i1/resume-outside", "operator", {}, "hold_outside", ("i1", "CALLER", False)),
        ("incidents/i1/recall", "commander", {"reason": "r"}, "end", ("i1", "recall", "CALLER", "r", False)),
        ("incidents/i1/all-clear", "commander", {}, "end", ("i1", "all_clear", "CALLER", "", False)),
        ("incidents/i1/mistake", "commander", {}, "end", ("i1", "mistake", "CALLER", "", False)),
        ("incidents/i1/mistake/claim", "press", {}, "claim_mistake", ("i1", "CALLER")),
        ("incidents/i1/stop-drill", "drill", {}, "end", ("i1", "stop_drill", "CALLER", "", False)),
        ("incidents/i1/release", "operator", {"rooms": ["r1"]}, "release", ("i1", ["r1"], "CALLER", "")),
        ("incidents/i1/911", "staff", {"word": "tell", "who": "911"}, "hand_off", ("i1", "tell", "911", "CALLER")),
        ("incidents/i1/command", "commander", {}, "take_command", ("i1", "CALLER")),
        ("incidents/i1/notes", "operator", {"text": "x"}, "note", ("i1", "x", "CALLER")),
        (
            "incidents/i1/messages", "operator", {"to": ["group:staff"], "by": ["sms"], "text": "x"},
            "message", ("i1", ["group:staff"], ["sms"], "x", "CALLER"),
        ),
        ("incidents/i1/doors/d7/open", "responder", {"seconds": 15}, "open_door", ("i1", "d7", 15.0, "CALLER")),
        (
            "incidents/i1/doors/d7/confirm", "responder", {"secured": False},
            "confirm_door", ("i1", "d7", False, "CALLER"),
        ),
        ("doors/d7/try", "technician", {}, "try_door", ("d7", "CALLER", False)),
        ("doors/d7/try", "technician", {"command": True}, "try_door", ("d7", "CALLER", True)),
        ("channels/sms/try", "technician", {}, "try_channel", ("sms",)),
        ("speakers/s1/try", "technician", {}, "try_speaker", ("s1",)),
        ("signals/l1/try", "technician", {}, "try_signal", ("l1", "CALLER", False)),
        ("signals/l1/try", "technician", {"command": True}, "try_signal", ("l1", "CALLER", True)),
        ("cameras/c1/try", "technician", {}, "try_camera", ("c1",)),
        ("incidents/i1/steps/police/approve", "operator", {}, "approve_step", ("i1", "police", "CALLER")),
        (
            "incidents/i1/steps/police/refuse", "operator", {"reason": "no"},
            "refuse_step", ("i1", "police", "no", "CALLER"),
        ),
        (
            "incidents/i1/people/ann/answer", "operator", {"answer": "safe", "text": "seen"},
            "answer_for", ("i1", "ann", "safe", "seen", "CALLER"),
        ),
        ("tasks/t1", "responder", {"word": "take"}, "move_task", ("t1", "take", "CALLER")),
        ("activations/a1/late", "operator", {"fire": True}, "stop_late", ("a1", "CALLER", True)),
        ("activations/a1/verify", "operator", {"word": "veto"}, "verify", ("a1", "veto", "CALLER")),
        ("approvals/p1", "commander", {"grant": False}, "decide", ("p1", "CALLER", False, False, False, "")),
        (
            "zones/north/walk-test", "responder", {"heard": True, "note": "by the lockers"},
            "walk_test", ("north", True, None, "by the lockers", "CALLER"),
        ),
        ("troubles/x1/acknowledge", "technician", {}, "acknowledge_trouble", ("x1", "CALLER")),
    ],
)  # fmt: skip
async def test_a_verb_reaches_the_engine_as_it_was_said(
    school: School, path: str, role: str, body: dict[str, Any], verb: str, said: tuple[Any, ...]
) -> None:
    status, _, _ = await school.ask("POST", f"/api/v1/{path}", await school.token(role), json=body)
    told, args = school.engine.said[0]
    assert (status, told) == (200, verb)
    assert tuple("CALLER" if getattr(arg, "id", "").startswith("account:") else arg for arg in args) == said


async def test_a_plan_is_asked_for_and_nothing_is_done(school: School) -> None:
    _, told, _ = await school.ask(
        "GET", "/api/v1/playbooks/lockdown/plan?zone=north&drill=true", await school.token("view")
    )
    assert told["plan"] == "lockdown"
    assert school.engine.said == [("plan", ("lockdown", "north", True))]


async def test_an_unknown_address_is_a_problem(school: School) -> None:
    status, problem, _ = await school.ask("GET", "/api/v1/incidentz")
    assert (status, problem["title"]) == (404, "Not Found")
    assert "/api/v1/incidentz" in problem["detail"]


async def test_a_wrong_method_is_told_the_right_ones(school: School) -> None:
    status, problem, response = await school.ask("DELETE", "/api/v1/publications")
    assert (status, response.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    assert "GET" in problem["detail"]
    status, _, response = await school.ask("OPTIONS", "/api/v1/drills")
    assert (status, response.headers["Allow"]) == (204, "POST, OPTIONS")


async def test_every_answer_carries_the_security_headers(school: School) -> None:
    for path in ("/healthz", "/nowhere", "/api/docs", "/r/dead", "/static/answer.css", "/api/v1/doors"):
        _, _, response = await school.ask("GET", path)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "aiohttp" not in response.headers["Server"]
        assert not 300 <= response.status < 400


ALWAYS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
KEPT_OUT = (
    "default-src 'none'",
    "script-src 'self';",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


@pytest.mark.parametrize(
    ("path", "referrer"),
    [
        ("/press", "same-origin"), ("/board/wall", "same-origin"), ("/sign-in", "same-origin"),
        (f"/r/{LINK}", "no-referrer"),
        ("/api/v1/incidents", "no-referrer"), ("/api/v1/events", "no-referrer"), ("/nowhere", "no-referrer"),
        ("/press/worker", "no-referrer"),
    ],
)  # fmt: skip
async def test_pages_lists_and_streams_are_framed_read_and_kept_by_nobody_else(
    school: School, path: str, referrer: str
) -> None:
    headers = await school.cookie("commander")
    async with school.http.get(f"{school.url}{path}", headers=headers, allow_redirects=False) as response:
        sent = response.headers
        assert ALWAYS.items() <= sent.items()
        for words in KEPT_OUT:
            assert words in sent["Content-Security-Policy"]
        assert "unsafe" not in sent["Content-Security-Policy"]
        assert sent["Referrer-Policy"] == referrer
        assert sent["Cache-Control"] == ("no-cache" if path == "/press/worker" else "no-store")
        assert "Access-Control-Allow-Origin" not in sent
        assert "Strict-Transport-Security" not in sent, "plain HTTP promises nothing"


async def test_an_account_is_made_used_and_revoked(school: School) -> None:
    admin = await school.token("administrator")
    body = {"name": "Grace", "roles": ["commander"], "person": "grace"}
    status, made, _ = await school.ask("POST", "/api/v1/accounts", admin, json=body)
    assert status == 201
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await school.ask("GET", "/api/v1/doors", headers))[0] == 200

    _, listed, _ = await school.ask("GET", "/api/v1/accounts", admin)
    assert made["account"] in {one["id"] for one in listed["items"]}
    assert made["token"] not in str(listed)

    assert (await school.ask("DELETE", f"/api/v1/accounts/{made['account']}", admin))[0] == 200
    assert (await school.ask("GET", "/api/v1/doors", headers))[0] == 401


def test_every_route_that_changes_something_has_a_body_limit() -> None:
    assert [route.path for route in ROUTES if route.method == "POST" and route.limit <= 0] == []


async def test_an_address_that_is_too_long_is_said_so_where_a_person_reads_and_a_press_is_taken(school: School) -> None:
    long = "?q=" + "x" * 9000
    headers = await school.token("administrator")
    status, body, sent = await school.ask("GET", f"/people{long}", {**headers, "Accept": "text/html"})
    assert (status, sent.content_type) == (414, "text/html")
    assert "Type fewer words" in str(body)
    status, body, _ = await school.ask("GET", f"/api/v1/doors{long}", headers)
    assert (status, body["detail"].startswith("This address is too long")) == (414, True)
    assert (await school.ask("POST", await school.button() + long))[0] == 202
