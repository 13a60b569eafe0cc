"""Cameras that only stream, looked through by a real ffmpeg."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from notifier.cameras import rtsp_still
from notifier.cameras.rtsp_still import RtspStill, stream_fault
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.testing.camera_bench import CameraTrouble
from notifier.testing.check_camera import CAMERA_PROMISES, Promise
from tests.cameras.camera_device import PASSWORD
from tests.cameras.rtsp_camera import MISSING, FakeRtspCamera, has_ffmpeg

needs_ffmpeg = pytest.mark.skipif(not has_ffmpeg(), reason=MISSING)


@needs_ffmpeg
@pytest.mark.parametrize("promise", CAMERA_PROMISES, ids=lambda promise: promise.__name__)
async def test_it_keeps_the_promise_that_it(promise: Promise) -> None:
    async with FakeRtspCamera() as bench:
        await promise(lambda: RtspStill(bench.tools()), bench)


@needs_ffmpeg
@pytest.mark.parametrize("trouble", [CameraTrouble.HANGS, CameraTrouble.HANGS_MIDWAY])
async def test_one_that_hangs_is_given_up_and_its_ffmpeg_ended(trouble: CameraTrouble) -> None:
    async with FakeRtspCamera(reply_limit="500ms") as bench:
        bench.inflict(trouble)
        with pytest.raises(TryAgain, match=r"no frame within 0\.5 s"):
            await RtspStill(bench.tools()).still(bench.camera)
    assert _children() == []


@needs_ffmpeg
async def test_a_look_that_is_given_up_leaves_no_ffmpeg_behind() -> None:
    async with FakeRtspCamera() as bench:
        bench.inflict(CameraTrouble.HANGS)
        asking = asyncio.create_task(RtspStill(bench.tools()).still(bench.camera))
        await bench.was_asked.wait()
        assert _children() != []
        assert PASSWORD not in " ".join(_children())
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert _children() == []


@needs_ffmpeg
async def test_a_path_without_a_stream_is_named() -> None:
    async with FakeRtspCamera() as bench:
        elsewhere = bench.camera.model_copy(update={"address": bench.camera.address.replace("stream2", "attic")})
        with pytest.raises(WillNotWork, match="no stream at this path"):
            await RtspStill(bench.tools()).still(elsewhere)


async def test_without_ffmpeg_the_line_to_type_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_still, "FFMPEG", ("ffmpeg-that-nobody-has",))
    bench = FakeRtspCamera()
    camera = rtsp_still.Camera(id="c1", zone="z", driver="rtsp_still", address="rtsp://127.0.0.1:9/s")
    with pytest.raises(WillNotWork, match="sudo apt-get install -y ffmpeg") as failure:
        await RtspStill(bench.tools()).still(camera)
    assert failure.value.reason is Reason.NOT_SUPPORTED


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/s", "rtsp://", "rtsp://a b/s", "rtsp://10.0.0.1/'\nfile x", "rtsp://10.0.0.1/\\",
        "rtsp://viewer:secret@10.0.0.1/s", "rtsp://169.254.169.254/s", "rtsp://localhost/s", "concat:/etc/passwd",
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_opened_is_refused_when_it_is_written(address: str) -> None:
    assert stream_fault(address, ())


@pytest.mark.parametrize("address", ["rtsp://10.0.0.61:554/stream2", "rtsps://cam-3.school/Streaming/Channels/102?a=b"])
def test_an_ordinary_stream_is_taken(address: str) -> None:
    assert stream_fault(address, ()) == ""


def _children() -> list[str]:
    """Command lines of the decoders that are children of this process; the fake camera's encoder is none."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(OSError):  # it has ended since it was listed
                line = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found += [line] if "ffmpeg" in line and "concat" in line else []
    return found
