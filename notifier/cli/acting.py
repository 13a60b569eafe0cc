"""What people do while a response runs: `911`, `command`, `note`, `message`, `answer`, `task`, `late`, `verify`."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

from notifier.cli.client import Client
from notifier.cli.naming import incident_id
from notifier.cli.printing import as_json, say, table
from notifier.cli.words import DONE, FAILED, Commands, asking, daemon_options
from notifier.errors import NotifierError

HAND_OFF = {"told": "tell", "accepted": "accept", "on-scene": "arrive"}
TASK = {"take": "take", "give-back": "give_back", "finish": "finish"}
CHANNELS = ("push", "sms", "email", "voice")
Act = Callable[[argparse.Namespace, Client], Awaitable[Any]]
"""Asks the daemon; gives the Outcome as JSON."""


def add(commands: Commands) -> None:
    nine = _command(commands, "911", _hand_off, "say who outside was told, has accepted or has come; calls nobody")
    nine.add_argument("state", choices=tuple(HAND_OFF), help="what is known of dispatch now")
    nine.add_argument("--who", required=True, metavar="WHO", help="who that is: '911, call taker 14'")
    _command(commands, "command", _take_command, "take command of a response")
    note = _command(commands, "note", _note, "write a note into the record")
    note.add_argument("text", metavar="TEXT", help="the words")
    message = _command(commands, "message", _message, "send words of your own to people; leaves at once")
    message.add_argument("text", metavar="TEXT", help="the words")
    message.add_argument(
        "--to", action="append", required=True, metavar="WHO",
        help="group:staff, role:police, unanswered, …; may be repeated",
    )  # fmt: skip
    message.add_argument(
        "--by", action="append", choices=CHANNELS, help="kinds of address; may be repeated; else push and sms"
    )
    answer = _command(commands, "answer", _answer, "write down what a person answered")
    answer.add_argument("person", metavar="PERSON", help="the contact's id")
    answer.add_argument("answer", metavar="ANSWER", help="safe, need_help, … as the message asked")
    answer.add_argument("--text", default="", help="what they said, in their words")
    task = commands.add_parser(
        "task", parents=[daemon_options()], help="list what needs a person; take it, give it back or finish it",
        description="List what needs a person, or say what you do about one of them.",
    )  # fmt: skip
    task.add_argument("task", metavar="TASK", nargs="?", help="the task's id")
    task.add_argument("word", choices=tuple(TASK), nargs="?", help="what you do")
    task.set_defaults(deed=asking(_task))
    late = _about_a_press(commands, "late", _late, "stop a press that came late, or let it start", ("stop", "fire"))
    late.epilog = "'notifier task' lists late presses: what stands after 'late:' is the ACTIVATION."
    words = ("acknowledge", "veto", "fire")
    _about_a_press(commands, "verify", _verify, "about an unverified press: you look, no danger, or start it", words)


def _command(commands: Commands, word: str, act: Act, what: str) -> argparse.ArgumentParser:
    made = _parser(commands, word, act, what)
    made.add_argument("incident", metavar="INCIDENT", help="its code, id, or the beginning of it")
    return made


def _about_a_press(
    commands: Commands, word: str, act: Act, what: str, said: tuple[str, ...]
) -> argparse.ArgumentParser:
    made = _parser(commands, word, act, what)
    made.add_argument("activation", metavar="ACTIVATION", help="the press's id, as its task or message names it")
    made.add_argument("word", choices=said, help="what you decide")
    return made


def _parser(commands: Commands, word: str, act: Act, what: str) -> argparse.ArgumentParser:
    description = f"{what[:1].upper()}{what[1:]}."
    made: argparse.ArgumentParser = commands.add_parser(
        word, parents=[daemon_options()], help=what, description=description
    )
    made.set_defaults(deed=asking(told(act)))
    return made


def told(act: Act) -> Callable[[argparse.Namespace, Client], Awaitable[int]]:
    """A command that says what became of it; not done is a failure here, because nobody else is waited for."""

    async def deed(args: argparse.Namespace, client: Client) -> int:
        outcome = await act(args, client)
        if args.json:
            as_json(outcome)
        else:
            say(outcome["text"])
        return DONE if outcome["done"] else FAILED

    return deed


async def _hand_off(args: argparse.Namespace, client: Client) -> Any:
    said = {"word": HAND_OFF[args.state], "who": args.who}
    return await client.post(f"/incidents/{await incident_id(client, args.incident)}/911", said)


async def _take_command(args: argparse.Namespace, client: Client) -> Any:
    return await client.post(f"/incidents/{await incident_id(client, args.incident)}/command")


async def _note(args: argparse.Namespace, client: Client) -> Any:
    return await client.post(f"/incidents/{await incident_id(client, args.incident)}/notes", {"text": args.text})


async def _message(args: argparse.Namespace, client: Client) -> Any:
    said = {"to": args.to, "by": args.by or ["push", "sms"], "text": args.text}
    return await client.post(f"/incidents/{await incident_id(client, args.incident)}/messages", said)


async def _answer(args: argparse.Namespace, client: Client) -> Any:
    incident = await incident_id(client, args.incident)
    said = {"answer": args.answer.replace("-", "_"), "text": args.text}
    return await client.post(f"/incidents/{incident}/people/{args.person}/answer", said)


async def _task(args: argparse.Namespace, client: Client) -> int:
    if args.task is not None:
        if args.word is None:
            raise NotifierError(f"Say what you do about it: {', '.join(TASK)}. Nothing was done.")
        return await told(_move)(args, client)
    found = await client.get("/tasks")
    if args.json:
        as_json(found)
    else:
        columns = {"id": "id", "state": "state", "owner_name": "who has it", "text": "what"}
        table(found["items"], columns, "Nothing needs a person.")
    return DONE


async def _move(args: argparse.Namespace, client: Client) -> Any:
    return await client.post(f"/tasks/{args.task}", {"word": TASK[args.word]})


async def _late(args: argparse.Namespace, client: Client) -> Any:
    press = args.activation.removeprefix("late:")
    return await client.post(f"/activations/{press}/late", {"fire": args.word == "fire"})


async def _verify(args: argparse.Namespace, client: Client) -> Any:
    return await client.post(f"/activations/{args.activation}/verify", {"word": args.word})
