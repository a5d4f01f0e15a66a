"""A real server on a free port, in a thread of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.hq import serve
from app.models.store import Store


@contextmanager
def running(
    store: Store,
    *,
    largest: int | None = None,
    cert: str | None = None,
    key: str | None = None,
    names: tuple[str, ...] = (),
) -> Iterator[str]:
    """The address of a server over this store, for as long as the block lasts."""
    place = serve.bind("127.0.0.1:0")
    tls = serve.tls(store, names, (cert, key) if cert and key else None)
    server = serve.prepare(store, tls)
    if largest is not None:
        server.config.app.state.house.largest = largest  # type: ignore[union-attr]
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [place]}, daemon=True
    )  # or it would outlive the tests
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{place.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        place.close()
    assert not thread.is_alive()
