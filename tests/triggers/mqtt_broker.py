"""A real MQTT broker as a process of its own: amqtt, or Debian's mosquitto; killed without a word."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import aiomqtt
import pytest
import yaml

PATIENCE = 20.0

needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto") is None and not Path("/usr/sbin/mosquitto").exists(),
    reason="mosquitto is not installed; type: sudo apt-get install mosquitto",
)


class Broker:
    """On one port of this machine, again and again."""

    def __init__(self, folder: Path, kind: str = "amqtt", *, password: str = "", tls: tuple[Path, Path] | None = None):
        self.kind, self.password, self.tls = kind, password, tls
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://localhost:{self.port}"

    async def start(self) -> None:
        if self._process is not None:
            return
        command = self._mosquitto() if self.kind == "mosquitto" else self._amqtt()
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """As by kill -9."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It takes no more part in anything, and nobody is told."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def publish(self, topic: str, payload: str | bytes, *, retain: bool = False, times: int = 1) -> None:
        """As a gateway does: QoS 1; returns when the broker has it."""
        async with aiomqtt.Client(
            "localhost",
            self.port,
            username="gateway" if self.password else None,
            password=self.password or None,
            tls_context=ssl.create_default_context(cafile=self.tls[0]) if self.tls else None,
        ) as client:
            for _ in range(times):
                await client.publish(topic, payload, qos=1, retain=retain)

    def _amqtt(self) -> list[str]:
        listener: dict[str, object] = {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}
        if self.tls:
            listener |= {"ssl": True, "certfile": str(self.tls[0]), "keyfile": str(self.tls[1])}
        plugins: dict[str, object] = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        written = self._folder / f"amqtt-{self.port}.yaml"
        written.write_text(yaml.safe_dump({"listeners": {"default": listener}, "plugins": plugins}))
        return [str(Path(sys.executable).with_name("amqtt")), "-c", str(written)]

    def _mosquitto(self) -> list[str]:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {'false' if self.password else 'true'}"]
        lines += [
            f"user {getpass.getuser()}",
            "persistence true",
            f"persistence_location {self._folder}/",
            "autosave_interval 1",
        ]
        if self.password:
            users = self._folder / f"users-{self.port}"
            users.write_text(f"gateway:{self.password}\nnotifier:{self.password}\n")
            maker = program.replace("mosquitto", "mosquitto_passwd") if "sbin" not in program else "mosquitto_passwd"
            subprocess.run([maker, "-U", str(users)], check=True, capture_output=True)
            users.chmod(0o644)
            lines.append(f"password_file {users}")
        written = self._folder / f"mosquitto-{self.port}.conf"
        written.write_text("\n".join(lines) + "\n")
        return [program, "-c", str(written)]
