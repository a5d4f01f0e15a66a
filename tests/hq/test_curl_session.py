"""The session that the documentation shows is carried out against a real server, word for word."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.models.visits import Visit
from app.sync import exchange, own
from tests.hq.serving import running
from tests.hq.test_api import head
from tests.sync.conftest import World

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "installer" / "hq" / "session.sh"


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl are not installed here"
)
def test_a_site_can_be_played_with_curl_and_openssl_alone(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    visit = site.visit()
    data = world.up(site)
    with site.store.read() as s:
        keys, known, here = own.keys(s), own.hq(s), own.line(s).site_id.hex
    pem, package, ca, receipt = (tmp_path / name for name in ("key.pem", "a.fgpkg", "ca.pem", "receipt.fgpkg"))
    pem.write_bytes(keys.sign.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    package.write_bytes(data)
    ca.write_text(known.ca)
    with running(world.hq.store, names=("127.0.0.1",)) as url:
        words = [str(SCRIPT), url, str(ca), str(pem), here, known.site, str(package), head(data), str(receipt)]
        run = subprocess.run(["sh", *words], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "again 200" and "200" in run.stdout.splitlines()[0] + run.stdout
    assert world.hq.ids(Visit) == {visit}
    assert exchange.hear(site.store, receipt.read_bytes(), site.actor).receipts[0][0].counts == {"taken": 1}


def test_the_documentation_shows_this_very_session() -> None:
    shown = (ROOT / "docs" / "server.md").read_text("utf-8")
    assert SCRIPT.read_text("utf-8") in shown
