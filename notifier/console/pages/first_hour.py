"""The first hour: one question a page, answers kept on the server, and files, publication and a drill at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from notifier.console.callers import networks_of, public_address
from notifier.console.pages._first_hour_steps import (
    BY_ID,
    COMMON_ZONES,
    STEPS,
    TLS,
    Step,
    answers_of,
    school_of,
)
from notifier.console.pages.forms import Form, query_text, read_form, see
from notifier.console.pages.rendering import html, page
from notifier.console.parts import SettingUp
from notifier.console.problems import BadRequest
from notifier.console.route import KILOBYTE, Call, Flag, Handler, Route
from notifier.errors import NotFound, Refused, SetupError
from notifier.files.first_school import first_files
from notifier.model.people import OUTSIDE_ROLES
from notifier.model.rights import Right

HOME = "/first-hour"
PASTED = 512 * KILOBYTE  # bytes; a list of 60,000 letters takes at most nine for each in a form
MOST_ASKED = 500
GAP_DAYS = 90  # the day that is offered: until the end of the next term


async def begin(call: Call) -> web.Response:
    """To the first question that nobody has dealt with."""
    notes = _setting_up(call).notes()
    dealt = {*notes.get("answers", {}), *notes.get("unknown", [])}
    return see(f"{HOME}/{next((step.id for step in STEPS if step.id not in dealt), 'drill')}")


async def show(call: Call) -> web.Response:
    return _page(call, _step(call), Form())


async def answer(call: Call) -> web.Response:
    """Keep what was answered and go on; an answer that cannot be, and all that was typed, is shown again."""
    setting_up, step, form = _setting_up(call), _step(call), await read_form(call)
    notes = setting_up.notes()
    if form.flag("later"):
        _keep(setting_up, notes, step.id, None)
        return see(_after(step))
    try:
        said = step.read(form, setting_up, call.parts.clock.wall().date())
        if form.sound and step.id == "mail" and (wrong := await _mail_fault(setting_up, form, said)):
            return _page(call, step, form, status=422, wrong=wrong)
    except (Refused, SetupError) as refused:
        return _page(call, step, form, status=422, wrong=str(refused))
    if not form.sound:
        return _page(call, step, form, status=422)
    _keep(setting_up, notes, step.id, said)
    stays = step.id in {"people", "mail", "network"}  # what came of it is shown before the next question
    return see(f"{HOME}/{step.id}?kept=yes" if stays else _after(step))


async def publish(call: Call) -> web.Response:
    setting_up, said = _setting_up(call), answers_of(_setting_up(call))
    here = _here(call)
    school = school_of(setting_up, here=here)
    host = str(said.get("network", {}).get("host", ""))
    try:
        outcome = await setting_up.apply(first_files(school).files, said.get("mail"), host, call.caller)
    except Refused as refused:
        return _page(call, BY_ID["drill"], Form(), status=refused.status, wrong=str(refused))
    except SetupError as error:
        wrong = " ".join(f"{one.file}:{one.line}: {one.text}" for one in error.faults[:5])
        return _page(call, BY_ID["drill"], Form(), status=422, wrong=wrong)
    address = f"{school.public_url}{HOME}/drill"
    stays = address.startswith(here) or not host or call.request.secure
    return html(
        "first_hour_again.html", site=call.parts.views.site(), text=outcome.text,
        address=f"{HOME}/drill" if stays else address, moved=not stays,
    )  # fmt: skip


async def authority(call: Call) -> web.Response:
    """The authority's certificate: public by its nature, and of use only to who trusts it."""
    found = call.parts.setting_up.authority() if call.parts.setting_up else b""
    if not found:
        raise NotFound("This school has no authority of its own.")
    headers = {"Content-Disposition": 'attachment; filename="school-authority.crt"'}
    return web.Response(body=found, content_type="application/x-x509-ca-cert", headers=headers)


async def _mail_fault(setting_up: SettingUp, form: Form, said: dict[str, Any]) -> str:
    """Tried live; "" if the server took it. What it said is kept with the answer, the password beside the settings."""
    went, text = await setting_up.try_mail({**said, "password": form.raw("password")}, said["trial"])
    said["said"] = text
    return "" if went or form.flag("anyway") else text


def _keep(setting_up: SettingUp, notes: Mapping[str, Any], step: str, said: Mapping[str, Any] | None) -> None:
    answers = {name: one for name, one in notes.get("answers", {}).items() if name != step}
    unknown = [name for name in notes.get("unknown", []) if name != step]
    if said is None:
        unknown.append(step)
    else:
        answers[step] = dict(said)
    setting_up.keep({**notes, "answers": answers, "unknown": unknown})


