"""Kind `pa_multicast`: IP speakers and phones that listen to RTP multicast (docs/how_to/set_up_speakers.md)."""

from notifier.channels.pa_multicast.channel import PaMulticast
from notifier.channels.pa_multicast.settings import Settings

__all__ = ["PaMulticast", "Settings"]
