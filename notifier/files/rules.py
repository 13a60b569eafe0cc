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
        """The rule, broken at `path` of `document`."""
        return self.on(document.file, *document.place(path, key=key), text, advice)

    def on(self, file: str, line: int, column: int, text: str, advice: str) -> Fault:
        return Fault(file, line, column, text, advice, self.level, self.name)


RULES: dict[str, Rule] = {}


def _rule(name: str, level: str, about: str, says: str, why: str) -> Rule:
    return RULES.setdefault(name, Rule(name, level, about, says, why))


# One rule in three lines, as a table.
# fmt: off

# -------------------------------------------------------------------------------------------- contacts

CONTACT_HEADER = _rule("contact-header", ERROR, "contacts",
    "The first line names the columns, each once.",
    "A column that is read as another one sends messages to the wrong place.")
CONTACT_ROW = _rule("contact-row", ERROR, "contacts",
    "Every line has as many fields as the first, and no stray quote.",
    "One comma too many shifts every field after it.")
CONTACT_ID = _rule("contact-id", ERROR, "contacts",
    "Every person has an id of its own: lower case letters, digits, - and _.",
    "Answers and deliveries are kept by it.")
CONTACT_VALUE = _rule("contact-value", ERROR, "contacts",
    "Names, languages, roles, groups, dates and on_site have the form they need.",
    "A role with a typing mistake reaches nobody.")
CONTACT_FORMULA = _rule("contact-formula", WARNING, "contacts",
    "No name begins as a spreadsheet's formula does.",
    "It is sent as it stands, and a spreadsheet that opens a list of names runs it.")
CONTACT_ADDRESS = _rule("contact-address", ERROR, "contacts",
    "Numbers are whole and have their country; e-mail addresses can exist.",
    "A provider refuses the rest, in the minute that counts.")
EMERGENCY_NUMBER = _rule("emergency-number", ERROR, "contacts",
    "911, 112, 999, 000 and their like are never contacts.",
    "People call them. Automatic calls to them are unlawful in places and block a line for somebody else.")
CONTACT_SITE = _rule("contact-site", ERROR, "contacts",
    "A person's site is this site, or left empty.",
    "A person of another site would be messaged about this one.")
CONTACT_ROOM = _rule("contact-room", ERROR, "contacts",
    "A person's room is a room of the site file.",
    "A room counts as silent or safe by its people.")
CONTACT_NO_ADDRESS = _rule("contact-no-address", WARNING, "contacts",
    "A person has at least one address.",
    "Nothing can reach them, and they count as not answered.")
CONTACT_SHARED = _rule("contact-shared-number", WARNING, "contacts",
    "A number belongs to one person.",
    "An answer from it counts for one of them, and nobody can tell for whom.")
AGENCY_AGREEMENT = _rule("agency-agreement", WARNING, "contacts",
    "A police, EMS, fire or dispatch address has an agreement: who and when.",
    "An address that nobody watches is worse than none, because it looks like help.")

# ------------------------------------------------------------------------------------------------ site

SITE_ID = _rule("site-id", ERROR, "site",
    "Zones, rooms, doors, speakers, signals, cameras and buttons have ids of their own.",
    "Selectors, cards and the log name things by their id.")
SITE_SIZE = _rule("site-size", ERROR, "site",
    "At most 300 zones, triggers and drills, 5,000 rooms, doors, speakers, signals, buttons and cameras of each kind.",
    "More is a mistake, and checking it would take longer than anybody waits.")
SITE_ZONE = _rule("site-zone", ERROR, "site",
    "Every door, room, speaker, signal, camera and button is in a zone that exists.",
    "What is in no zone is in nobody's response.")
SITE_ZONE_CIRCLE = _rule("site-zone-circle", ERROR, "site",
    "A zone is not inside itself.",
    "Nothing could say where it is.")
SITE_ROOM = _rule("site-room", ERROR, "site",
    "The rooms a door belongs to exist.",
    "The board would draw it nowhere.")
SITE_CARD = _rule("site-card", ERROR, "site",
    "No two rooms have the same card.",
    "A room would be counted safe for another one.")
SITE_NO_CARD = _rule("site-no-card", WARNING, "site",
    "An occupied room has a card, or somebody whose room it is.",
    "It cannot answer, so it stays silent in every incident.")
SITE_DRIVER = _rule("site-driver", ERROR, "site",
    "Every driver and channel that is named is installed.",
    "The device would never be spoken to.")
SITE_DEVICE_SETTINGS = _rule("site-device-settings", ERROR, "site",
    "A device's `settings` are what its driver takes; secrets are references.",
    "The device would refuse us at the press, or a password would be in everybody's copy of the file.")
