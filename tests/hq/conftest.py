"""Headquarters with a server, and requests made by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from app.sync import own, requests
from tests.hq.serving import running
from tests.sync.conftest import Office, World
from tests.sync.conftest import world as world

__all__ = ["world"]


@dataclass
class Caller:
    """Makes requests in the name of a site, one step at a time."""

    url: str
    site: Office
    challenge: str = ""

    def ask(
        self, method: str, target: str, body: bytes = b"", *, sent: bytes | None = None, short: bool = False
    ) -> httpx.Response:
        """The answer to a signed request; `sent` is what really goes over the line."""
        self.challenge = self.challenge or fresh(self.url)
        with self.site.store.read() as s:
            keys, here, hq = own.keys(s), own.line(s).site_id.hex, own.hq(s).site
        heads = requests.headers(keys, here, hq, self.challenge, method, target, body, short=short)
        content = body if sent is None else sent
        return httpx.request(method, self.url + target, content=content, headers=heads, trust_env=False, timeout=60)


def fresh(url: str) -> str:
    """A challenge of the server."""
    return requests.asked(httpx.get(f"{url}/v1/feed", trust_env=False).headers["www-authenticate"])


@pytest.fixture
def url(world: World) -> Iterator[str]:
    """A server over headquarters' store."""
    with running(world.hq.store) as address:
        yield address
