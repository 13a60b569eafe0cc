"""What Twilio asks and tells during a call: what to say, which key was pressed, how it ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from notifier.channels.twilio.account import Account
from notifier.channels.twilio.callbacks import SID, SOURCE, Callbacks, needed
from notifier.channels.twilio.script import (
    Script,
    Scripts,
    Speaker,
    conversation,
    left_on_a_machine,
    silence,
    thanks,
    words_lost,
)
from notifier.errors import Reason
from notifier.interfaces import CallbackReply, CallbackRequest
from notifier.model.delivery import DeliveryWord, Inbound, Report

ENDED: Mapping[str, tuple[Reason, str]] = {
    "busy": (Reason.UNREACHABLE, "The line was busy."),
    "no-answer": (Reason.UNREACHABLE, "Nobody took the call."),
    "failed": (Reason.BAD_ADDRESS, "Twilio could not place the call: is it a number in use?"),
    "canceled": (Reason.UNREACHABLE, "The call was given up before anybody took it."),
}
"""Call statuses after which nobody has heard anything (twilio.com/docs/voice/api/call-resource)."""

KEYS = re.compile(r"[0-9*#]{1,8}")
_MACHINE = ("machine", "fax")


class CallCallbacks:
    """Read and judge, and change nothing. Every request is checked against Twilio's signature first."""

    def __init__(
        self,
        account: Account,
        scripts: Scripts,
        speaker_of: Callable[[str], Speaker],
        *,
        leave_message: bool,
        times: int,
        wait: float,
    ) -> None:
        self._signed = Callbacks(account)
        self._scripts, self._speaker_of = scripts, speaker_of
        self._leave_message, self._times, self._wait = leave_message, times, wait

    def mounted(self) -> Mapping[str, Callable[[CallbackRequest], CallbackReply]]:
        return {"talk": self.talk, "keys": self.keys, "status": self.status}

    def talk(self, request: CallbackRequest) -> CallbackReply:
        """Somebody or something has taken the call. A machine's pick-up is never more than *sent*. Raises Refused."""
        form = self._signed.form_of(request)
        ref, by = needed(form, "CallSid", SID), form.get("AnsweredBy", "")
        script, language = self._script(request)
        speaker = self._speaker_of(language)
        if script is None:
            return _twiml(words_lost(speaker, language))
        if by.startswith(_MACHINE):
            if by != "fax" and self._leave_message:
                return _twiml(left_on_a_machine(script, speaker, self._times))
            why = "An answering machine took the call, and was left no message."
            return _twiml(silence(), Report(ref, DeliveryWord.FAIL, Reason.UNREACHABLE, why))
        keys_url = _beside(request.url, "keys")
        said = conversation(script, speaker, times=self._times, wait=self._wait, keys_url=keys_url)
        # "unknown" is nobody's word for a person, so only "human" counts as one.
        return _twiml(said, *([Report(ref, DeliveryWord.DELIVERED)] if by == "human" else []))

    def keys(self, request: CallbackRequest) -> CallbackReply:
        """A key that stands for no answer is asked again once; the second one is passed on as it is. Raises Refused."""
        form = self._signed.form_of(request)
        ref, number, pressed = (
            needed(form, "CallSid", SID),
            needed(form, "To", SOURCE),
            needed(form, "Digits", KEYS),
        )
        script, language = self._script(request)
        speaker = self._speaker_of(language)
        query = parse_qs(urlsplit(request.url).query)
        known = script is not None and pressed.isdecimal() and 1 <= int(pressed) <= len(script.answers)
        if script is not None and not known and "again" not in query:
            again = f"{request.url}&again=1"
            return _twiml(conversation(script, speaker, times=1, wait=self._wait, keys_url=again))
        text = f"{script.incident} {pressed}" if script is not None and script.incident else pressed
        came = Inbound("voice", number, text, f"{ref}:{'again' if 'again' in query else 'key'}")
        reply = thanks(speaker, language, pressed)
        return CallbackReply((Report(ref, DeliveryWord.READ),), (came,), content_type="text/xml", body=reply)

    def status(self, request: CallbackRequest) -> CallbackReply:
        """How the call ended. That it was completed proves nothing more than `talk` has said. Raises Refused."""
        form = self._signed.form_of(request)
        ref = needed(form, "CallSid", SID)
        ended = ENDED.get(form.get("CallStatus", ""))
        if ended is None:
            return CallbackReply()
        return CallbackReply(reports=(Report(ref, DeliveryWord.FAIL, *ended),))

    def _script(self, request: CallbackRequest) -> tuple[Script | None, str]:
        query = parse_qs(urlsplit(request.url).query)
        script = self._scripts.find(query.get("s", [""])[0])
        return script, script.language if script else query.get("l", ["en"])[0][:10]


def _beside(url: str, name: str) -> str:
    """The address of another callback of this sender, with the same query."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}").geturl()


def _twiml(body: str, *reports: Report) -> CallbackReply:
    return CallbackReply(reports=reports, content_type="text/xml", body=body)
