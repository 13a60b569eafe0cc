"""A door behind an access controller: modes as ONVIF tells them, a lock that follows, monitors that may lie.

In lockdown and when blocked it refuses badges; `schedule` is what the controller does with it when nothing holds it.
"""

from notifier.campus.door_model import LockFault
from notifier.clock import Clock

TRAVEL = 0.12
LOCKS = {"Locked", "Blocked", "LockedDown", "DoubleLocked"}
SHUT_OUT = {"Blocked", "LockedDown"}


class DoorFault(Exception):
    """The controller's own word for what it will not do: (code, subcode)."""

    def __init__(self, code: str, sub: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.sub = code, sub


class AccessDoor:
    """Stands unlocked and closed when made. In lockdown it refuses everything but the release, as Axis says."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.mode = "Unlocked"
        self.schedule = "Locked"
        self.leaf = "Closed"
        self.alarm = "Normal"
        self.tamper = "NotInTamper"
        self.fault: LockFault | None = None
        self.capabilities = dict.fromkeys(("Access", "Lock", "Unlock", "Block", "LockDown", "LockOpen"), True)
        self.capabilities |= {"LockMonitor": True, "DoorMonitor": True}
        self._thrown = False
        self._moves_at: float | None = None

    def thrown(self) -> bool:
        """Where the bolt is: the truth."""
        if self._moves_at is not None and self.clock.now() >= self._moves_at and self.fault is None:
            self._thrown, self._moves_at = self.mode in LOCKS, None
        return self._thrown

    def stands_locked(self) -> None:
        """As at night: thrown, and badges open it."""
        self.mode, self._thrown, self._moves_at = "Locked", True, None

    def badge(self) -> bool:
        """Somebody holds a good badge to the reader; whether that opens it."""
        return self.mode not in SHUT_OUT

    def mend(self) -> None:
        self.fault = None
        self._moves_at = self.clock.now()

    def do(self, operation: str) -> None:
        """Raises DoorFault."""
        if self.fault is LockFault.DEAF:
            return
        if self.mode == "LockedDown" and operation != "LockDownReleaseDoor":
            raise DoorFault("env:Sender", "ter:InvalidArgVal", "door is in lock down")
        if self.mode == "LockedOpen" and operation != "LockOpenReleaseDoor":
            raise DoorFault("env:Sender", "ter:InvalidArgVal", "door is locked open")
        if operation == "LockDownDoor" and not self.capabilities["LockDown"]:
            raise DoorFault("env:Receiver", "ter:ActionNotSupported", "no lock down")
        modes = {
            "LockDownDoor": "LockedDown",
            "LockDownReleaseDoor": self.schedule,
            "LockDoor": "Locked",
            "BlockDoor": "Blocked",
            "UnlockDoor": "Unlocked",
            "LockOpenReleaseDoor": "Locked",
        }
        if operation not in modes or (operation == "LockDownReleaseDoor" and self.mode != "LockedDown"):
            raise DoorFault("env:Sender", "ter:InvalidArgVal", f"not now: {operation}")
        self.thrown()
        self.mode = modes[operation]
        if self._moves_at is None:
            self._moves_at = self.clock.now() + TRAVEL

    def states(self) -> dict[str, str]:
        lock = "Locked" if self.thrown() else "Unlocked"
        if self.fault is LockFault.NO_CONTACT:
            lock = "Unknown"
        return {
            "DoorPhysicalState": self.leaf,
            "LockPhysicalState": lock,
            "Alarm": self.alarm,
            "Tamper": self.tamper,
            "DoorMode": self.mode,
        }
