"""Who may do what: `user`, `token`, `button`."""

from __future__ import annotations

import argparse
import pwd
import re
import unicodedata

from notifier.cli.client import Client
from notifier.cli.printing import as_json, say, table
from notifier.cli.words import DONE, Commands, Parser, asking, daemon_options
from notifier.errors import NotFound, NotifierError
from notifier.model.rights import ROLES

KINDS = {"user": "person", "token": "token", "button": "button"}
"""A command's group to the kind of account it shows."""
WHAT = {"user": "accounts of people", "token": "accounts of machines", "button": "buttons that press"}


def add(commands: Commands) -> None:
    for group in KINDS:
        parser = commands.add_parser(group, help=WHAT[group])
        words = parser.add_subparsers(metavar="WORD", required=True, parser_class=Parser, dest="word")
        if group == "button":
            enrol = words.add_parser(
                "enrol", parents=[daemon_options()], help="make a button's secret address",
                description="Make the secret address of a button of the published site. It is shown once; an older one "
                "of the same button dies.",
            )  # fmt: skip
            enrol.add_argument("button", metavar="BUTTON", help="the button's id in the site file")
            enrol.set_defaults(deed=asking(_enrol))
        else:
            _add_account(words, group)
        if group == "user":
            _add_changes(words)
        listing = words.add_parser(
            "list", parents=[daemon_options()], help=f"list {WHAT[group]}", description="List them; no secrets."
        )
        listing.set_defaults(deed=asking(_list), group=group)
        revoke = words.add_parser(
            "revoke", parents=[daemon_options()], help="make it worthless, at once", description="Revoke it, at once."
        )
        revoke.add_argument("account", metavar="ID", help="as the list names it")
        revoke.set_defaults(deed=asking(_revoke), group=group)


def _add_account(words: Commands, group: str) -> None:
    made = words.add_parser(
        "add", parents=[daemon_options()], help=f"make one of the {WHAT[group]}",
        description="Make an account and show its token once. "
        + ("A user is a human, and can be one of the two who end a lockdown." if group == "user"
           else "A token is for a machine, and is never one of two."),
    )  # fmt: skip
    made.add_argument("name", metavar="NAME", help="who or what it is, in words")
    made.add_argument(
        "--rights", required=True, metavar="ROLE,…", type=_words, help=f"what it may do: {', '.join(ROLES)}"
    )
    if group == "user":
        made.add_argument("--email", metavar="ADDRESS", help="by which an identity provider knows the person")
        made.add_argument("--link", action="store_true", help="make a link too, by which they choose a password or key")
    made.add_argument("--sites", metavar="SITE,…", type=_words, default=[], help="where; else every site of the node")
    if group == "user":
        made.add_argument(
            "--person", metavar="ID", help="the person's id in the contacts; else made from NAME. One human, one id"
        )
        made.add_argument("--os-user", metavar="NAME", help="the user of this machine who is this person")
    made.set_defaults(deed=asking(_add), group=group)


CHANGES = {
    "disable": "lock a person out, at once; can be undone",
    "enable": "let a disabled person in again",
    "reset": "end every way in of a person and make a link to choose a new one",
}


def _add_changes(words: Commands) -> None:
    for word, text in CHANGES.items():
        made = words.add_parser(word, parents=[daemon_options()], help=text, description=f"{text.capitalize()}.")
        made.add_argument("account", metavar="ID", help="as the list names it")
        made.set_defaults(deed=asking(_change), group="user")
    roles = words.add_parser(
        "roles", parents=[daemon_options()], help="give a person other roles; signs them out everywhere",
        description="Give a person other roles, in place of those they have. They are signed out everywhere.",
    )  # fmt: skip
    roles.add_argument("account", metavar="ID", help="as the list names it")
    roles.add_argument("rights", metavar="ROLE,…", type=_words, help=f"what they may do: {', '.join(ROLES)}")
    roles.add_argument("--sites", metavar="SITE,…", type=_words, default=[], help="where; else every site of the node")
    roles.set_defaults(deed=asking(_roles), group="user")


async def _change(args: argparse.Namespace, client: Client) -> int:
    done = await client.post(f"/accounts/{args.account}/{args.word}")
    if args.json:
        as_json(done)
    elif "path" in done:
        say(f"{args.account} has no way in any more. Hand the person this path of the daemon's address, once, in 72 h:")
        say(done["path"])
    else:
        say(f"{args.account} is {args.word}d.")
    return DONE


async def _roles(args: argparse.Namespace, client: Client) -> int:
    done = await client.post(f"/accounts/{args.account}/roles", {"roles": args.rights, "sites": args.sites})
    if args.json:
        as_json(done)
    else:
        say(f"{args.account} is {', '.join(args.rights)} from the next sign-in on.")
    return DONE


async def _add(args: argparse.Namespace, client: Client) -> int:
    body = {"name": args.name, "roles": args.rights, "sites": args.sites}
    if args.group == "user":
        body["person"] = args.person or _identifier(args.name)
        if args.os_user:
            body["os_user"] = _uid(args.os_user)
        if args.email:
            body["email"] = args.email
    made = await client.post("/accounts", body)
    if args.group == "user" and args.link:
        made["link"] = (await client.post(f"/accounts/{made['account']}/invite"))["path"]
    if args.json:
        as_json({**made, "person": body.get("person")})
        return DONE
    person = f", person {body['person']}" if "person" in body else ""
    say(f"{args.name} has account {made['account']}{person}. The token is shown this once:")
    say(made["token"])
    if "link" in made:
        say("Hand the person this path of the daemon's address; it lets them choose a way in, once, in 72 hours:")
        say(made["link"])
    return DONE


async def _enrol(args: argparse.Namespace, client: Client) -> int:
    made = await client.post(f"/buttons/{args.button}/enrol")
    if args.json:
        as_json(made)
        return DONE
    say(f"Button {made['button']} presses with POST at this path of the daemon's address. It is shown this once:")
    say(made["path"])
    return DONE


async def _list(args: argparse.Namespace, client: Client) -> int:
    accounts = (await client.get("/accounts"))["items"]
    found = [one for one in accounts if one["kind"] == KINDS[args.group]]
    if args.json:
        as_json({"items": found, "next": None})
        return DONE
    columns = {"id": "id", "name": "name", "roles": "rights", "sites": "sites", "person": "person", "state": "state"}
    if args.group == "user":
        columns["os_user"] = "OS user"
    table(found, columns, f"There are no {WHAT[args.group]} yet.")
    return DONE


async def _revoke(args: argparse.Namespace, client: Client) -> int:
    name = args.account.removeprefix("button:")
    path = f"/buttons/{name}" if args.group == "button" else f"/accounts/{name}"
    done = await client.delete(path)
    if args.json:
        as_json(done)
    else:
        say(f"{done['revoked']} is revoked: its secret is worthless from now on.")
    return DONE


def _words(written: str) -> list[str]:
    return [word.strip() for word in written.split(",") if word.strip()]


def _identifier(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:64].strip("-")
    if not made:
        raise NotifierError(f"No id can be made from {name!r}. Name one with --person.")
    return made


def _uid(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise NotFound(f"This machine has no user {name!r}. Name one that 'getent passwd' lists.") from None
