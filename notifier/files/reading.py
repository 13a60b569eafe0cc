"""Everything that was read, with its places: what the checks are handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from notifier.files.catalogue import AdapterCatalogue
from notifier.files.contact_list import Contacts
from notifier.files.positions import Document
from notifier.files.selecting import Roll, Selected
from notifier.model.playbook import Playbook
from notifier.model.settings import Sender
from notifier.model.site import Site


@dataclass(slots=True)
class Reading:
    files: Mapping[str, bytes]
    site: Site
    site_document: Document
    contacts: Contacts
    adapters: AdapterCatalogue
    senders: Mapping[str, Sender]
    today: date
    allow_addresses: Sequence[str] | None = None
    """Networks that this node's settings name; None: no settings were read, so nobody can say what they allow."""
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    """By playbook id."""
    unread_playbooks: bool = False
    """Some playbook could not be read: nobody can say that a name does not exist."""

    _roll: Roll | None = None

    def people_of(self, selectors: Sequence[str]) -> Selected:
        """Whom these selectors name; not to be changed by who asks."""
        if self._roll is None:
            self._roll = Roll(self.contacts.people, self.site)
        return self._roll.select(selectors)

    def senders_for(self, kind: str) -> dict[str, Sender]:
        """The configured senders that take this kind of address, by name."""
        kinds, wanted = self.adapters.address_kinds, (kind, "web_push") if kind == "push" else (kind,)
        return {name: sender for name, sender in self.senders.items() if kinds.get(sender.channel) in wanted}
