"""Who may do what: rights, the roles that bundle them, and the caller of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Right(StrEnum):
    """What an account or device may do; every route names exactly one."""

    PUBLIC = "public"  # nobody needs to say who they are
    PRESS = "press"  # start a live incident
    DRILL = "drill"  # start and stop a drill
    VIEW = "view"  # see incidents, doors, people, troubles
    OPERATE = "operate"  # messages, notes, pause, tasks, mark rooms
    RESPOND = "respond"  # open a door for a time, take tasks
    COMMAND = "command"  # take command; ask for and approve endings
    PUBLISH = "publish"  # publish playbooks, site and contacts
    TECHNICIAN = "technician"  # devices, troubles, backups
    ADMINISTER = "administer"  # accounts and tokens
    OWN_ACCOUNT = "own_account"  # one's own passwords, passkeys, sessions and codes


_STAFF = frozenset({Right.PRESS, Right.VIEW, Right.OWN_ACCOUNT})
_RESPONDER = frozenset({Right.VIEW, Right.RESPOND, Right.OWN_ACCOUNT})
_OPERATOR = frozenset({Right.PRESS, Right.DRILL, Right.VIEW, Right.OPERATE, Right.OWN_ACCOUNT})
_COMMANDER = _OPERATOR | {Right.RESPOND, Right.COMMAND}

ROLES: dict[str, frozenset[Right]] = {
    "staff": _STAFF,
    "responder": _RESPONDER,
    "operator": _OPERATOR,
    "commander": _COMMANDER,
    "administrator": _OPERATOR | {Right.PUBLISH, Right.ADMINISTER},
    "technician": frozenset({Right.VIEW, Right.TECHNICIAN, Right.OWN_ACCOUNT}),
    "press": frozenset({Right.PRESS}),
    "drill": frozenset({Right.DRILL}),
    "view": frozenset({Right.VIEW}),
}
"""Role names that `notifier user add --rights` takes; the last three are for tokens of machines."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `person` is a human account's id; approvals compare persons, never sessions or devices."""

    id: str
    """`account:ID`, `button:ID`, `link:PERSON`, `cli:UID`, or `anonymous`."""
    name: str = "somebody"
    person: str | None = None
    rights: frozenset[Right] = frozenset()
    sites: frozenset[str] = field(default_factory=frozenset)
    """Empty: every site of this node."""
    since: float = 0.0
    """Ledger time when the account was made: one younger than an incident is no second person in it."""
    made_by: str = ""
    """The person who made or last reset it, or the id of what did: see `model.second_person`."""
    shown: bool = False
    """They came by the token that whoever made the account was shown."""

    def may(self, right: Right, site: str | None = None) -> bool:
        if right is Right.PUBLIC:
            return True
        return right in self.rights and (site is None or not self.sites or site in self.sites)


ANONYMOUS = Caller("anonymous")
