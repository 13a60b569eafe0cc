"""What stands on the rooms' cards, without a daemon: from a folder's files and the key in its node's state folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notifier.adapters import Installed, channel
from notifier.clock import SystemClock
from notifier.engine.desk import Desk
from notifier.engine.held import Gear, Held
from notifier.engine.room_cards import RoomCards
from notifier.errors import NotifierError
from notifier.files.folder import read_folder
from notifier.files.load import load
from notifier.files.settings_file import read_settings

SETTINGS_FILE, KEY_FILE = "settings.yaml", "link.key"


def sheet_of(folder: Path) -> Mapping[str, Any]:
    """As `Views.room_cards`. Raises NotifierError: a link made with another key would lead nowhere."""
    try:
        settings = read_settings(
            (folder / SETTINGS_FILE).read_bytes(), SETTINGS_FILE, folder, Installed(), put_secrets_in=False
        )
    except OSError as error:
        text = f"{folder / SETTINGS_FILE} cannot be read ({error.strerror}): it says where the node's key is."
        raise NotifierError(text) from None
    key_file = folder / settings.state / KEY_FILE
    try:
        key = key_file.read_bytes()
    except OSError as error:
        raise NotifierError(
            f"{key_file} cannot be read ({error.strerror}). The links on cards are made with this key, which a node "
            "makes at its first start: print them on the node, as its user, or leave DIR away while it runs."
        ) from None
    loaded = load(read_folder(folder), Installed(), settings.senders)
    held = Held(0, loaded.site, loaded.people, loaded.playbooks)
    desk = Desk(SystemClock(), settings.node, Gear(), key, public_url=held.site.public_url, current=held)
    numbers = [
        str(sender.settings["from_number"])
        for sender in settings.senders.values()
        if sender.settings.get("from_number") and channel(sender.channel).address_kind == "sms"
        and channel(sender.channel).takes_replies
    ]  # fmt: skip
    return {**RoomCards(desk).sheet(), "numbers": numbers}
