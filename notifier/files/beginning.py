"""An empty folder as a school that is not set up yet: enough to open the first page before anybody writes a file."""

from __future__ import annotations

from pathlib import Path

from notifier.files.folder import write_folder
from notifier.files.starter import identifier_of

NOT_SET_UP = "Not set up yet"
_NOT_OURS = {"lost+found"}
"""What a fresh disk has by itself; names that begin with a dot count as little."""


def is_empty(folder: Path) -> bool:
    """Whether nothing of anybody's is in it. A folder that does not exist is a typing mistake, not a beginning."""
    return folder.is_dir() and all(one.name.startswith(".") or one.name in _NOT_OURS for one in folder.iterdir())


def begin(folder: Path, address: str) -> None:
    """Write the two files that a node needs to start. `address`: host:port to listen on. Raises SetupError."""
    write_folder(folder, beginning_files(folder.name, address))


def beginning_files(name: str, address: str) -> dict[str, bytes]:
    """`name`: of the folder; the site's id is made from it, and stays."""
    site = (
        "# Written at the first start of an empty folder. The pages under /first-hour fill it in.\n"
        "# The id stays; all the rest may change.\n"
        f'site: "{identifier_of(name)}"\n'
        f'name: "{NOT_SET_UP}"\n'
        "timezone: UTC\n"
    )
    return {"site.yaml": site.encode(), "settings.yaml": settings_text(address).encode()}


def settings_text(address: str, *, tls: bool = False, mail: str = "") -> str:
    """The settings of a node that was set up by its pages. `mail`: the lines of its mail server, indented."""
    listen = f'  address: "{address}"\n'
    if tls:
        listen += "  tls: {certificate: tls/server.pem, key: tls/server.key}   # signed by tls/ca.pem\n"
    senders = f"senders:\n{mail}" if mail else "senders: {}   # nothing can be sent yet\n"
    return (
        "# The settings of one machine. Not published, not shared: each node has its own.\n"
        "# Secrets are never written here: file:PATH takes one from a file beside this one.\n"
        "# Written by the pages under /first-hour; they leave it alone once somebody has changed it by hand.\n"
        "node: node1\n"
        "state: state   # folder for the store, keys and audio; relative to this file\n"
        f"\nlisten:\n{listen}\n{senders}"
    )
