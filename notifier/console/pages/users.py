"""Accounts and rights: who may do what where, making and ending accounts, enrolling screens. For administrators."""

from __future__ import annotations

from aiohttp import web

from notifier.access.links import person_id
from notifier.console.pages._browser import own_address, qr
from notifier.console.pages.forms import Form, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.errors import NotFound, Refused
from notifier.model.rights import ROLES, Right

HERE = "/accounts"
PEOPLE = ("staff", "responder", "operator", "commander", "administrator", "technician")


async def show(call: Call) -> web.Response:
    return _page(call, Form())


def _page(call: Call, form: Form, status: int = 200) -> web.Response:
    items = list(call.parts.accounts.listing())
    table = [(role, [right for right in Right if right in ROLES[role]]) for role in PEOPLE]
    return page(
        call, "accounts.html", status=status, form=form, table=table, roles=PEOPLE,
        people=[one for one in items if one["kind"] == "person"],
        devices=[one for one in items if one["kind"] != "person"],
    )  # fmt: skip


async def add(call: Call) -> web.Response:
    form = await read_form(call)
    name = form.text("name", limit=100, needed="Write the person's name.")
    email = form.email("email") or None
    person = form.text("person", limit=64) or person_id(name)
    roles, sites = form.some("role", PEOPLE, "Choose one role or more."), _sites(form)
    if len(person.split()) > 1:
        form.faults.setdefault("person", "An id has no spaces in it. Take the one that the contacts have, or none.")
    if not form.sound:
        return _page(call, form, 422)
    try:
        account, _token = await call.parts.accounts.add_user(name, roles, sites, None, person, call.caller, email)
    except Refused as refused:
        form.faults["name"] = str(refused)
        return _page(call, form, refused.status)
    return _link(call, name, await call.parts.entrance.people.invite(account, call.caller))


async def one(call: Call) -> web.Response:
    return _one(call, Form())


def _one(call: Call, form: Form, status: int = 200) -> web.Response:
    found = [item for item in call.parts.accounts.listing() if item["id"] == call.path["account"]]
    if not found:
        raise NotFound("There is no such account; the list of accounts names them all.")
    sessions = call.parts.entrance.sessions.open_of(found[0]["id"])
    return page(call, "one_account.html", status=status, form=form, one=found[0], roles=PEOPLE, sessions=sessions)


async def change(call: Call) -> web.Response:
    """One form, one verb: what the button that was pressed says."""
    form, account = await read_form(call), call.path["account"]
    people, accounts = call.parts.entrance.people, call.parts.accounts
    try:
        match form.choice("do", ("roles", "disable", "enable", "reset", "revoke")):
            case "roles":
                roles, sites = form.some("role", PEOPLE), _sites(form)
                if form.sound:
                    await people.set_roles(account, roles, sites, call.caller)
            case "disable":
                await people.disable(account, call.caller)
            case "enable":
                await people.enable(account, call.caller)
            case "reset":
                name = call.parts.entrance.desk.book.known(account).name
                return _link(call, name, await people.reset(account, call.caller))
            case "revoke":
                await accounts.revoke(account, call.caller)
    except Refused as refused:
        form.faults["do"] = str(refused)
    if not form.sound:
        return _one(call, form, 422)
    return see(f"{HERE}/{account}")


def _link(call: Call, name: str, token: str) -> web.Response:
    address = f"{own_address(call)}/welcome/{token}"
    return page(call, "one_link.html", name=name, address=address, qr=qr(address))


def _sites(form: Form) -> list[str]:
    return form.text("sites", limit=1000).replace(",", " ").split()


_MAY, _FRESH = Right.ADMINISTER, Flag.FRESH
ROUTES = (
    shows(HERE, _MAY, "Accounts and rights.", show, Flag.PERSONAL),
    does(HERE, _MAY, "Make an account.", add, _FRESH),
    shows(f"{HERE}/{{account}}", _MAY, "One account.", one, Flag.PERSONAL),
    does(f"{HERE}/{{account}}", _MAY, "Change, disable, reset or revoke an account.", change, _FRESH),
)
