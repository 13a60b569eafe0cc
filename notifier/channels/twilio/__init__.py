"""SMS by Twilio."""

from notifier.channels.twilio.settings import Settings
from notifier.channels.twilio.sms import TwilioSms

__all__ = ["Settings", "TwilioSms"]
