"""Bodies, queries and replies of the API: what OpenAPI describes and what strictness is checked against."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from notifier.model.words import Identifier, Selector


class Sent(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Asked(BaseModel):
    """A query: everything in it is text, so numbers and yes or no are read from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Told(BaseModel):
    """What we answer."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def _no_controls(text: str) -> str:
    if any((ord(sign) < 32 and sign not in "\n\t") or ord(sign) == 127 for sign in text):
        raise ValueError("control characters cannot be kept; leave them out")
    return text


MOST_FILES = 500
"""Of one published set: as many as a school's folder may hold (`files.folder`)."""
Line = Annotated[str, Field(max_length=200), AfterValidator(_no_controls)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(_no_controls)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Words = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_no_controls)]


# ------------------------------------------------------------------------------------------------------- queries


class PageQuery(Asked):
    limit: int = Field(default=50, ge=1, le=200)
    after: str | None = Field(default=None, max_length=400)
    """The `next` of the page before."""


class IncidentsQuery(PageQuery):
    open: bool = False
    """Only incidents that are not closed."""


class DeliveriesQuery(PageQuery):
    state: str | None = Field(default=None, pattern=r"^[a-z]{1,16}$")


class WholeQuery(PageQuery):
    """For lists of what a site has: most fit on one page, so who does not ask for pages sees them whole."""

    limit: int = Field(default=200, ge=1, le=200)


class PublishedQuery(Asked):
    recordings: bool = False
    """Also what is no text: recorded voices, in base64."""


class PlanQuery(Asked):
    zone: Identifier | None = None
    drill: bool = False


class PageAudioQuery(Asked):
    speakers: str = Field(default="all", min_length=1, max_length=2000)
    """Selectors with commas between them."""
    language: Language = "en"
    """Which language is spoken: a drill says its word in it."""


# --------------------------------------------------------------------------------------------------------- bodies


class ActivationBody(BaseModel):
    """A press. Nothing in it is needed and nothing in it is refused: what cannot be read falls back and is named."""

    playbook: str | None = None
    zone: str | None = None
    note: str | None = None
    pressed_at: float | str | None = None
    """Seconds since 1970, or ISO 8601 with an offset; absent means now."""


class DrillBody(Sent):
    playbook: Identifier
    zone: Identifier | None = None
    note: Text = ""


class NoBody(Sent):
    """An empty object, or nothing."""


class ReasonBody(Sent):
    reason: Text = ""
    code: Annotated[str, Field(max_length=100)] = ""
    """One's confirmation code, if one has set it, or the one for duress."""


class WhyBody(Sent):
    reason: Annotated[Text, Field(min_length=1)]
    """Why, kept in the record."""


class DecisionBody(Sent):
    grant: bool
    code: Annotated[str, Field(max_length=100)] = ""
    """One's confirmation code, if one has set it, or the one for duress; needed to grant, but not for files."""
    reason: Text = ""
    """Why it is refused: needed for files and messages, unless they are one's own."""


class ReleaseBody(Sent):
    rooms: list[Identifier] = Field(default_factory=list, max_length=1000)
    override: Text = ""
    """A reason: release all that are left without having seen them."""


class HandOffBody(Sent):
    word: Literal["tell", "accept", "arrive"]
    who: Annotated[Line, Field(min_length=1)]
    """Who was told or has answered: "911, call taker 14"."""


class MessageBody(Sent):
    to: list[Selector] = Field(min_length=1, max_length=100)
    by: list[Literal["push", "sms", "email", "voice"]] = Field(default=["push", "sms"], min_length=1, max_length=4)
    text: Words


class PageBody(Sent):
    speakers: list[Selector] = Field(default=["all"], min_length=1, max_length=100)
    """As in a playbook: `all`, `zone:ID`, `speaker:ID`, `tag:T`."""
    text: Annotated[str, Field(min_length=1, max_length=600), AfterValidator(_no_controls)]
    language: Language = "en"
    times: int = Field(default=1, ge=1, le=5)


