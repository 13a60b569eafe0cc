"""Twilio's words on the wire: JSON of messages and refusals, form fields of callbacks, the signature.

Written apart from the channel's own reading of them, so that one mistake does not hide in both.
Sources: twilio.com/docs/messaging/api/message-resource, twilio.com/docs/usage/security.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

from notifier.campus.sms_model import InboundNews, News, Refusal, Text
from notifier.model.segments import segments

VERSION = "2010-04-01"

# The real ones name full numbers, which is why no error text of Twilio's may reach a log.
SENTENCES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21211: "Invalid 'To' Phone Number: {to}",
    21602: "Message body is required.",
    21606: "The 'From' phone number provided ({sender}) is not a valid message-capable Twilio phone number.",
    21610: "Attempt to send to unsubscribed recipient: {to}",
    21614: "To number: {to}, is not a mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}


def message_json(text: Text, account: str, epoch: float) -> dict[str, Any]:
    """One message; `epoch`: what to add to the model's time for seconds since 1970."""
    path = f"/{VERSION}/Accounts/{account}/Messages/{text.sid}"
    failed = text.code is not None
    return {
        "body": text.body,
        "num_segments": "0" if text.service and text.sent is None else str(segments(text.body)),
        "direction": "inbound" if text.inbound else "outbound-api",
        "from": text.sender,
        "to": text.to,
        "date_updated": _date(text.updated, epoch),
        "price": None,
        "error_message": f"Error {text.code} for {text.to}" if failed else None,
        "uri": f"{path}.json",
        "account_sid": account,
        "num_media": "0",
        "status": text.status,
        "messaging_service_sid": text.service or None,
        "sid": text.sid,
        "date_sent": None if text.sent is None else _date(text.sent, epoch),
        "date_created": _date(text.created, epoch),
        "error_code": text.code,
        "price_unit": "USD",
        "api_version": VERSION,
        "subresource_uris": {"media": f"{path}/Media.json"},
    }


def refusal_json(refusal: Refusal, to: str = "", sender: str = "") -> bytes:
    sentence = SENTENCES.get(refusal.code, "Refused on order").format(to=to, sender=sender)
    more = f"https://www.twilio.com/docs/errors/{refusal.code}"
    said = {"code": refusal.code, "message": sentence, "more_info": more, "status": refusal.http}
    return json.dumps(said).encode()


def page_json(
    texts: Sequence[Text], path: str, query: Mapping[str, str], page: int, size: int, more: bool
) -> dict[str, Any]:
    """The frame around one page of a list; `next_page_uri` repeats the caller's filters."""

    def uri(number: int) -> str:
        return f"{path}?{urlencode({**query, 'PageSize': str(size), 'Page': str(number)})}"

    return {
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if more else None,
        "previous_page_uri": uri(page - 1) if page else None,
        "uri": uri(page),
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(texts) - 1),
    }


def callback_fields(news: News, account: str) -> dict[str, str]:
    """The form that Twilio posts."""
    text = news.text
    fields = {
        "ApiVersion": VERSION,
        "AccountSid": account,
        "MessageSid": text.sid,
        "SmsSid": text.sid,
        "From": text.sender,
        "To": text.to,
    }
    if text.service:
        fields["MessagingServiceSid"] = text.service
    if isinstance(news, InboundNews):
        fields |= {"SmsStatus": "received", "Body": text.body, "NumMedia": "0", "NumSegments": str(segments(text.body))}
        return fields | ({"OptOutType": news.opt_out_type} if news.opt_out_type else {})
    fields |= {"MessageStatus": news.status, "SmsStatus": news.status}
    return fields | ({"ErrorCode": str(news.code)} if news.code is not None else {})


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), "sha1").digest()).decode()


def _date(at: float, epoch: float) -> str:
    return formatdate(at + epoch, localtime=False).replace("-0000", "+0000")
