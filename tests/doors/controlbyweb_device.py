"""ControlByWeb devices in their own wire format: an X-410 (`state.json`, `state.xml`) and an old WebRelay.

Source: a copy of the maker's X-410 integration manual; WebRelay manuals for `relay1State` and `stateFull.xml`.
"""

from collections.abc import Callable

from aiohttp import web

from notifier.testing.door_bench import Arrived
from tests.doors.web_fake import FakeWeb

WORDS = {"1": Arrived.ON, "0": Arrived.OFF}


class FakeX410(FakeWeb):
    """Lock on relay 1, beacon on relay 2; bolt on digitalInput1, leaf on digitalInput2. Every value is a string."""

    scheme = "basic"
    user = "none"
    frozen = False

    def __init__(self) -> None:
        super().__init__(bolt_input=1, leaf_input=2)

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        told = request.query.get("relay1", request.query.get("relay2"))
        what = WORDS.get(told or "", Arrived.READ)

        def deed() -> web.Response:
            if request.path not in ("/state.json", "/state.xml"):
                return web.Response(status=404, text="Not Found")
            for name, output in (("relay1", self.lock), ("relay2", self.strobe)):
                if request.query.get(name) in WORDS and not self.frozen:
                    self.switch(output, request.query[name] == "1")
            tags = {f"digitalInput{n}": state for n in (1, 2) if (state := self.input(n)) is not None}
            tags |= {"relay1": self.lock.on(self.now), "relay2": self.strobe.on(self.now)}
            values = {"vin": "12.1", **{name: str(int(on)) for name, on in tags.items()}, "serialNumber": "00:0C:C8"}
            if request.path == "/state.json":
                return web.json_response(values)
            inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
            return web.Response(text=f"<datavalues>{inside}</datavalues>", content_type="text/xml")

        return what, deed


class FakeOldWebRelay(FakeWeb):
    """A WebRelay-Quad: `stateFull.xml?relay1State=1`, lower-case tags in the answer."""

    scheme = "basic"
    user = "none"

    def __init__(self) -> None:
        super().__init__(bolt_input=1, leaf_input=2)

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        told = request.query.get("relay1State", "")

        def deed() -> web.Response:
            if request.path != "/stateFull.xml":
                return web.Response(status=404, text="Not Found")
            if told in WORDS:
                self.switch(self.lock, told == "1")
            tags = {"relay1state": self.lock.on(self.now), "input1state": self.input(1), "input2state": self.input(2)}
            inside = "\n".join(f"<{name}>{int(on)}</{name}>" for name, on in tags.items() if on is not None)
            text = f'<?xml version="1.0" encoding="utf-8"?>\n<datavalues>\n{inside}\n</datavalues>'
            return web.Response(text=text, content_type="text/xml")

        return WORDS.get(told, Arrived.READ), deed