class HeardBody(Sent):
    heard: bool
    """What a person has heard with their own ears, standing there."""


class NoteBody(Sent):
    text: Words


class OpenDoorBody(Sent):
    seconds: float = Field(default=10.0, ge=1.0, le=600.0)
    """After this time it is secured again."""


class ConfirmDoorBody(Sent):
    secured: bool
    """What a person has seen with their own eyes."""


class TryBody(Sent):
    command: bool = False
    """A door: also lock it, read it back, and put it back as it was. A strobe or sign: light it for three seconds, read
    it back, and make it dark again. Never while a response is open."""


class WalkTestBody(Sent):
    heard: bool | None = None
    """Whether the page could be heard where you stood; leave it out if it was not tried."""
    seen: bool | None = None
    """Whether a strobe or sign could be seen."""
    note: str = Field(default="", max_length=500)


class TaskBody(Sent):
    word: Literal["take", "give_back", "finish"]


class LateBody(Sent):
    fire: bool
    """False: stop the late press; true: let it fire now."""


class VerifyBody(Sent):
    word: Literal["acknowledge", "veto", "fire"]
    """acknowledge: you look; veto: there is no danger; fire: start it now."""


class AnswerBody(Sent):
    answer: Identifier
    text: Text = ""


class PublicationBody(Sent):
    comment: Line = ""
    files: Annotated[
        dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,4}$")], str],
        Field(max_length=MOST_FILES),
    ]
    """Path to content, in base64."""


class UserBody(Sent):
    name: Annotated[Line, Field(min_length=1)]
    roles: list[str] = Field(min_length=1, max_length=16)
    sites: list[Identifier] = Field(default_factory=list, max_length=1000)
    """Empty: every site of this node."""
    os_user: int | None = Field(default=None, ge=0)
    person: Identifier | None = None
    """Who it is, if a human; without it, it is a machine and never one of two."""
    email: str | None = Field(default=None, pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")
    """By which an identity provider knows them."""


class RolesBody(Sent):
    roles: list[str] = Field(min_length=1, max_length=16)
    sites: list[Identifier] = Field(default_factory=list, max_length=1000)
    """Empty: every site of this node."""


class KioskBody(Sent):
    name: Annotated[Line, Field(min_length=1)]
    """Where the screen stands, in words."""


# -------------------------------------------------------------------------------------------------------- replies


class PressedReply(Told):
    activation: str
    incident: str
    code: str
    joined: bool
    recorded: bool
    """False: it runs, but nothing is being written down."""
    troubles: list[str]


class OutcomeReply(Told):
    done: bool
    """False: it waits for a second person."""
    text: str
    approval: str | None
    expires: str | None
    detail: dict[str, Any]


class ListReply(Told):
    items: list[dict[str, Any]]
    next: str | None = None
    """Ask again with `after` set to this; null at the end."""


class FactsReply(BaseModel):
    """An object as the view gives it; new names may join it in later versions."""

    model_config = ConfigDict(extra="allow")


class AccountReply(Told):
    account: str
    token: str
    """Shown once."""


class ButtonReply(Told):
    button: str
    path: str
    """The path to press at, with the secret in it. Shown once."""


class ChangedReply(Told):
    account: str
    change: str


class LinkReply(Told):
    path: str
    """The path to open in a browser, with a token in it that works once. Shown once."""


class RevokedReply(Told):
    revoked: str


class AliveReply(Told):
    alive: bool


class ReadyReply(Told):
    ready: bool
    recorded: bool


class ProblemFault(Told):
    where: str
    what: str
    advice: str


class Problem(Told):
    """RFC 9457 problem details, with what to do next."""

    type: str
    title: str
    status: int
    detail: str
    advice: str
    faults: list[ProblemFault] = Field(default_factory=list)
    trouble: str | None = None
    """The id under which a fault of ours stands in the log."""
