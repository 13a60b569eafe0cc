"""Incidents: what is known of them, and the few verbs that change them."""

from __future__ import annotations

from typing import Any

from notifier.console.paging import cut
from notifier.console.press import own_key
from notifier.console.reading import read_body
from notifier.console.route import Call
from notifier.errors import Refused
from notifier.interfaces import Ending
from notifier.model.incident import Activation

# ------------------------------------------------------------------------------------------------------- pictures


async def listing(call: Call) -> Any:
    query = call.query
    return call.parts.views.incidents(open_only=query.open, limit=query.limit, after=query.after)


async def detail(call: Call) -> Any:
    return call.parts.views.incident(call.path["incident"])


async def timeline(call: Call) -> Any:
    incident = call.path.get("incident")
    if incident is not None:
        call.parts.views.incident(incident)  # raises NotFound
    return call.parts.views.timeline(incident, limit=call.query.limit, after=call.query.after)


async def deliveries(call: Call) -> Any:
    query = call.query
    return call.parts.views.deliveries(call.path["incident"], state=query.state, limit=query.limit, after=query.after)


async def doors(call: Call) -> Any:
    return cut(call.parts.views.doors(call.path.get("incident")), call.query)


async def people(call: Call) -> Any:
    return call.parts.views.people(call.path["incident"], limit=call.query.limit, after=call.query.after)


async def rooms(call: Call) -> Any:
    return cut(call.parts.views.rooms(call.path["incident"]), call.query)


# ---------------------------------------------------------------------------------------------------------- verbs


async def start_drill(call: Call) -> Any:
    body = call.body
    activation = Activation(
        id=call.new_id(),
        source=call.caller.id,
        playbook=body.playbook,
        zone=body.zone,
        drill=True,
        note=body.note,
        dedupe=own_key(call.request.headers.get("Idempotency-Key", "")),
        presser=call.caller.name,
    )
    return await call.parts.commands.press(activation, call.caller)


TWO_ASKED = frozenset({Ending.ALL_CLEAR, Ending.RECALL, Ending.MISTAKE})
"""Endings that may need a second person; one person stops a drill."""


async def all_clear(call: Call) -> Any:
    return await _end(call, Ending.ALL_CLEAR)


async def recall(call: Call) -> Any:
    return await _end(call, Ending.RECALL)


async def mistake(call: Call) -> Any:
    return await _end(call, Ending.MISTAKE)


async def stop_drill(call: Call) -> Any:
    return await _end(call, Ending.STOP_DRILL)


async def _end(call: Call, ending: Ending) -> Any:
    # Asking for what somebody else has asked for is granting it.
    _code_needed(call, ending in TWO_ASKED)
    duress = await _under_duress(call, call.body.code)
    return await call.parts.commands.end(call.path["incident"], ending, call.caller, call.body.reason, duress=duress)


async def _under_duress(call: Call, code: str) -> bool:
    """What the code that was typed says; without one, nothing. Raises Refused for a code that is none of theirs."""
    return bool(code) and await call.parts.entrance.own.under_duress(call.caller.id, code, call.place)


def _code_needed(call: Call, asked: bool) -> None:
    """Raises Refused where a code is asked for and none was typed."""
    if asked and not call.body.code and call.parts.entrance.own.has_codes(call.caller.id):
        raise Refused("Type your confirmation code: you have set one, and it stands for you at an approval.")


async def claim_mistake(call: Call) -> Any:
    return await call.parts.commands.claim_mistake(call.path["incident"], call.caller)


async def hold_outside(call: Call) -> Any:
    return await call.parts.commands.hold_outside(call.path["incident"], call.caller, pause=True)


async def resume_outside(call: Call) -> Any:
    return await call.parts.commands.hold_outside(call.path["incident"], call.caller, pause=False)


async def release(call: Call) -> Any:
    body = call.body
    return await call.parts.commands.release(call.path["incident"], body.rooms, call.caller, body.override)


async def decide(call: Call) -> Any:
    body, approval = call.body, call.path["approval"]
    if _is_publication(call, approval):
        if body.code:
            raise Refused("Publishing asks for no code; prove again who you are instead. Nothing was done.", 422)
        if call.session is not None and not call.fresh:
            raise Refused("This needs a fresh proof of who you are: give it at /prove, then ask again.")
    else:
        _code_needed(call, body.grant)
    duress = await _under_duress(call, body.code)
    return await call.parts.commands.decide(
        approval, call.caller, body.grant, reauthenticated=call.fresh, duress=duress, reason=body.reason
    )


def _is_publication(call: Call, approval: str) -> bool:
    """Whether it is about files, which ask for a fresh proof and not for a code."""
    return any(one["id"] == approval for one in call.parts.views.proposals())


async def hand_off(call: Call) -> Any:
    return await call.parts.commands.hand_off(call.path["incident"], call.body.word, call.body.who, call.caller)


async def take_command(call: Call) -> Any:
    return await call.parts.commands.take_command(call.path["incident"], call.caller)


async def message(call: Call) -> Any:
    body = call.body
    return await call.parts.commands.message(call.path["incident"], body.to, body.by, body.text, call.caller)


async def page(call: Call) -> Any:
    body, incident = call.body, call.path["incident"]
    return await call.parts.commands.page(incident, body.speakers, body.text, body.language, body.times, call.caller)


async def page_audio(call: Call) -> Any:
    query, incident = call.query, call.path["incident"]
    sound = await read_body(call.request, call.route.limit)
    speakers = [each.strip() for each in query.speakers.split(",") if each.strip()]
    return await call.parts.commands.page_audio(
        incident, speakers, sound, call.request.headers.get("Content-Type", ""), query.language, call.caller
    )


async def confirm_page(call: Call) -> Any:
    path = call.path
    return await call.parts.commands.confirm_page(path["incident"], path["speaker"], call.body.heard, call.caller)


async def note(call: Call) -> Any:
    return await call.parts.commands.note(call.path["incident"], call.body.text, call.caller)


async def open_door(call: Call) -> Any:
    path = call.path
    return await call.parts.commands.open_door(path["incident"], path["door"], call.body.seconds, call.caller)


async def confirm_door(call: Call) -> Any:
    path = call.path
    return await call.parts.commands.confirm_door(path["incident"], path["door"], call.body.secured, call.caller)


async def approve_step(call: Call) -> Any:
    return await call.parts.commands.approve_step(call.path["incident"], call.path["step"], call.caller)


async def refuse_step(call: Call) -> Any:
    path = call.path
    return await call.parts.commands.refuse_step(path["incident"], path["step"], call.body.reason, call.caller)


async def answer_for(call: Call) -> Any:
    path, body = call.path, call.body
    return await call.parts.commands.answer_for(path["incident"], path["person"], body.answer, body.text, call.caller)


async def move_task(call: Call) -> Any:
    return await call.parts.commands.move_task(call.path["task"], call.body.word, call.caller)


async def late(call: Call) -> Any:
    return await call.parts.commands.stop_late(call.path["activation"], call.caller, call.body.fire)


async def verify(call: Call) -> Any:
    return await call.parts.commands.verify(call.path["activation"], call.body.word, call.caller)


async def walk_test(call: Call) -> Any:
    body = call.body
    return await call.parts.commands.walk_test(call.path["zone"], body.heard, body.seen, body.note, call.caller)


async def acknowledge_trouble(call: Call) -> Any:
    return await call.parts.commands.acknowledge_trouble(call.path["trouble"], call.caller)
