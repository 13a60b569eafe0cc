"""The kinds of facts that can enter the ledger, each with its sentence."""

from __future__ import annotations

from notifier.model.states import State


class EventKind(State):
    """What happened. The sentence is what the timeline and the reference say of it."""

    PRESSED = "pressed", "A press, call or feed item asked for a response."
    INCIDENT_OPENED = "incident_opened", "An incident began and its playbook was frozen."
    INCIDENT_JOINED = "incident_joined", "A press joined the open incident as a location fix."
    INCIDENT_UPGRADED = "incident_upgraded", "A press of a higher rung changed the response."
    INCIDENT_MOVED = "incident_moved", "The incident changed its state."
    LATE_PRESS = "late_press", "A press arrived long after it was made."
    MISTAKE_CLAIMED = "mistake_claimed", "The presser says that it was a mistake; nothing is confirmed."
    STEP_STARTED = "step_started", "A step began."
    STEP_OVER = "step_over", "A step's first round is over."
    STEP_WAITS = "step_waits", "A step waits for an approval or a delay."
    TIMER_FIRED = "timer_fired", "A timer's time came."
    COMMANDED = "commanded", "Devices were told to do something."
    DOOR_READ = "door_read", "A door was read."
    COMMAND_OVER = "command_over", "A device's command ended, proven or not."
    NOT_SECURED = "not_secured", "Doors are not proven secured in time; a human is told."
    DOOR_ALARM = "door_alarm", "A door that was secured reads unsecured, and nobody commanded it."
    DOOR_OPENED = "door_opened", "A responder opened a door for a time."
    PAGE_STARTED = "page_started", "A page left for speakers; nobody has confirmed that it is heard."
    PAGE_OVER = "page_over", "The last packet of a page left."
    DELIVERIES_QUEUED = "deliveries_queued", "Messages were written for people."
    DELIVERIES_SETTLED = "deliveries_settled", "What became of messages that were about to leave."
    DELIVERIES_REPORTED = "deliveries_reported", "Providers told more about messages that had left."
    DELIVERIES_STOPPED = "deliveries_stopped", "Messages that had not left were stopped."
    ANSWERED = "answered", "A person or a room's card answered."
    UNREADABLE = "unreadable", "A message came in that could not be read; it counts as need help, to check."
    ESCALATED = "escalated", "Too few answered in time; the next were told."
    APPROVAL_ASKED = "approval_asked", "A second person is needed."
    APPROVAL_DECIDED = "approval_decided", "The second person decided, or nobody did in time."
    OUTSIDE_PAUSED = "outside_paused", "Messages to people outside wait; police, EMS and fire go on."
    OUTSIDE_RESUMED = "outside_resumed", "Messages to people outside go on."
    ROOM_RELEASED = "room_released", "A named person has seen the people of a room."
    HAND_OFF = "hand_off", "Who outside has the incident changed."
    COMMAND_TAKEN = "command_taken", "A named person took command."
    NOTE = "note", "A person wrote a note."
    MESSAGE_TYPED = "message_typed", "A person sent a message of their own."
    TASK_OPENED = "task_opened", "Something needs a person."
    TASK_MOVED = "task_moved", "A task was taken, given back or done."
    RECALLED = "recalled", "The incident was recalled: exactly what had left, and the correction."
    OPTED_OUT = "opted_out", "A person told a sender to stop."
    TROUBLE_RAISED = "trouble_raised", "Something of ours is broken."
    TROUBLE_MOVED = "trouble_moved", "A trouble was acknowledged or is well again."
    PUBLISHED = "published", "A set of files was published by a named person."
    STARTED = "started", "A node started and picked up where it was."
    RECOVERED = "recovered", "Work that a dead process left open was picked up."
    CLOCK_STEPPED = "clock_stepped", "The wall clock moved by more than 2 s; no timer did."
    MERGED = "merged", "Events kept in memory while the store was gone were brought back."
    ACCOUNT_CHANGED = "account_changed", "An account, token, button or link was made or revoked."
    SIGNED_IN = "signed_in", "A person signed in."
    SIGNED_OUT = "signed_out", "A person signed out, or was signed out."
    SIGN_IN_DENIED = "sign_in_denied", "Somebody tried to sign in and was not let in."
    DENIED = "denied", "Somebody asked for what they have no right to."
    PROVED_AGAIN = "proved_again", "A person who was signed in proved again who they are."
    CREDENTIAL_CHANGED = "credential_changed", "A password, passkey, code or one-time link was made, used up or ended."
    PERSONAL_DATA_READ = "personal_data_read", "Somebody looked at people's answers, addresses or messages."
    SESSION_SEEN = "session_seen", "A signed-in browser was still in use."
    FIRE_ALARM = "fire_alarm", "The fire panel's contact changed."
    ERASED = "erased", "Retention erased the contents of old events; the chain still verifies."


AUDIT_ONLY = frozenset({
    EventKind.SIGNED_IN, EventKind.SIGNED_OUT, EventKind.SIGN_IN_DENIED, EventKind.DENIED, EventKind.PROVED_AGAIN,
    EventKind.CREDENTIAL_CHANGED, EventKind.PERSONAL_DATA_READ, EventKind.SESSION_SEEN,
})  # fmt: skip
"""Who signs in, and from where, is for administrators (`GET /api/v1/audit`), never for everybody's timeline."""
