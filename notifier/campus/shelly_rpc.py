"""What a Shelly Gen2 answers to each RPC method, over a campus device. Pure: method and time in, answer out.

Shapes: shelly-api-docs.shelly.cloud, gen2 General/RPCProtocol, General/CommonErrors, Components Switch and Input.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.campus.door_model import DoorModel, Output
from notifier.campus.relay_device import RelayDevice

INVALID_ARGUMENT = -103
NOT_FOUND = -105
NO_HANDLER = 404

OPEN_METHODS = frozenset({"Shelly.GetDeviceInfo"})
"""Answered without a password."""
READS = ("Get", "List")


class RpcFault(Exception):
    """The error object of a reply."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_read(method: str) -> bool:
    return method.partition(".")[2].startswith(READS)


def answer(device: RelayDevice, method: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The result of `method`; raises RpcFault with the device's own code."""
    component, _, verb = method.partition(".")
    if component == "Shelly":
        return _shelly(device, verb, now)
    if component == "Switch":
        number = _number(params)
        output = device.outputs.get(number)
        if output is None:
            raise RpcFault(NOT_FOUND, f"Argument 'id', value {number} not found!")
        return _switch(number, output, verb, params, now)
    if component == "Input" and verb == "GetStatus":
        number = _number(params)
        inputs = device.inputs(now)
        if number not in inputs:
            raise RpcFault(NOT_FOUND, f"Argument 'id', value {number} not found!")
        return {"id": number, "state": inputs[number]}
    raise RpcFault(NO_HANDLER, f"No handler for {method}")


def device_info(device: RelayDevice) -> dict[str, Any]:
    """What `/shelly` and Shelly.GetDeviceInfo say, password or not."""
    return {
        "name": None,
        "id": device.id,
        "mac": device.id.rpartition("-")[2].upper(),
        "model": "SNSW-001X16EU",
        "gen": 2,
        "ver": "1.4.4",
        "app": "Plus1",
        "auth_en": device.password is not None,
        "auth_domain": device.id if device.password is not None else None,
    }


def _shelly(device: RelayDevice, verb: str, now: float) -> dict[str, Any]:
    if verb == "GetDeviceInfo":
        return device_info(device)
    if verb == "GetStatus":
        found: dict[str, Any] = {f"input:{n}": {"id": n, "state": state} for n, state in device.inputs(now).items()}
        found.update({f"switch:{number}": _status(number, output, now) for number, output in device.outputs.items()})
        return {**found, "sys": {"uptime": int(now), "restart_required": False}}
    if verb == "GetConfig":
        switches = {f"switch:{number}": _config(number, output) for number, output in device.outputs.items()}
        inputs = {f"input:{n}": {"id": n, "type": "switch", "invert": False} for n in device.inputs(now)}
        return {**inputs, **switches, "sys": {"device": {"mac": device_info(device)["mac"]}}}
    raise RpcFault(NO_HANDLER, f"No handler for Shelly.{verb}")


def _switch(number: int, output: Output, verb: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
    if verb == "Set":
        on, after = params.get("on"), params.get("toggle_after")
        if not isinstance(on, bool):
            raise RpcFault(INVALID_ARGUMENT, "Missing or bad argument 'on'!")
        if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after <= 0):
            raise RpcFault(INVALID_ARGUMENT, "Bad argument 'toggle_after'!")
        return {"was_on": output.switch(on, now, after)}
    if verb == "Toggle":
        return {"was_on": output.switch(not output.on(now), now)}
    if verb == "GetStatus":
        return _status(number, output, now)
    if verb == "GetConfig":
        return _config(number, output)
    raise RpcFault(NO_HANDLER, f"No handler for Switch.{verb}")


def _status(number: int, output: Output, now: float) -> dict[str, Any]:
    return {"id": number, "source": "HTTP_in", "output": output.on(now), "temperature": {"tC": 41.2, "tF": 106.2}}


def _config(number: int, output: Output) -> dict[str, Any]:
    return {
        "id": number,
        "name": "bolt" if isinstance(output, DoorModel) else None,
        "in_mode": output.in_mode,
        "initial_state": output.initial_state,
        "auto_on": False,
        "auto_on_delay": 60.0,
        "auto_off": output.auto_off is not None,
        "auto_off_delay": output.auto_off or 60.0,
    }


def _number(params: Mapping[str, Any]) -> int:
    number = params.get("id")
    if isinstance(number, bool) or not isinstance(number, int):
        raise RpcFault(INVALID_ARGUMENT, "Missing required argument 'id'!")
    return number
