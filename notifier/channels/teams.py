"""Posts to Microsoft Teams by a Workflows webhook: an adaptive card in a message (adaptivecards.io, schema 1.4).

Seen to work with our own double only. Workflows says 202 when the flow has begun: *sent*, and never more. Words stand
in text runs, which read no Markdown and mention nobody. Unverified: the limit of 28 kB.
"""

from __future__ import annotations

from typing import Any

from notifier.channels._chat_hook import Hooks, HookSettings, cut
from notifier.errors import OutcomeUnknown
from notifier.interfaces import Channel, Health, Tools
from notifier.model.delivery import Receipt
from notifier.model.message import Message

TITLE, TEXT = 200, 5000
"""Letters; at four bytes each still below what a card may have."""


class Teams(Channel):
    """An address is the name of a hook."""

    Settings = HookSettings
    address_kind = "chat"

    def __init__(self, name: str, settings: HookSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._hooks = Hooks("Teams", settings, tools)

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        status, _said = await self._hooks.post(address, _content(message))
        if status != 202:
            raise OutcomeUnknown(f"Something says {status} but does not answer as Workflows does (202).")
        return Receipt("")

    async def check(self) -> Health:
        return await self._hooks.check()


def _content(message: Message) -> dict[str, Any]:
    run: dict[str, Any] = {"type": "TextRun", "weight": "Bolder", "size": "Large"}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": message.language,
        "body": [
            {"type": "RichTextBlock", "inlines": [{**run, "text": cut(message, message.title, TITLE) or " "}]},
            {
                "type": "RichTextBlock",
                "inlines": [{"type": "TextRun", "text": cut(message, message.text, TEXT) or " "}],
            },
        ],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}