SITE_DEVICE_ADDRESS = _rule("site-device-address", ERROR, "site",
    "A device's address is one that its driver will open: none of this machine itself, no link-local one, no secret.",
    "The driver refuses it at the press; whoever can write such an address turns this machine against itself.")
SITE_TIMEZONE = _rule("site-timezone", ERROR, "site",
    "The time zone exists (IANA names).",
    "Messages would name a wrong time.")
SITE_ADDRESS = _rule("site-address", WARNING, "site",
    "The site has its street address and the entrance for responders.",
    "The script for the emergency call reads them out.")
SITE_LETTERS = _rule("site-letters", WARNING, "site",
    "Names of site, zones and rooms have letters of the GSM alphabet only.",
    "One other letter in a name leaves 70 letters for an SMS segment instead of 160, in every message that has it.")
SITE_PUBLIC_URL = _rule("site-public-url", ERROR, "site",
    "public_url is an https address that phones outside can open.",
    "An answer link that does not open is an answer that never comes.")
SITE_PUBLIC_URL_HERE = _rule("site-public-url-here", WARNING, "site",
    "public_url is not an address of this machine alone.",
    "Only its own browser opens a link to it: right for the demo and for trying out, wrong for a school.")
SITE_LEAVE = _rule("site-leave", ERROR, "site",
    "Exterior doors that a lockdown leaves as they are have a name and a reason.",
    "It is somebody's decision, and who reads the log must see whose.")
SITE_ONE_ENDS = _rule("site-one-person-ends", WARNING, "site",
    "A live response is ended, recalled or called a mistake by two people.",
    "Whoever holds one account, or forces one person, could unlock and silence a school.")
SITE_TWO_PUBLISH = _rule("site-two-to-publish", WARNING, "site",
    "Where publishing takes two people, the contacts name two of the school who could hear of a proposal.",
    "A proposal that nobody else hears of waits until it runs out, and with one person nothing is published any more.")
SITE_BUTTON = _rule("site-button", ERROR, "site",
    "The playbook of a button exists.",
    "A press would start another response.")
TRIGGER_SAYS = _rule("trigger-says", ERROR, "site",
    "A trigger's id is its own; its zone, its playbook and the buttons in its settings exist.",
    "A press would start another response, in another place, or none.")
TRIGGER_VERIFY = _rule("trigger-verify", ERROR, "site",
    "`verify` is for sensors, feeds and tips, never for people, and lasts at most 180 s together.",
    "Whoever presses is believed at once; and silence must start what nobody looks at.")
DRILL_SAYS = _rule("drill-says", ERROR, "site",
    "A scheduled drill has an id of its own, a playbook and a zone that exist, and a time that comes.",
    "It would never begin, and nobody would notice.")
TROUBLES_SAY = _rule("troubles-say", ERROR, "site",
    "Who is told of troubles are people, and the school day ends after it begins.",
    "A trouble would be told to nobody, or at an hour that never comes.")
CANARY_SAYS = _rule("canary-says", ERROR, "site",
    "A canary goes to contacts of one's own, never to an agency or a guardian, by kinds that have a sender, at a time "
    "that comes.",
    "Somebody outside would get a test message every morning, or the canary would never fly.")
SITE_GAP = _rule("site-accepted-gap", ERROR, "site",
    "An accepted gap names a zone, a person and a day that has not passed.",
    "A gap without an end is a gap for ever.")
DOOR_SENSOR = _rule("door-sensor", WARNING, "site",
    "A door has a sensor: `sensed_by`, or the `lock_monitor` of an access controller.",
    "It can never be proven secured: it stays unknown and counts as not secured.")
DOOR_INPUT = _rule("door-input", ERROR, "site",
    "`sensed_by` and `leaf_by` stand only where the driver reads inputs.",
    "A sensor that nobody reads would count as one.")
DOOR_UPLINK = _rule("door-uplink", WARNING, "site",
    "An exterior door has a path that works without the uplink.",
    "A cloud locks nothing while the line is cut.")
DOOR_EGRESS = _rule("door-egress", WARNING, "site",
    "A door says how people get out when it is locked (`egress`).",
    "Until it does, no playbook may lock it: the way out comes first.")

# -------------------------------------------------------------------------------------------- playbook

PLAYBOOK_ID = _rule("playbook-id", ERROR, "playbook",
    "Every playbook has an id of its own.",
    "A press names exactly one.")
NO_LOCKDOWN = _rule("playbook-no-lockdown", WARNING, "playbook",
    "One playbook has the action lockdown.",
    "A press that names none of the known ones has nothing to fall back to.")
