"""Answers as buttons on a notification: what stands on each, in the order in which they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {"safe": "SAFE", "need_help": "NEED HELP", "taking_it": "TAKING IT"},
    "es": {"safe": "A SALVO", "need_help": "PIDO AYUDA", "taking_it": "ME ENCARGO"},
}
OPEN: Mapping[str, str] = {"en": "Answer", "es": "Responder"}


def labels(language: str, answers: Sequence[str]) -> list[tuple[str, str]]:
    """(answer, what stands on its button)."""
    known = LABELS.get(language.partition("-")[0], LABELS["en"])
    return [(answer, known.get(answer, answer.replace("_", " ").capitalize())) for answer in answers]


def open_label(language: str) -> str:
    """What stands on the button that opens the answer page."""
    return OPEN.get(language.partition("-")[0], OPEN["en"])
