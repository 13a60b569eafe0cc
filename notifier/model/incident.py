"""An incident: the response itself, from the first press until it is closed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from notifier.model.states import State, move


class Action(StrEnum):
    """What people are told to do: Standard Response Protocol words, and two of our own."""

    HOLD = "hold"
    SECURE = "secure"
    LOCKDOWN = "lockdown"
    EVACUATE = "evacuate"
    SHELTER = "shelter"
    MEDICAL = "medical"
    OTHER = "other"


LADDER: dict[Action, int] = {Action.HOLD: 1, Action.SECURE: 2, Action.LOCKDOWN: 3}
"""The only ladder: a press of a higher rung upgrades the open incident. The other actions open beside it."""


class IncidentState(State):
    RAISED = "raised", "Recorded; nothing has been done yet."
    ACTIVE = "active", "The playbook is running."
    RELEASING = "releasing", "All-clear is given; rooms are being released one by one."
    CLOSING = "closing", "The closing steps are running and telling people."
    CLOSED = "closed", "Nothing more will happen."


class IncidentWord(StrEnum):
    START = "start"
    ALL_CLEAR = "all_clear"
    ROOMS_RELEASED = "rooms_released"
    RECALL = "recall"
    MISTAKE = "mistake"
    DANGER_RETURNS = "danger_returns"
    FINISH = "finish"
    OVERTAKEN = "overtaken"
    STOP_DRILL = "stop_drill"


_I, _W = IncidentState, IncidentWord
INCIDENT_MOVES: dict[tuple[IncidentState, IncidentWord], IncidentState] = {
    (_I.RAISED, _W.START): _I.ACTIVE,
    (_I.RAISED, _W.RECALL): _I.CLOSING,
    (_I.RAISED, _W.OVERTAKEN): _I.CLOSED,
    (_I.ACTIVE, _W.ALL_CLEAR): _I.RELEASING,
    (_I.ACTIVE, _W.RECALL): _I.CLOSING,
    (_I.ACTIVE, _W.MISTAKE): _I.CLOSING,
    (_I.ACTIVE, _W.OVERTAKEN): _I.CLOSED,
    (_I.ACTIVE, _W.STOP_DRILL): _I.CLOSING,
    (_I.RELEASING, _W.ROOMS_RELEASED): _I.CLOSING,
    (_I.RELEASING, _W.RECALL): _I.CLOSING,
    (_I.RELEASING, _W.DANGER_RETURNS): _I.ACTIVE,
    (_I.RELEASING, _W.OVERTAKEN): _I.CLOSED,
    (_I.RELEASING, _W.STOP_DRILL): _I.CLOSING,
    (_I.CLOSING, _W.DANGER_RETURNS): _I.ACTIVE,
    (_I.CLOSING, _W.FINISH): _I.CLOSED,
    (_I.CLOSING, _W.OVERTAKEN): _I.CLOSED,
}


def move_incident(state: IncidentState, word: IncidentWord) -> IncidentState:
    return move("An incident", INCIDENT_MOVES, state, word)


OPEN = (IncidentState.RAISED, IncidentState.ACTIVE, IncidentState.RELEASING, IncidentState.CLOSING)


class HandOff(State):
    """Who outside has the incident."""

    NOBODY = "nobody_told", "Nobody outside has been told; every live page leads with 'Call 911 now'."
    TOLD = "told", "A named person or a message has told them; nobody has answered."
    ACCEPTED = "accepted", "A named person or an accepted integration has answered."
    ON_SCENE = "on_scene", "Responders are here."


class HandOffWord(StrEnum):
    TELL = "tell"
    ACCEPT = "accept"
    ARRIVE = "arrive"


_H, _HW = HandOff, HandOffWord
HAND_OFF_MOVES: dict[tuple[HandOff, HandOffWord], HandOff] = {
    (_H.NOBODY, _HW.TELL): _H.TOLD,
    (_H.NOBODY, _HW.ACCEPT): _H.ACCEPTED,
    (_H.NOBODY, _HW.ARRIVE): _H.ON_SCENE,
    (_H.TOLD, _HW.TELL): _H.TOLD,
    (_H.TOLD, _HW.ACCEPT): _H.ACCEPTED,
    (_H.TOLD, _HW.ARRIVE): _H.ON_SCENE,
    (_H.ACCEPTED, _HW.ARRIVE): _H.ON_SCENE,
}


def move_hand_off(state: HandOff, word: HandOffWord) -> HandOff:
    return move("A hand-off", HAND_OFF_MOVES, state, word)


class RoomState(State):
    UNKNOWN = "unknown", "Nobody in it has answered and nobody has seen it."
    SECURED = "secured", "Its people or its card have answered safe."
    NEED_HELP = "need_help", "Somebody in it asked for help."
    RELEASED = "released", "A named person has seen its people and says they are safe."


class RoomWord(StrEnum):
    SAFE = "safe"
    NEED_HELP = "need_help"
    RELEASE = "release"
    DANGER_RETURNS = "danger_returns"


_R, _RW = RoomState, RoomWord
ROOM_MOVES: dict[tuple[RoomState, RoomWord], RoomState] = {
    (_R.UNKNOWN, _RW.SAFE): _R.SECURED,
    (_R.UNKNOWN, _RW.NEED_HELP): _R.NEED_HELP,
    (_R.UNKNOWN, _RW.RELEASE): _R.RELEASED,
    (_R.SECURED, _RW.SAFE): _R.SECURED,
    (_R.SECURED, _RW.NEED_HELP): _R.NEED_HELP,
    (_R.SECURED, _RW.RELEASE): _R.RELEASED,
    (_R.NEED_HELP, _RW.NEED_HELP): _R.NEED_HELP,
    (_R.NEED_HELP, _RW.SAFE): _R.SECURED,
    (_R.NEED_HELP, _RW.RELEASE): _R.RELEASED,
    (_R.RELEASED, _RW.NEED_HELP): _R.NEED_HELP,
    (_R.RELEASED, _RW.DANGER_RETURNS): _R.UNKNOWN,
}


def move_room(state: RoomState, word: RoomWord) -> RoomState:
    return move("A room", ROOM_MOVES, state, word)


class UnverifiedState(State):
    """What became of a press by a sensor, feed or tip that must be verified; kept as its activation's state."""

    WAITING = "unverified", "Office and police are told; silence starts it when the time to acknowledge is over."
    INVESTIGATED = "investigated", "A named person looks; silence starts it when the time to investigate is over."
    FIRED = "fired", "It started the response: nobody stopped it, or somebody or something confirmed it."
    VETOED = "vetoed", "A named person said that there is no danger; everybody who was told heard so."


