"""A small school without faults, made of plain values; tests bend one thing of it and look what is said."""

from datetime import date
from typing import ClassVar

from notifier.files.catalogue import Catalogue
from notifier.files.load import Loaded, load
from notifier.files.starter import starter_files
from notifier.model.settings import Secret, SecretText, Sender
from notifier.model.words import Written

TODAY = date(2026, 11, 23)


class Relay(Written):
    relay: int = 0
    password: SecretText | None = None


class Cloud(Written):
    needs_uplink: ClassVar[bool] = True
    reads_inputs: ClassVar[bool] = False
    lock_monitor: bool = False


class Texts(Written):
    account: str = ""
    auth_token: SecretText
    api_secret: SecretText | None = None
    signing_key: SecretText | None = None


class Pressed(Written):
    human: ClassVar[bool] = True
    button: str = ""

    @property
    def buttons_named(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        return ((("button",), self.button),) if self.button else ()


class Sensed(Written):
    secret: SecretText | None = None


ADAPTERS = Catalogue(
    trigger_kinds={"panic_mqtt": Pressed, "signed_webhook": Sensed},
    door_kinds={"shelly_gen2": Relay, "http_relay": None, "cloud": Cloud},
    signal_kinds={"shelly_gen2": Relay},
    speaker_kinds={"pa_multicast": None},
    camera_kinds={"http_still": None},
    channel_kinds={"ntfy": None, "twilio_sms": Texts, "smtp_email": None},
    address_kinds={"ntfy": "push", "twilio_sms": "sms", "smtp_email": "email"},
)
SENDERS = {
    "push": Sender(channel="ntfy"),
    "sms": Sender(channel="twilio_sms", uplink="cellular", settings={"auth_token": Secret("hush")}),
    "email": Sender(channel="smtp_email"),
}


def school(**changed: bytes | str | None) -> dict[str, bytes]:
    """The starter school; `changed` names files with `_` for `/` and `.`: site, lockdown, people; None removes one."""
    names = {"site": "site.yaml", "people": "contacts/people.csv"}
    files = {name: raw for name, raw in starter_files("Example School").items() if name != "settings.yaml"}
    for short, content in changed.items():
        name = names.get(short, f"playbooks/{short}.yaml")
        if content is None:
            del files[name]
        else:
            files[name] = content.encode() if isinstance(content, str) else content
    return files


def read(files: dict[str, bytes], senders: dict[str, Sender] | None = None) -> Loaded:
    return load(files, ADAPTERS, SENDERS if senders is None else senders, TODAY)
