"""What Twilio tells us: what became of a message, and what people text back. Hostile until the signature says not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, parse_qsl

from notifier.channels.twilio.account import Account
from notifier.channels.twilio.codes import STATUSES, reason_of_failure
from notifier.channels.twilio.signature import HEADER, SETTINGS_HEADER, algorithm_in, body_matches, signed_by
from notifier.errors import Refused
from notifier.interfaces import CallbackReply, CallbackRequest
from notifier.model.delivery import DeliveryWord, Inbound, Report

# Twilio's own are under 3 kB with some 25 fields; a longer one is not Twilio's.
LONGEST_BODY = 64 * 1024
MOST_FIELDS = 200

SID = re.compile(r"[A-Za-z0-9]{1,64}")
SOURCE = re.compile(r"[A-Za-z]{0,16}:?\+?[A-Za-z0-9 ]{1,32}")

OPT_OUT_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
OPT_IN_WORDS = frozenset({"start", "unstop", "yes"})
"""Words that Twilio itself acts on when they are the whole text (twilio.com/docs/messaging, advanced opt-out)."""

# We never answer through the webhook: what is said to people goes through the ledger.
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

Form = Mapping[str, str]


class Callbacks:
    """The two functions that the console mounts for one sender; they read and judge, and change nothing."""

    def __init__(self, settings: Account) -> None:
        self._settings = settings

    def mounted(self) -> Mapping[str, Callable[[CallbackRequest], CallbackReply]]:
        return {"status": self.status, "inbound": self.inbound}

    def status(self, request: CallbackRequest) -> CallbackReply:
        """Raises Refused."""
        form = self.form_of(request)
        ref = needed(form, "MessageSid", SID)
        word = STATUSES.get(form.get("MessageStatus", ""))
        if word is None:  # a new status of theirs is no reason to make them try again
            return CallbackReply()
        return CallbackReply(reports=(report(ref, word, form.get("ErrorCode"), self._settings),))

    def inbound(self, request: CallbackRequest) -> CallbackReply:
        """Raises Refused. A picture without words has an empty text: it still is a sign of life."""
        form = self.form_of(request)
        source, ref = needed(form, "From", SOURCE), needed(form, "MessageSid", SID)
        came = inbound(source, form.get("Body", ""), ref, form.get("OptOutType"))
        return CallbackReply(inbound=(came,), content_type="text/xml", body=NOTHING_TO_SAY)

    def form_of(self, request: CallbackRequest) -> Form:
        """The fields, each once, of a request that Twilio signed for this account. Raises Refused."""
        if request.method != "POST":
            raise Refused("Twilio is expected to POST: set the webhook's method to HTTP POST.", 405)
        if len(request.body) > LONGEST_BODY:
            raise Refused("This is longer than anything that Twilio sends.", 413)
        headers = {name.lower(): value for name, value in request.headers.items()}
        as_json = headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        pairs = _json_pairs(request.body) if as_json else _form_pairs(request.body)
        self._check(request, headers, pairs, as_json)
        twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        if twice:
            raise Refused("A field stands there twice; nobody can tell which one counts.", 400)
        form = dict(pairs)
        if form.get("AccountSid") != self._settings.account_sid:
            raise Refused("This is about another Twilio account.", 403)
        return form

    def _check(
        self, request: CallbackRequest, headers: Mapping[str, str], pairs: list[tuple[str, str]], as_json: bool
    ) -> None:
        algorithm = algorithm_in(headers.get(SETTINGS_HEADER, ""))
        secret = self._settings.signing_key if algorithm == "sha256" else self._settings.auth_token
        if not algorithm or secret is None:
            raise Refused("This is signed with a key that we do not have: write it as signing_key.", 403)
        well = signed_by(
            secret.reveal(),  # type: ignore[attr-defined]  # SecretText is a Secret once pydantic has read it
            headers.get(HEADER, ""),
            request.url,
            () if as_json else pairs,
            algorithm,
        )
        if as_json:
            query = parse_qs(request.url.partition("?")[2].partition("#")[0])
            well = body_matches(query.get("bodySHA256", [""])[0], request.body) and well
        if not well:
            raise Refused(
                "The signature is wrong: not Twilio, another auth_token, or public_url is not the address it calls.",
                403,
            )


def report(ref: str, word: DeliveryWord, code: str | int | None, settings: Account) -> Report:
    """Later news of one message, from a callback or from asking."""
    if word is not DeliveryWord.FAIL:
        return Report(ref, word)
    written = str(code or "")
    number = int(written) if written.isascii() and written.isdigit() and len(written) < 8 else None
    reason, detail = reason_of_failure(number, settings.codes)
    return Report(ref, word, reason, detail)


def inbound(source: str, text: str, ref: str, opt_out_type: str | None = None) -> Inbound:
    """A person's text, with what Twilio made of it; without its word for that, by the words that it acts on."""
    bare = text.strip(" \t\r\n.,!?\"'").casefold()
    said = (opt_out_type or "").strip().upper()
    stops = said == "STOP" if said else bare in OPT_OUT_WORDS
    starts = said == "START" if said else bare in OPT_IN_WORDS
    # PostgreSQL takes every character but this one.
    return Inbound("sms", source, text.replace("\x00", ""), ref, opt_out=stops, opt_in=starts)


def _form_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused("This is not a form that can be read.", 400) from None


def _json_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        said = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise Refused("This is not JSON that can be read.", 400) from None
    if not isinstance(said, list) or len(said) > MOST_FIELDS:
        raise Refused("An object with plain fields is expected.", 400)
    if not all(isinstance(pair, tuple) and isinstance(pair[1], str) for pair in said):
        raise Refused("An object with plain fields is expected.", 400)
    # JSON can spell half a sign, which no store takes.
    return [(name, value.encode(errors="replace").decode()) for name, value in said]


def needed(form: Form, name: str, shape: re.Pattern[str]) -> str:
    """The field's value; raises Refused if it is not there or not of this shape."""
    value = form.get(name, "")
    if not shape.fullmatch(value):
        raise Refused(f"The field {name} is missing or cannot be right.", 400)
    return value
