"""Headquarters' records were put back, and what lies beside them was not: nothing that is still there as a file is lost."""

import shutil
from pathlib import Path

from sqlalchemy import select

from app.models.batches import Package
from app.models.visits import Visit
from app.services import sites
from app.sync import answering, caretaking, carrying, inbox, quarantine
from tests.sync.conftest import World, back_to, imaged
from tests.sync.test_files import folder


def test_what_lost_laptops_sent_since_the_backup_is_taken_again_and_what_was_in_quarantine_is_there_again(
    world: World, tmp_path: Path
) -> None:
    lost, later, hq = world.site("A"), world.site("B"), world.hq
    before = imaged(hq, tmp_path / "before")
    visit = lost.visit("送来以后电脑丢了")
    carrying.write_upload(lost.store, lost.actor, folder(world, "up"))
    assert [line.state for line in inbox.taken(hq.store, hq.actor, list((world.folder / "up").iterdir()))] == ["taken"]
    late = later.visit("停用以后送来")
    with hq.store.begin(hq.actor) as s:
        sites.revoke(s, later.store.id, "丢失")
    carrying.write_upload(later.store, later.actor, folder(world, "late"))
    assert [read.state for read in carrying.read_files(hq.store, hq.actor, [world.folder / "late"])] == ["quarantined"]
    beside = (answering.RECEIVED, answering.QUARANTINE)
    for name in beside:
        shutil.copytree(hq.store.folder / name, tmp_path / name)
    back_to(hq, before)
    for name in beside:
        shutil.copytree(tmp_path / name, hq.store.folder / name)
    caretaking.go_on(hq.store)
    assert visit in hq.ids(Visit)
    with hq.store.read(hq.actor) as s:
        (held,) = quarantine.listed(s)
        assert (held.site, held.state, held.here) == (later.store.id, "quarantined", True) and "恢复" in held.reason
        known = set(s.scalars(select(Package.id)))
    assert hq.actor is not None
    assert quarantine.retry(hq.store, hq.actor, held.id) == {"taken": 1}, "headquarters knows of no loss yet"
    assert late in hq.ids(Visit)
    caretaking.go_on(hq.store)
    with hq.store.read() as s:
        assert set(s.scalars(select(Package.id))) == known
