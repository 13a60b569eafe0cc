"""What each trouble of a bench is in the campus's own models of wires and locks."""

from notifier.campus.door_model import LockFault
from notifier.campus.relay_device import Wire
from notifier.testing.door_bench import Trouble

WIRES = {
    Trouble.CUT: Wire.UNPLUGGED,
    Trouble.HANGS: Wire.HANGS,
    Trouble.HOLDS_READS: Wire.HOLDS_READS,
    Trouble.BROKEN: Wire.SERVER_ERROR,
    Trouble.RESET: Wire.RESET,
    Trouble.NONSENSE: Wire.NONSENSE,
}
FAULTS = {
    Trouble.LIES: LockFault.LYING,
    Trouble.DEAF: LockFault.DEAF,
    Trouble.SILENT_CONTACT: LockFault.NO_CONTACT,
}
