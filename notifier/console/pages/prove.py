"""Proving again who one is, before what changes others; what was being sent meanwhile is carried through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from notifier.console.pages._browser import needed_party, party, session_of
from notifier.console.pages.forms import MOST_FIELDS, Form, local_path, query_text, read_form, see
from notifier.console.pages.sign_in import PAGE, plain, shows
from notifier.console.route import KILOBYTE, Call, Flag, Route
from notifier.errors import Refused
from notifier.model.rights import Right

HERE = "/prove"
LIMIT = 64 * KILOBYTE
"""A carried form of 16 kB, in which every sign may be written with three, and the proof itself."""
NOT_CARRIED = frozenset({"password", "again", "confirm", "duress", "code", "own_code", "ticket", "answer"})
"""Secrets, and what dies before it could be sent again: they are typed anew on their own page."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A form that was sent too late after the last proof: where to, and what it said."""

    to: str
    fields: Sequence[tuple[str, str]]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """As fields of the form that proves."""
        return [("then", self.to), ("typed", urlencode(self.fields))]


async def needed(call: Call) -> web.StreamResponse:
    """What a stale browser gets instead of what it asked for. Raises BadRequest for a form that cannot be read."""
    request = call.request
    if request.method == "GET":
        return see(f"{HERE}?{urlencode({'next': request.rel_url.raw_path_qs})}")
    start = f"/{call.route.path.split('/')[1]}"
    said = await read_form(call)
    if NOT_CARRIED & said.values.keys():
        return see(f"{HERE}?{urlencode({'next': start})}")
    fields = [(name, value) for name, values in said.values.items() for value in values]
    return _page(call, start, Form(), 403, Carried(request.rel_url.raw_path_qs, fields))


async def ask(call: Call) -> web.Response:
    return _page(call, local_path(query_text(call, "next")), Form())


def _page(call: Call, after: str, form: Form, status: int = 200, carried: Carried | None = None) -> web.Response:
    session, who = session_of(call), party(call)
    mine = call.parts.entrance.own.shown(session)
    ticket, options = call.parts.entrance.sign_in.begin_passkey(who, session) if who and mine.passkeys else ("", "")
    return plain(
        call, "prove.html", status, after=after, form=form, ticket=ticket, options=options, mine=mine,
        carried=carried, sign_in_again=f"/sign-in?{urlencode({'next': '/' if carried else after})}",
    )  # fmt: skip


async def prove(call: Call) -> web.Response:
    form, session = await read_form(call), session_of(call)
    after, sign_in = local_path(form.raw("next")), call.parts.entrance.sign_in
    carried = _carried(form.values)
    try:
        if form.raw("ticket"):
            who = needed_party(call)
            await sign_in.prove_by_passkey(session, form.raw("ticket"), form.raw("answer"), who, call.place)
        else:
            await sign_in.prove(session, form.raw("password"), form.raw("code"), call.place)
    except Refused as refused:
        form.faults["passkey" if form.raw("ticket") else "password"] = str(refused)
        return _page(call, after, form, refused.status, carried)
    return see(after) if carried is None else plain(call, "proved.html", carried=carried)


def _carried(said: Mapping[str, Sequence[str]]) -> Carried | None:
    to = local_path(said.get("then", [""])[0], "")
    typed = said.get("typed", [""])[0]
    try:
        return Carried(to, parse_qsl(typed, keep_blank_values=True, max_num_fields=MOST_FIELDS)) if to else None
    except ValueError:
        return None


ROUTES = (
    shows(HERE, Right.OWN_ACCOUNT, "Prove again who you are.", ask, Flag.PASSKEYS),
    Route(
        method="POST", path=HERE, right=Right.OWN_ACCOUNT, summary="Prove again who you are.", handler=prove,
        media="text/html", limit=LIMIT, status=303, flags=PAGE | {Flag.PASSKEYS},
    ),
)  # fmt: skip
