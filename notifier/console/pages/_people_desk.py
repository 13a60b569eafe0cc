"""What the pages that show and change people share: the published site and contacts."""

from __future__ import annotations

from notifier.interfaces import Editing


def contacts_files(editing: Editing) -> dict[str, bytes]:
    """The published site and contacts."""
    paths = [path for path in editing.paths() if path == "site.yaml" or path.startswith("contacts/")]
    found = {path: editing.published(path)[1] for path in paths}
    return {path: text.encode() for path, text in found.items() if text is not None}
