"""Posts to Slack channels by incoming webhooks (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

Seen to work with our own double only. Slack says "ok": *sent*, and never more. Words are sent as plain text, so nobody
can be called with @channel by what a message says. Unverified: the limits of letters (150 and 3,000).
"""

from __future__ import annotations

from typing import Any

from notifier.channels._chat_hook import Hooks, HookSettings, cut
from notifier.errors import OutcomeUnknown
from notifier.interfaces import Channel, Health, Tools
from notifier.model.delivery import Receipt
from notifier.model.message import Message

TITLE, TEXT = 150, 3000
"""Letters of a header block and of a section."""


class Slack(Channel):
    """An address is the name of a hook."""

    Settings = HookSettings
    address_kind = "chat"

    def __init__(self, name: str, settings: HookSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._hooks = Hooks("Slack", settings, tools)

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        _status, said = await self._hooks.post(address, _content(message))
        if said.strip() != "ok":
            raise OutcomeUnknown("Something says 200 but does not answer as Slack does; it may not have been Slack.")
        return Receipt("")

    async def check(self) -> Health:
        return await self._hooks.check()


def _content(message: Message) -> dict[str, Any]:
    title, text = cut(message, message.title, TITLE), cut(message, message.text, TEXT)
    return {
        # What phones show; Slack reads commands between < and > here.
        "text": f"{title}: {text}".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title or " ", "emoji": False}},
            {"type": "section", "text": {"type": "plain_text", "text": text or " ", "emoji": False}},
        ],
        "unfurl_links": False,
    }
