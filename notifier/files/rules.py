"""Every rule that `notifier check` holds files to: its name, how heavy it is, and why it is there."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.errors import Fault
from notifier.files.positions import Document, Path

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold, or had better."""

    name: str
    level: str
    about: str
    """`site`, `contacts`, `playbook` or `message`."""
    says: str
    why: str

    def at(self, document: Document, path: Path, text: str, advice: str, *, key: bool = False) -> Fault:
        """This rule broken at `path` of `document`."""
        return self.on(document.file, *document.place(path, key=key), text, advice)

    def on(self, file: str, line: int, column: int, text: str, advice: str) -> Fault:
        return Fault(file, line, column, text, advice, self.level, self.name)


RULES: dict[str, Rule] = {}


def _rule(name: str, level: str, about: str, says: str, why: str) -> Rule:
    return RULES.setdefault(name, Rule(name, level, about, says, why))


CONTACT_HEADER = _rule(
    "contact-header",
    ERROR,
    "contacts",
    "The first line names the columns, each once.",
    "A column that is read as another one sends messages to the wrong place.",
)
CONTACT_ROW = _rule(
    "contact-row",
    ERROR,
    "contacts",
    "Every line has as many fields as the first, and no stray quote.",
    "One comma too many shifts every field after it.",
)
CONTACT_ID = _rule(
    "contact-id",
    ERROR,
    "contacts",
    "Every person has an id of its own: lower case letters, digits, - and _.",
    "Answers and deliveries are kept by it.",
)
CONTACT_VALUE = _rule(
    "contact-value",
    ERROR,
    "contacts",
    "Names, languages, roles, groups, dates and on_site have the form they need.",
    "A role with a typing mistake reaches nobody.",
)
CONTACT_ADDRESS = _rule(
    "contact-address",
    ERROR,
    "contacts",
    "Numbers are whole and have their country; e-mail addresses can exist.",
    "A provider refuses the rest, in the minute that counts.",
)
EMERGENCY_NUMBER = _rule(
    "emergency-number",
    ERROR,
    "contacts",
    "911, 112, 999, 000 and their like are never contacts.",
    "People call them. Automatic calls to them are unlawful in places and block a line for somebody else.",
)
CONTACT_SITE = _rule(
    "contact-site",
    ERROR,
    "contacts",
    "A person's site is this site, or left empty.",
    "A person of another site would be messaged about this one.",
)
CONTACT_ROOM = _rule(
    "contact-room",
    ERROR,
    "contacts",
    "A person's room is a room of the site file.",
    "A room counts as silent or safe by its people.",
)
CONTACT_NO_ADDRESS = _rule(
    "contact-no-address",
    WARNING,
    "contacts",
    "A person has at least one address.",
    "Nothing can reach them, and they count as not answered.",
)
CONTACT_SHARED = _rule(
    "contact-shared-number",
    WARNING,
    "contacts",
    "A number belongs to one person.",
    "An answer from it counts for one of them, and nobody can tell for whom.",
)
AGENCY_AGREEMENT = _rule(
    "agency-agreement",
    WARNING,
    "contacts",
    "A police, EMS, fire or dispatch address has an agreement: who and when.",
    "An address that nobody watches is worse than none, because it looks like help.",
)