def _page(call: Call, step: Step, form: Form, *, status: int = 200, wrong: str = "") -> web.Response:
    setting_up = _setting_up(call)
    notes, said = setting_up.notes(), answers_of(setting_up)
    number = STEPS.index(step)
    context: dict[str, Any] = {
        "step": step, "number": number + 1, "form": form, "wrong": wrong,
        "mine": defaultdict(str, said.get(step.id, {})),
        "said": defaultdict(dict, said),
        "steps": [{"id": one.id, "title": one.title, "known": _known(one.id, notes)} for one in STEPS],
        "before": f"{HOME}/{STEPS[number - 1].id}" if number else "", "after": _after(step),
        "kept": bool(query_text(call, "kept")), "zones": COMMON_ZONES, "tls": TLS,
        "until": (call.parts.clock.wall().date() + timedelta(days=GAP_DAYS)).isoformat(),
        "port": _here(call).rpartition(":")[2], "published": bool(notes.get("wrote")),
    }  # fmt: skip
    if step.id == "drill":
        context |= _what_will_run(call, setting_up)
    return page(call, f"first_hour_{step.id}.html", status=status, **context)


def _what_will_run(call: Call, setting_up: SettingUp) -> dict[str, Any]:
    school = school_of(setting_up, here=_here(call))
    made = first_files(school)
    drills = [one for one in call.parts.views.incidents(open_only=False, limit=20, after=None)["items"] if one["drill"]]
    last = max(drills, key=lambda one: str(one["raised_wall"]), default=None)
    asked, answered = _asked(call, last["id"]) if last else (0, 0)
    inside = sum(1 for one in school.people if not OUTSIDE_ROLES & set(one.cells["roles"].split(";")))
    books = sorted(path.removeprefix("playbooks/").removesuffix(".yaml") for path in made.files if path[0] == "p")
    return {
        "school": school, "left_out": made.left_out, "files": sorted(made.files), "books": books,
        "runs": [one["title"] for one in call.parts.views.state("playbooks")["items"]],
        "last": last, "asked": asked, "answered": answered, "inside": inside,
    }  # fmt: skip


def _asked(call: Call, drill: str) -> tuple[int, int]:
    """To how many people a message was made, and how many of them answered; nobody outside is asked in a drill."""
    written = call.parts.views.deliveries(drill, state=None, limit=MOST_ASKED, after=None)["items"]
    people = call.parts.views.people(drill, limit=MOST_ASKED, after=None)["items"]
    answered = {one["id"] for one in people if one.get("answer")}
    asked = {one["person"] for one in written if one["person"]} | answered
    return len(asked), len(answered)


def _known(step: str, notes: Mapping[str, Any]) -> str:
    if step in notes.get("answers", {}):
        return "answered"
    return "not known yet" if step in notes.get("unknown", []) else ""


def _after(step: Step) -> str:
    return f"{HOME}/{STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)].id}"


def _step(call: Call) -> Step:
    if (found := BY_ID.get(call.path["step"])) is None:
        raise NotFound("The first hour has no such page.")
    return found


def _setting_up(call: Call) -> SettingUp:
    found = call.parts.setting_up
    if found is None or not found.begun():
        raise BadRequest(409, "This school was set up by its files. Use the pages Site, People and Playbooks.")
    return found


def _here(call: Call) -> str:
    """The node's own address on this machine: good for one computer until there is a better one."""
    seen = public_address(call.request, None, networks_of(call.parts.settings.behind_proxy))
    port = seen.split("/")[2].rpartition(":")[2]
    return f"http://127.0.0.1:{port}"


def _route(method: str, path: str, summary: str, handler: Handler, *more: Flag, right: Right = Right.PUBLISH) -> Route:
    return Route(
        method=method, path=path, right=right, summary=summary, handler=handler, media="text/html",
        limit=PASTED if method == "POST" else 0, flags=frozenset({Flag.PAGE, Flag.LENIENT, *more}),
    )  # fmt: skip


ROUTES = (
    _route("GET", HOME, "To the next question of the first hour.", begin),
    _route("POST", f"{HOME}/publish", "Write and publish what was answered.", publish, Flag.FRESH),
    _route("GET", f"{HOME}/{{step}}", "A question of the first hour.", show),
    _route("POST", f"{HOME}/{{step}}", "Keep its answer.", answer),
    _route("GET", "/authority.crt", "The certificate that phones are to trust.", authority, right=Right.PUBLIC),
)
