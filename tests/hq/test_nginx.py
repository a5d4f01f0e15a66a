"""Behind nginx, with the very file that is shipped: sites notice nothing, and what is the machine's own stays there."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import stamina

from app.models.visits import Visit
from app.sync import authority, client, own
from tests.hq.serving import running
from tests.sync.conftest import World

CONFIGURATION = Path(__file__).parents[2] / "installer" / "hq" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")


@contextmanager
def before(server: str, world: World, folder: Path) -> Iterator[str]:
    """The address of nginx before this server, as the shipped file sets it up, on a free port of this machine."""
    port = free()
    text = CONFIGURATION.read_text("utf-8")
    for said, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("    listen [::]:443 ssl;\n", ""),
        ("/etc/nginx/fengge/", f"{folder}/"),
        ("hq.example;", "127.0.0.1;"),
        ("http://127.0.0.1:8470", server),
    ):
        assert said in text
        text = text.replace(said, here)
    certify(world, folder)
    main = folder / "main.conf"
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main.write_text(
        f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{places}{text}}}\n"
    )
    assert NGINX is not None
    tried = subprocess.run([NGINX, "-t", "-p", str(folder), "-c", str(main)], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(main)])
    try:
        answers(port)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def free() -> int:
    """A port of this machine that nobody uses just now."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def answers(port: int) -> None:
    """Somebody listens at the port; OSError if not within half a minute."""
    for attempt in stamina.retry_context(on=OSError, timeout=30, attempts=None, wait_initial=0.02, wait_max=0.2):
        with attempt:
            socket.create_connection(("127.0.0.1", port)).close()


def certify(world: World, folder: Path) -> None:
    """The certificate, its key and the authority lie in the folder, as `fengge hq certificate` puts them there."""
    with world.hq.store.begin(world.hq.actor) as s:
        made, key = authority.issue(s, ["127.0.0.1"], b"")
        ca = own.hq(s).ca
    for name, text in (("server.key", key), ("server.pem", made), ("ca.pem", ca)):
        (folder / name).write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nginx keeps what it needs; short, and open to its workers."""
    tmp_path.chmod(0o755)
    return tmp_path


def test_a_site_exchanges_through_nginx_without_being_told_anything(world: World, folder: Path) -> None:
    site = world.site("A")
    visits = {site.visit(f"{number}") for number in range(3)}
    assert site.actor is not None
    with running(world.hq.store) as server, before(server, world, folder) as url:
        assert client.exchange(site.store, site.actor, url).confirmed == 3
        assert client.exchange(site.store, site.actor, url).confirmed == 0
    assert world.hq.ids(Visit) == visits and site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_numbers_and_whatever_is_no_route_stay_on_the_machine(world: World, folder: Path) -> None:
    with running(world.hq.store) as server, before(server, world, folder) as url:
        believed = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        with httpx.Client(base_url=url, verify=believed, trust_env=False) as outside:
            assert outside.get("/v1/health").status_code == 200
            for target in ("/metrics", "/", "/v2/health", "/v1/../metrics"):
                assert outside.get(target).status_code == 404
            assert outside.post("/v1/packages", content=b"0" * (67 << 20)).status_code == 413
        assert httpx.get(f"{server}/metrics", trust_env=False).status_code == 200
