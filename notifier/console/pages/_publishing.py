"""What every page that publishes shares: the published files, what publishing said, a name that is not taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from notifier.console.pages.forms import Form
from notifier.console.route import Call
from notifier.errors import Fault, Refused, SetupError
from notifier.interfaces import Editing, Outcome

MOVED = "Somebody published meanwhile. Look at what stands here now, then publish again."


def editing_of(call: Call) -> Editing:
    if call.parts.editing is None:
        raise Refused("Pages cannot publish here; publish from the command line.", 409)
    return call.parts.editing


def version_of(form: Form) -> int:
    written = form.raw("version")
    return int(written) if written.isdecimal() and len(written) < 10 else -1


async def publish(call: Call, changes: Mapping[str, bytes | None], comment: str, form: Form) -> Outcome | None:
    """What came of it; None if it was refused, and then `form` says why."""
    try:
        return await editing_of(call).publish(changes, comment, call.caller, version_of(form))
    except SetupError as error:
        form.faults["version"] = said(error.faults)
        return None
    except Refused as refused:
        form.faults["version"] = MOVED if refused.status == 409 else str(refused)
        return None


def said(faults: Sequence[Fault], most: int = 5) -> str:
    errors = [fault for fault in faults if fault.level == "error"]
    told = " ".join(f"{fault.file}, line {fault.line}: {fault.text} {fault.advice}" for fault in errors[:most])
    return f"Not published: {told}" + (f" And {len(errors) - most} more." if len(errors) > most else "")


def free_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or its first sixty letters with the least number that makes it one's own."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted[:60]}-{number}"
    return name
