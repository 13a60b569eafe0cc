"""The settings file of one node: where it stores, where it listens, which senders it has. Never published."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from notifier.model.carriers import LIMITS, Carrier, NumberClass
from notifier.model.delivery import Purpose
from notifier.model.words import Duration, Identifier, Written

MAIL = "mailto:"


def leaves(place: str) -> bool:
    """Whether a place of `seals_to` is reached by a line, and is no folder."""
    return place.startswith((MAIL, "https://", "http://"))


class Secret(str):
    """A value that must not be printed: `str()` and f-strings of it show dots; read it with `reveal`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'•••'"

    def __str__(self) -> str:
        return "•••"

    def __format__(self, spec: str) -> str:
        return "•••"

    def reveal(self) -> str:
        """The value itself, for the wire only."""
        return str.__str__(self)


SecretText = Annotated[str, AfterValidator(Secret)]
"""In files only `${env:NAME}` or `file:PATH`; the reader puts the value in."""


class Tls(Written):
    certificate: str
    key: str


class Listen(Written):
    address: str = "127.0.0.1:8470"
    """host:port. Plain HTTP only on loopback or behind a named proxy."""
    tls: Tls | None = None


class Registration(Written):
    """How a number for SMS is registered, and what carriers therefore let through."""

    number_class: NumberClass = Field(alias="class")
    verified: bool = False
    """Whether the campaign or the toll-free number has been verified, as the provider's console shows it."""
    per_minute: float | None = Field(default=None, gt=0)
    """Segments a minute that the slowest carrier takes; None: as published for the class (`model.carriers`)."""
    per_day: int | None = Field(default=None, ge=1)
    """Segments a day that the carrier with a daily limit takes; None: as published for the class."""

    @property
    def carries(self) -> bool:
        """Whether carriers in the USA pass on what it sends."""
        return self.verified and self.number_class is not NumberClass.NONE

    def carriers(self) -> tuple[Carrier, ...]:
        return tuple(
            Carrier(
                one.name,
                one.per_second if self.per_minute is None or one.per_second is None else self.per_minute / 60,
                one.per_day if self.per_day is None or one.per_day is None else self.per_day,
            )
            for one in LIMITS[self.number_class]
        )


EVERY_PURPOSE = (Purpose.EMERGENCY, Purpose.DRILL, Purpose.ROUTINE)


class Sender(Written):
    """One way out: a channel with its account, limit and uplink. Its name is its lane's name."""

    channel: Identifier
    """The file name in `notifier/channels/`."""
    rate: float | None = Field(default=None, gt=0)
    """Segments (SMS) or messages per second that the provider accepts; None: as fast as it takes them."""
    window: int = Field(default=32, ge=1, le=512)
    """How many may be in flight at once."""
    daily_cap: int | None = Field(default=None, ge=1)
    """Segments or messages that the provider takes in a day (UTC); drills and routine messages get half of it."""
    uplink: str = "internet"
    """The line it leaves by; two senders on one line fall silent together."""
    give_up_after: Duration = 600.0
    """Seconds after which a message that could not be handed over goes to the person's next sender or address."""
    purposes: tuple[Purpose, ...] = Field(default=EVERY_PURPOSE, min_length=1)
    """What it may be used for; what it may not goes by other senders or not at all."""
    registration: Registration | None = None
    """For SMS to the USA: what `plan` reckons with, and `check` warns of."""
    settings: dict[str, Any] = Field(default_factory=dict)


class PublicAddress(Written):
    """One kind of speaker output, by the file name in `notifier/channels/`."""

    settings: dict[str, Any] = Field(default_factory=dict)


class Provider(Written):
    """An OpenID Connect provider by which people sign in: the district's directory."""

    issuer: str = Field(pattern=r"^https://|^http://(127\.0\.0\.1|localhost)[:/]")
    """Its address, as it names itself in its tokens; https, or this machine."""
    client_id: str
    client_secret: SecretText | None = None
    """None: a public client; PKCE is used either way."""
    name: str = Field(default="your district account", max_length=60)
    """What stands on the button."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    proves_two: bool = False
    """True: it always asks for a second factor, so that an administrator's rights come with it too."""


class Log(Written):
    """What the daemon writes to stderr; never a secret, a whole number or the words of a message."""

    format: Literal["text", "json"] = "text"
    """`json`: one document a line, for programs that collect logs."""


class BackupPlan(Written):
    """Backups that the node makes by itself."""

    to: str
    """A folder, best on another disk; relative to the settings file. It is not made: see a missing disk."""
    cron: str = "15 2 * * *"
    """When, in the site's own time."""
    keep: int = Field(default=14, ge=1)
    """How many of this node's stay in the folder."""


class Retention(Written):
    """How long the contents of the record are kept; what was erased can still be verified."""

    incidents: float = Field(ge=0.1)
    """Years after its end that an incident's events, people and messages are kept."""
    drills: float | None = Field(default=None, ge=0.1)
    """The same for drills; None: as long as incidents."""


class NodeSettings(Written):
    node: Identifier = "node1"
    state: str = "state"
    """Folder for the store, keys, rendered audio and the control socket; relative to the settings file."""
    store: SecretText | None = None
    """Where the record is kept: a file of SQLite, or `postgresql://user@host:port/database` (a password only by
    `${env:NAME}` or `file:PATH`). None: `ledger.sqlite` in the state folder.
    """
    listen: Listen = Listen()
    press_listen: str | None = None
    """A second plain HTTP address that serves nothing but `/press`."""
    behind_proxy: tuple[str, ...] = ()
    """Networks whose forwarded headers are trusted."""
    allow_addresses: tuple[str, ...] = ()
    """Networks of devices that may be spoken to although they are loopback or link-local."""
    senders: dict[Identifier, Sender] = Field(default_factory=dict)
    """In order of preference for their kind of address."""
    public_address: dict[Identifier, PublicAddress] = Field(default_factory=dict)
    backup: BackupPlan | None = None
    """None: somebody else makes them."""
    retention: Retention | None = None
    """None: everything is kept."""
    seals_to: str | tuple[str, ...] | None = None
    """Where a copy of each seal goes: a folder (another disk, a mounted share), an `https://` address that takes it by
    POST, or `mailto:` an address by the first sender for email; one, or a list.
    """
    commit_patience: Duration = 0.25
    """Seconds after which a commit counts as gone and the response goes on in memory (PRODUCT 3)."""
    provider: Provider | None = None
    """People may sign in by it; it never makes an account or a right."""
    log: Log = Log()
    supervise_every: Duration = Field(default=30.0, ge=1.0, le=30.0)
    """Seconds between two looks at each device, sender and certificate; with more a fault would be told late."""

    @property
    def seal_places(self) -> tuple[str, ...]:
        """`seals_to` as a list."""
        return (self.seals_to,) if isinstance(self.seals_to, str) else self.seals_to or ()
