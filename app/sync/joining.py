"""A new site enrols over the network with a one-time code, without any file."""

from app.models.accounts import Actor
from app.models.store import Store
from app.sync import enrolling, inviting
from app.sync.connection import Connection


def join(store: Store, url: str, code: str, name: str = "") -> Actor:
    """This site is enrolled by the headquarters that gave the code, with its first data. Gives who acts from here on.

    Nothing is believed of the line: each side shows by a proof that it knows the code, which itself does not travel. Tried
    again after a cut, it ends the same. Refused: a mistyped code, one that headquarters does not take, another headquarters.
    """
    request, _mark = enrolling.ask(store, name)
    with Connection.unknown(url) as line:
        approval = line.enrol(request, inviting.prove(code, request))
    return enrolling.accept(store, approval, proven=lambda given: inviting.recognise(code, given))
