"""Headquarters changes its keys: the new ones go down as texts signed by the old, and what was sealed to those stays readable."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.errors import Refusal, StoreRefusal
from app.models.store import Store
from app.services.access import allow
from app.sync import certificates, own, renewing
from app.sync.batch import Header
from app.sync.certificates import HqKeys
from app.sync.keys import Keys

#: Former signing keys that stay trusted, and changes of keys that a site may have missed and still follow.
SIGNERS, LINKS = 8, 8
#: No honest site states a higher number.
_HIGHEST = 2**62


def rotate(s: Session, *, distrust: bool = False) -> HqKeys:
    """Headquarters signs and is written to with new keys; what was sealed to the former ones is still read.

    Papers signed by a former key stay good. With `distrust` (it fell into other hands) sites refuse whatever it signed as
    soon as they have heard of the change, and every certificate is issued anew.
    """
    allow(s, "key.rotate")
    known, old, new = own.hq(s), own.keys(s), Keys.new()
    mine = own.identity(s)
    trusted = [] if distrust else known.sign[: SIGNERS - 1]
    own.note(
        s,
        former_age=[old.secrets()[1], *own.fact(s, "former_age", [])],
        former_sign=_once([*known.sign, *own.fact(s, "former_sign", [])]),
    )
    mine.sign_key, mine.age_key = new.secrets()
    changed = msgspec.structs.replace(known, sign=[new.public.sign, *trusted], age=new.public.age)
    announced = announce(s, changed, old)
    certificates_anew = renewing.resign(s)
    logs.note("keys.rotated", number=announced.number, distrust=distrust, certificates=certificates_anew)
    return announced


def rotate_recovery(s: Session) -> HqKeys:
    """Stores are wrapped for a new recovery key as soon as their sites have heard of it; the former one still opens them."""
    allow(s, "key.rotate")
    mine, fresh = own.identity(s), Keys.new()
    if mine.recovery_key is not None:
        own.note(s, former_recovery=[mine.recovery_key, *own.fact(s, "former_recovery", [])])
    mine.recovery_key = fresh.secrets()[1]
    announced = announce(s, msgspec.structs.replace(own.hq(s), recovery=fresh.public.age), own.keys(s))
    logs.note("keys.recovery_rotated", number=announced.number)
    return announced


def reassert(s: Session, known: int) -> None:
    """A site that knows newer keys than these (headquarters was put back to before it changed them) is told these again."""
    if own.hq(s).number < known < _HIGHEST:
        announce(s, msgspec.structs.replace(own.hq(s), number=known), own.keys(s))


def announce(s: Session, keys: HqKeys, by: Keys) -> HqKeys:
    """Headquarters has these keys from now on, and its sites will be told of them in a text signed by a key they trust.

    The number is a clock reading where it can be: two changes after the same backup must not get the same one.
    """
    keys = msgspec.structs.replace(keys, number=max(keys.number + 1, int(now().timestamp() * 1000)))
    text = certificates.announce(keys, by)
    own.note(s, keys=msgspec.to_builtins(keys), links=[*own.fact(s, "links", []), [keys.number, text]][-LINKS:])
    return keys


def links(s: Session, known: int = 0) -> list[str]:
    """The texts by which whoever has the keys of this number follows to the present ones, oldest first; none if it has those.

    Older texts are among them: a headquarters that was put back has perhaps branched off before that number.
    """
    told = own.fact(s, "links", [])
    return [text for _number, text in told] if any(number > known for number, _text in told) else []


# --- the site ---


def follow(s: Session, header: Header) -> bool:
    """This site knows headquarters by its newest keys that a key trusted here has signed, step by step; says whether any are new.

    An older text than what is known changes nothing: there is no way back to former keys.
    """
    known = own.hq(s)
    if header.site != known.site or not header.hq_keys or own.line(s).kind == "hq":
        return False
    newest = _followed(known, header.hq_keys)
    if newest.number == known.number:
        return False
    dropped = [key for key in known.sign if key not in newest.sign]
    own.note(s, keys=msgspec.to_builtins(newest), former_sign=_once([*dropped, *own.fact(s, "former_sign", [])]))
    logs.note("keys.followed", number=newest.number)
    return True


def _followed(known: HqKeys, texts: Sequence[str]) -> HqKeys:
    trusted = known.sign
    for text in texts:
        try:
            told = certificates.read_keys(text, trusted)
        except Refusal:  # a step from before our own, or from a life of headquarters that we know nothing of
            continue
        if told.site == known.site and told.number > known.number:
            known, trusted = told, told.sign
        elif (
            told.site == known.site
        ):  # no way back, but a key that we trust vouches for the one that signs what follows
            trusted = [*trusted, *told.sign[:1]]
    return known


def wrap(store: Store) -> None:
    """Headquarters' present recovery key opens this store too; a disk that cannot be written is tried again at the next start."""
    with store.read() as s:
        if own.line(s).kind == "hq" or own.identity(s).certificate is None:
            return
        recovery = own.hq(s).recovery
    try:
        if recovery not in store.vault.recoveries():
            store.set_recovery(recovery)
    except StoreRefusal as refusal:
        logs.fault("recovery.wrap", refusal)


def _once(keys: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(keys))
