"""The real program in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import PASSWORD, Place, visits

ROOT = Path(__file__).resolve().parent.parent.parent


def program(*words: object, given: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, encoding="utf-8", timeout=120)


def test_json_is_one_document_and_the_password_may_come_from_standard_input(tmp_path: Path) -> None:
    made = program("init", "hq", "--store", tmp_path / "hq", "--name", "采油厂", "--admin", "boss", "--json")
    assert (made.returncode, json.loads(made.stdout)["kind"]) == (0, "hq")
    status = program("hq", "status", "--store", tmp_path / "hq", "--json")
    assert (status.returncode, json.loads(status.stdout)) == (0, [])
    wrong = program("hq", "status", "--store", tmp_path / "hq", "--json", given="wrong-123")
    assert wrong.returncode == 4 and json.loads(wrong.stdout)["refused"]
    assert program("hq", "nonsense").returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="stopped by another signal there")
def test_the_server_serves_and_stops_in_order(hq: Place, site: Place) -> None:
    visits(site, 2)
    command = [
        sys.executable,
        "-m",
        "app",
        "hq",
        "serve",
        "--plain",
        "--listen",
        "127.0.0.1:0",
        "--store",
        str(hq.folder),
    ]
    with subprocess.Popen(
        [*command, "--password-file", str(hq.password)], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:  # fmt: skip
        assert server.stdout
        url = server.stdout.readline().split()[-1]
        try:
            assert httpx.get(f"{url}/v1/health", trust_env=False).json()["status"] == "ok"
            assert site.json("sync", "--hq", url)["confirmed"] == 2
            assert hq("hq", "serve", "--listen", url.removeprefix("http://"), code=3).err
        finally:
            server.send_signal(signal.SIGTERM)
            rest = server.stdout.read()
    assert (server.returncode, "服务已停止" in rest) == (0, True)
