"""Files that somebody careless or somebody hostile could hand in; each must cost little and be refused in words."""

from __future__ import annotations

HEAD = b"playbook: x\ntitle: X\naction: lockdown\nsteps:\n"
FOOT = b"all_clear: []\ncorrection: []\n"
LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"b%d: &b%d [*a,*a,*a,*a]\n" % (n, n) for n in range(100))

HOSTILE: dict[str, tuple[bytes, str]] = {
    "anchors that multiply": (LAUGHS, "Anchors"),
    "lists in lists": (b"[" * 400_000, "levels deep"),
    "mappings in mappings": (b"{a: " * 200_000, "levels deep"),
    "100,000 steps": (HEAD + b"- {}\n" * 100_000 + FOOT, "more than 10,000 entries"),
    "100,000 steps that look right": (
        HEAD + b"".join(b"- {id: s%d}\n" % n for n in range(100_000)) + FOOT,
        "bytes; at most",
    ),
    "80,000 keys": (b"".join(b"k%d: 1\n" % n for n in range(80_000)), "more than 10,000 entries"),
    "one key 190,000 times": (b"a: 1\n" * 190_000, "written twice"),
    "one text of a million letters": (b"title: " + b"x" * 990_000, "missing"),
    "colons": (b"a" + b":" * 900_000, "colon"),
    "escapes": (b'a: "' + b"\\x41" * 240_000 + b'"', "missing"),
    "a million empty lines": (b"\n" * 990_000 + b"a: 1", "missing"),
    "300,000 lists": (b"[]\n" * 300_000, ""),
    "more than is read": (b"a: 1\n" * 400_000, "bytes; at most"),
    "a byte that is no text": (b"title: \xff\xfe\xfd\n", "not UTF-8"),
    "an invisible sign": (b"title: a\x00b\n", "U+0000"),
    "two documents": (b"a: 1\n---\nb: 2\n", "second document"),
    "a tag that builds objects": (b"a: !!python/object/apply:os.system ['true']\n", "tags"),
    "a letter of another script": ("playbook: x\nt\u0456tle: X\n".encode(), "Did you mean `title`"),
}
"""What it is: (bytes, words that must be said of it as a playbook)."""