PLAYBOOK_SIZE = _rule("playbook-size", ERROR, "playbook",
    "A list has at most 200 steps.", "Nobody could say what it does.")
STEP_ID = _rule("step-id", ERROR, "playbook",
    "Steps of one list have ids of their own.",
    "`after` and the log name steps by id.")
STEP_AFTER = _rule("step-after", ERROR, "playbook",
    "`after` names other steps of the same list, without a circle.",
    "A step that waits for itself never starts.")
STEP_NEVER = _rule("step-never-over", ERROR, "playbook",
    "A step that others wait for is over some day.",
    "Answers that never come would hold back what comes after: an escalation ends the wait.")
STEP_SELECTOR = _rule("step-selector", ERROR, "playbook",
    "Every selector names something that exists, of the kind the step needs.",
    "A typing mistake reaches nobody, silently.")
STEP_NAMES_NOTHING = _rule("step-names-nothing", WARNING, "playbook",
    "Every selector names at least one thing or person today.",
    "A group that is empty today may be the wrong one.")
STEP_NO_AUDIENCE = _rule("step-no-audience", ERROR, "playbook",
    "A step that sends has somebody to send to.",
    "It would be over at once and look done.")
STEP_NO_ADDRESS = _rule("step-no-address", WARNING, "playbook",
    "Everybody a step names has an address of one of its kinds.",
    "They are named and cannot be reached.")
STEP_CHANNEL = _rule("step-channel", ERROR, "playbook",
    "`by` names kinds of address (push, sms, email, voice), each with a sender.",
    "A message without a sender goes nowhere.")
STEP_APPROVE = _rule("step-approve", WARNING, "playbook",
    "`approve` names somebody who can be asked: with an address.",
    "The step would wait for ever: it is never sent by itself.")
STEP_NEED = _rule("step-need", ERROR, "playbook",
    "`need` can be reached by the people the step asks.",
    "It would escalate always, and people would stop believing it.")
STEP_ESCALATION = _rule("step-escalation", WARNING, "playbook",
    "A step that needs answers says who is told when they do not come.",
    "Silence is the answer that matters most.")
STEP_TIMERS = _rule("step-timers", ERROR, "playbook",
    "Times are such that somebody can wait for them.",
    "`within` is 1 s to 2 m, `delay` at most 24 h, a `wait` 1 s to 24 h, `again_every` 10 s to 1 h.")
STEP_RECORDING = _rule("step-recording", ERROR, "playbook",
    "A recording that is named is there.",
    "The page would be silent.")
RESTORE_ONLY_AT_END = _rule("restore-only-at-the-end", ERROR, "playbook",
    "`restore_doors` stands in `all_clear` only.",
    "Recall, correction and the response itself never unlock.")
SECURE_NOT_AT_END = _rule("secure-not-at-the-end", WARNING, "playbook",
    "`all_clear` and `correction` do not lock doors.",
    "Locking people in when it is over is seldom meant.")
DOOR_NOT_COMMANDABLE = _rule("door-not-commandable", ERROR, "playbook",
    "A door that a step names may be locked.",
    "Free egress and re-entry from stairs come first; undeclared means nobody has looked.")
DOOR_LEFT_OUT = _rule("door-left-out", WARNING, "playbook",
    "All doors of a side or zone that a step names may be locked.",
    "The others are left as they are, and count as not secured.")
SILENT_SOUNDS = _rule("silent-sounds", ERROR, "playbook",
    "With `audible: false` nothing sounds or shows inside.",
    "A silent alarm that lights a strobe tells the wrong person.")
LOCKDOWN_SILENT = _rule("lockdown-silent", ERROR, "playbook",
    "A lockdown is audible.",
    "Everybody must hear it to act.")
LOCKDOWN_VOICE = _rule("lockdown-voice-inside", ERROR, "playbook",
    "A lockdown calls nobody inside by voice.",
    "A ringing phone gives away a hidden room.")
LOCKDOWN_REPEAT = _rule("lockdown-repeat-inside", ERROR, "playbook",
    "A lockdown sends each person inside one push and one SMS, once.",
    "Every further buzz gives away a hidden room; the page and its repeats go over speakers.")
LOCKDOWN_ESCALATION = _rule("lockdown-escalation-inside", ERROR, "playbook",
    "A lockdown escalates to people outside only.",
    "A silent room is for those who can come; those inside stay where they are.")
LOCKDOWN_NOT_HEARD = _rule("lockdown-not-heard", ERROR, "playbook",
    "In a lockdown every occupied zone has a speaker of the page.",
    "Phones are silent, in bags or without signal; a named person may accept the gap for a time.")
