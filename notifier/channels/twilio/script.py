"""What is said in a call: kept until Twilio asks for it, and written as TwiML (twilio.com/docs/voice/twiml)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from notifier.model.message import Message, stamp_for

LONGEST = 3000
"""Letters of one Say; Twilio takes 4,096. Three minutes of speech is more than anybody listens to."""
KEPT = 5000
"""Scripts in memory and on disk: thousands of people share a few."""
KEY = re.compile(r"[0-9a-f]{32}")

_ADDRESS = re.compile(r"https?://\S+")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

LOCALES = {"en": "en-US", "es": "es-MX", "fr": "fr-FR", "pt": "pt-BR", "de": "de-DE"}
"""What Twilio's own voices speak; others are asked for by the language as it is."""

PRESS = {
    "en": (
        "Press {} {}.",
        {"safe": "if you are safe", "need_help": "if you need help", "taking_it": "if you are on it"},
    ),
    "es": (
        "Marque {} {}.",
        {"safe": "si está a salvo", "need_help": "si necesita ayuda", "taking_it": "si se encarga"},
    ),
}
FOR = {"en": "for {}", "es": "para {}"}
THANKS = {"en": "You pressed {}. Thank you.", "es": "Usted marcó {}. Gracias."}
LOST = {
    "en": "This is an alert from your school. Its words cannot be read to you now. Look at your other messages.",
    "es": "Esta es una alerta de su escuela. No se puede leer ahora. Mire sus otros mensajes.",
}


@dataclass(frozen=True, slots=True)
class Script:
    """The words of one call; the same for everybody who gets the same message."""

    text: str
    language: str
    answers: tuple[str, ...]
    incident: str

    @property
    def key(self) -> str:
        return sha256(json.dumps(asdict(self)).encode()).hexdigest()[:32]


def script_of(message: Message) -> Script:
    """What can be said of a message: without links, and without how to answer by SMS where keys do that."""
    text = message.text.replace(message.link, "") if message.link else message.text
    text = _reply_line(len(message.answers)).sub("", _ADDRESS.sub("", text)) if message.answers else text
    text = _NOT_XML.sub(" ", text).rstrip()
    if len(text) > LONGEST:
        text = text[:LONGEST] + (f" ({stamp_for(message.language)})" if message.drill else "")
    return Script(text, message.language, message.answers, message.incident)


def _reply_line(answers: int) -> re.Pattern[str]:
    """Such as "Reply 1 SAFE, 2 NEED HELP.": all the choices, in their order."""
    rest = "".join(rf", (?:\w{{4}} )?{place} [^,.]+" for place in range(2, answers + 1))
    return re.compile(rf"(?:Reply|Responda) (?:\w{{4}} )?1 [^,.]+{rest}\.\s*")


@dataclass(frozen=True, slots=True)
class Speaker:
    """How a language is spoken."""

    locale: str
    voice: str = ""

    def says(self, text: str) -> str:
        voice = f" voice={quoteattr(self.voice)}" if self.voice else ""
        return f"<Say language={quoteattr(self.locale)}{voice}>{escape(text)}</Say>"


def conversation(script: Script, speaker: Speaker, *, times: int, wait: float, keys_url: str) -> str:
    """Says it `times`, each time waiting `wait` seconds for a key; without answers, just says it."""
    if not script.answers:
        return _twiml(speaker.says(script.text) * times)
    asked = speaker.says(script.text) + speaker.says(_choices(script))
    gather = f'<Gather input="dtmf" numDigits="1" timeout="{wait:.0f}" method="POST" action={quoteattr(keys_url)}>'
    return _twiml(f"{gather}{asked}</Gather>" * times)


def left_on_a_machine(script: Script, speaker: Speaker, times: int) -> str:
    """Nobody can press a key there, so none is asked for."""
    return _twiml(speaker.says(script.text) * times)


def thanks(speaker: Speaker, language: str, key: str) -> str:
    return _twiml(speaker.says(_in(THANKS, language).format(key)))


def words_lost(speaker: Speaker, language: str) -> str:
    return _twiml(speaker.says(_in(LOST, language)))


def silence() -> str:
    return _twiml("<Hangup/>")


def _choices(script: Script) -> str:
    line, names = PRESS.get(script.language.partition("-")[0], PRESS["en"])
    other = _in(FOR, script.language)
    said = (names.get(answer, other.format(answer.replace("_", " "))) for answer in script.answers)
    return " ".join(line.format(place, name) for place, name in enumerate(said, 1))


def _in(words: Mapping[str, str], language: str) -> str:
    return words.get(language.partition("-")[0], words["en"])


def _twiml(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'


class Scripts:
    """Words by their key, in a folder too: Twilio may ask after a restart."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Script] = {}

    def keep(self, script: Script) -> str:
        key = script.key
        if key not in self._known:
            self._known[key] = script
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                (self._folder / f"{key}.json").write_text(json.dumps(asdict(script)), encoding="utf-8")
            self._forget_oldest()
        return key

    def find(self, key: str) -> Script | None:
        if key in self._known or self._folder is None or not KEY.fullmatch(key):
            return self._known.get(key)
        try:
            kept = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
            return Script(kept["text"], kept["language"], tuple(kept["answers"]), kept["incident"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _forget_oldest(self) -> None:
        while len(self._known) > KEPT:
            oldest = next(iter(self._known))
            del self._known[oldest]
            if self._folder is not None:
                (self._folder / f"{oldest}.json").unlink(missing_ok=True)