class UnverifiedWord(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    VETO = "veto"
    FIRE = "fire"


_U, _UW = UnverifiedState, UnverifiedWord
UNVERIFIED_MOVES: dict[tuple[UnverifiedState, UnverifiedWord], UnverifiedState] = {
    (_U.WAITING, _UW.ACKNOWLEDGE): _U.INVESTIGATED,
    (_U.WAITING, _UW.VETO): _U.VETOED,
    (_U.WAITING, _UW.FIRE): _U.FIRED,
    (_U.INVESTIGATED, _UW.VETO): _U.VETOED,
    (_U.INVESTIGATED, _UW.FIRE): _U.FIRED,
}


def move_unverified(state: UnverifiedState, word: UnverifiedWord) -> UnverifiedState:
    return move("An unverified press", UNVERIFIED_MOVES, state, word)


@dataclass(frozen=True, slots=True)
class VerifyWindow:
    """How long people may look before silence starts a response (PRODUCT 5, verify); seconds."""

    ack: float = 15.0
    """Until somebody says that they look."""
    investigate: float = 120.0
    """From then on."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One press, text, feed item or schedule that asks for a response."""

    id: str
    source: str
    """Who or what pressed: `button:ID`, `account:ID`, `cli:ID`."""
    playbook: str
    zone: str | None = None
    drill: bool = False
    note: str = ""
    pressed_at: float | None = None
    """Seconds since 1970 as the source says it; None means now."""
    dedupe: str = ""
    """The Idempotency-Key, if the source sent one."""
    presser: str = ""
    """Who it was, in words for people; never a secret."""
    problems: tuple[str, ...] = ()
    """What in the press was unknown and fell back to the device's own; each raises a trouble."""
    verify: VerifyWindow | None = None
    """People may look first: for sensors, feeds and tips, never for a human press."""
    only_tells: bool = False
    """Informs the office and starts nothing: the notice of a telephone system that somebody called 911."""


CODE_ALPHABET = "ACDEFHJKMNPRTWXY3479"
"""Four of these name an incident aloud: no letter or digit that sounds or looks like another of them."""


def incident_code(incident_id: str) -> str:
    """The four characters that people read out for this incident; unique enough among the open ones."""
    number = int.from_bytes(hashlib.sha256(incident_id.encode()).digest()[:8], "big")
    code = ""
    for _ in range(4):
        number, place = divmod(number, len(CODE_ALPHABET))
        code += CODE_ALPHABET[place]
    return code