LOCKDOWN_NOT_SEEN = _rule("lockdown-not-seen", ERROR, "playbook",
    "In a lockdown every occupied zone has a signal that is switched on.",
    "Who cannot hear the page must see it; a named person may accept the gap for a time.")
POLICE_ONE_UPLINK = _rule("police-one-uplink", WARNING, "playbook",
    "Police are reached over at least two uplinks.",
    "One cut line would silence every message to them at once.")

NUMBER_REGISTRATION = _rule("number-registration", WARNING, "playbook",
    "A US number that sends SMS is registered and verified, and the settings say how.",
    "Carriers drop what an unregistered number sends, after the provider has taken it: sent, and never there.")
PURPOSE_SENDER = _rule("purpose-sender", WARNING, "playbook",
    "For every kind of address that a step names some sender may be used for the step's purpose.",
    "Nothing would leave by it.")
ROUTINE_CONSENT = _rule("routine-consent", WARNING, "playbook",
    "People whom a routine message is for have consented to it.",
    "It leaves out everybody else, and nobody notices.")

# --------------------------------------------------------------------------------------------- message

MESSAGE_EMPTY = _rule("message-empty", ERROR, "message",
    "A text says something.",
    "An empty message is a riddle at the worst time.")
MESSAGE_FIELD = _rule("message-field", ERROR, "message",
    "Every {{field}} is one of the closed list.",
    "Braces in a message look like a broken system; there are no expressions.")
PAGE_FIELD = _rule("page-field", ERROR, "message",
    "A page has no {{fields}}.",
    "Its audio is made when the playbook is published, never at the press.")
MESSAGE_LINK = _rule("message-link", ERROR, "message",
    "{{link}} is used only where the site has a public_url.",
    "Phones outside could not open it.")
MESSAGE_DRILL = _rule("message-drill-word", ERROR, "message",
    "No text says that it is a drill, or that it is none.",
    "The drill's stamp is put on by the drill route alone: a live text with the word would be believed to be one, "
    "and a drill would carry \"not a drill\".")
MESSAGE_DOOR = _rule("message-open-door", ERROR, "message",
    "No text tells anybody to open or unlock a door.",
    "Rooms are released by people who come to them; a message can be forged or early.")
MESSAGE_LONG = _rule("message-long", WARNING, "message",
    "An SMS takes one segment for people inside and at most three for others.",
    "Each segment costs the sender's rate again and may arrive alone. One character outside GSM-7 halves the "
    "room.")
MESSAGE_LANGUAGE = _rule("message-language", WARNING, "message",
    "A step has a text in the language of each person it names.",
    "They get English, or the first one written.")
PAGE_LANGUAGE = _rule("page-language", WARNING, "message",
    "A page is said in each language of the site.",
    "Who does not understand it cannot act on it.")
MESSAGE_SOURCE = _rule("message-source", WARNING, "message",
    "A message says who sends it: {{site}} or the school's name.",
    "A text from an unknown number is not believed.")
MESSAGE_WHAT = _rule("message-what", WARNING, "message",
    "A first message says what happens: the action or the hazard.",
    "People act on what they understand.")
MESSAGE_PLACE = _rule("message-place", WARNING, "message",
    "A first message to people inside says where: {{zone}} or {{room}}.",
    "They are near it, or think that they are.")
MESSAGE_TIME = _rule("message-time", WARNING, "message",
    "A first message says when: {{time}}.",
    "It may arrive minutes late, and nobody could tell.")
MESSAGE_GUIDANCE = _rule("message-guidance", WARNING, "message",
    "A first message says what to do.",
    "A quarter of 829 real first alerts of schools gave no action at all (campusalertarchive.com, 2025).")
MESSAGE_INCIDENT = _rule("message-incident", WARNING, "message",
    "Closing messages name the incident: {{incident}}.",
    "Two incidents may be open; an all-clear without a name ends both in people's minds.")
# fmt: on


def rules_markdown() -> str:
    """The reference page of all rules."""
    lines = [
        "# What `notifier check` checks",
        "",
        "Each fault ends with the name of its rule in brackets.",
        "An *error* stops publishing; a *warning* is shown, kept with the publication, and never stops one.",
        "Faults of form (YAML, unknown keys, missing values) have no rule name: their text says all there is to say.",
    ]
    for about, title in (
        ("site", "The site file"),
        ("contacts", "Contacts"),
        ("playbook", "Playbooks"),
        ("message", "Messages"),
    ):
        lines += ["", f"## {title}", "", "| rule | level | what must hold | why |", "|---|---|---|---|"]
        lines += [
            f"| `{rule.name}` | {rule.level} | {rule.says} | {rule.why} |"
            for rule in RULES.values()
            if rule.about == about
        ]
    return "\n".join(lines) + "\n"
