"""schemathesis asks the running daemon whatever its own description allows, and what it forbids.

Nothing may break (no 5xx), nothing undocumented may come back, and nothing that the description forbids may be taken.
"""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.console.browser import OnlineSchool, school_online

EVERYBODY = ("staff", "responder", "operator", "commander", "administrator", "technician")
EXAMPLES = 3
"""Beyond the ones that the description itself suggests; `python -m schemathesis.cli run` by hand takes any number."""
API = "^/(api|hooks|webhooks|healthz|readyz|metrics)"
LEFT_OUT = "events$|log/verify$|/replay$|page/audio$"
"""Streams do not end, a verification of everything takes long, and the tool knows no sound."""
ALWAYS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
OF_AN_API = f"{ALWAYS},negative_data_rejection,unsupported_method,missing_required_header"


async def asked_anything(school: OnlineSchool, *words: str) -> tuple[int, str]:
    token = await school.token(*EVERYBODY)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{school.url}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing", "--seed", "1",
        "--max-examples", str(EXAMPLES), "--exclude-path-regex", LEFT_OUT, "--continue-on-failure", "--no-color",
        "--suppress-health-check", "all", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "words",
    [("--include-path-regex", API, "--checks", OF_AN_API), ("--exclude-path-regex", API, "--checks", ALWAYS)],
    ids=["api", "pages"],
)
async def test_no_request_breaks_it_or_gets_what_is_not_described(tmp_path: Path, words: tuple[str, ...]) -> None:
    async with school_online(tmp_path) as school:
        code, said = await asked_anything(school, *words)
        assert code == 0, said[-6000:]
        assert school.daemon.ledger.recorded
