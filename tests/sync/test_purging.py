"""Purging at a site: only what is closed, old, with headquarters and in its backup; it comes back whole or not at all."""

import json
import shutil
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.clock import now, today
from app.errors import Refusal
from app.models import backups, covers
from app.models.attachments import Attachment
from app.models.changes import Change
from app.models.issues import Issue, IssueState
from app.models.steps import Step
from app.models.store import Store
from app.models.visits import Help, Visit
from app.services import attachments, chaining, numbers, sites
from app.sync import carrying, collect, epochs, exchange, own, purging, rules
from app.sync.purging import Preview
from tests.conftest import Clock
from tests.sync.conftest import PASSWORD, Office, World, put_back
from tests.sync.test_scope import raised, stepped


def looked(site: Office) -> dict[str, tuple[int, dict[str, int]]]:
    with site.store.read(site.actor) as s:
        found: Preview = purging.preview(s)
    return {kind.table: (kind.goes, kind.stays) for kind in found.kinds}


def told(world: World, site: Office) -> None:
    """Headquarters has it, has a backup of it, and the site has heard so."""
    world.exchange(site)
    backups.make(world.hq.store)
    world.exchange(site)


def sound(site: Office) -> None:
    with site.store.read() as s:
        assert list(chaining.findings(s)) == []


def test_nothing_leaves_before_it_is_old_taken_and_in_a_backup_of_headquarters(clock: Clock, world: World) -> None:
    site = world.site("A")
    site.visit("旧")
    assert looked(site)["visit"] == (0, {"young": 1})
    clock.forward(days=400)
    assert looked(site)["visit"] == (0, {"waiting": 1})
    world.exchange(site)
    assert looked(site)["visit"] == (0, {"backup": 1})
    backups.make(world.hq.store)
    assert looked(site)["visit"] == (0, {"backup": 1}), "the site has not heard of the backup yet"
    world.exchange(site)
    assert looked(site)["visit"] == (1, {})


def test_what_was_purged_is_gone_here_whole_at_headquarters_and_the_chain_holds(clock: Clock, world: World) -> None:
    site = world.site("A")
    visit = site.visit("一句很特别的话")
    with site.store.begin(site.actor) as s:
        kept = attachments.blobs(site.store).put(b"photo")
        s.add(Help(kind="medical", day=today(), visit_id=visit, path="/PS1/01/"))
        s.add(
            Attachment(
                of_table="visit",
                of_id=visit,
                hash=kept.hash,
                size=kept.size,
                media="image/png",
                name="a",
                path="/PS1/01/",
            )
        )
    told(world, site)
    clock.forward(days=400)
    young = site.visit("新")
    assert looked(site)["visit"] == (0, {"file": 1, "young": 1}), "headquarters has the record, and not the photo"
    up = world.folder / "up"
    up.mkdir()
    carrying.write_upload(site.store, site.actor, up)
    carrying.read_files(world.hq.store, world.hq.actor, [up])
    assert looked(site)["visit"] == (0, {"file": 1, "young": 1}), "and has not said that it has it now"
    world.exchange(site)
    assert purging.purge(site.store, site.actor) == 1
    assert site.ids(Visit) == {young} and site.ids(Help) == set() and site.ids(Attachment) == set()
    assert not attachments.blobs(site.store).has(kept.hash)
    with site.store.read() as s:
        assert s.scalar(select(func.count()).where(Change.payload.contains("一句很特别的话"))) == 0
    sound(site)
    for _ in range(2):
        world.exchange(site)
    assert world.hq.ids(Visit) == {visit, young}
    assert site.ids(Visit) == {young}, "an exchange brings nothing back"
    assert purging.purge(site.store, site.actor) == 0


def test_an_issue_goes_with_its_steps_once_it_is_closed_and_keeps_the_visit_it_came_from(
    clock: Clock, world: World
) -> None:
    site = world.site("A")
    visit = site.visit()
    issue = raised(site, "C01-1", visit_id=visit)
    told(world, site)
    clock.forward(days=400)
    assert looked(site)["issue"] == (0, {"open": 1})
    assert looked(site)["visit"] == (0, {"referred": 1})
    for kind in ("accept", "answer", "close"):
        stepped(site, issue, kind, "/PS1/01/")
    told(world, site)
    clock.forward(days=400)
    assert looked(site)["issue"] == (1, {})
    assert purging.purge(site.store, site.actor) == 2
    assert site.ids(Issue) == site.ids(Step) == site.ids(Visit) == set()
    with site.store.read() as s:
        assert s.scalar(select(func.count()).select_from(IssueState)) == 0
    sound(site)


def test_the_last_number_of_a_series_stays_so_that_no_number_is_given_twice(clock: Clock, world: World) -> None:
    site = world.site("A")
    with site.store.read() as s:
        first = numbers.following(s, "/PS1/01/", today(), 2)
        order = numbers.of_order(s, "/PS1/01/", today())
    issues = [raised(site, number) for number in first]
    with site.store.begin(site.actor) as s:
        s.add(Step(issue_id=issues[0], kind="entrust", from_path="/PS1/01/", path="/PS1/01/", number=order))
    stepped(site, issues[0], "entrust_answer", "/PS1/01/")
    for issue in issues:
        for kind in ("accept", "answer", "close"):
            stepped(site, issue, kind, "/PS1/01/")
    told(world, site)
    clock.forward(days=200)
    assert looked(site)["issue"] == (0, {"number": 2})
    with site.store.read() as s:
        assert numbers.following(s, "/PS1/01/", today())[0] > first[1]
        assert numbers.of_order(s, "/PS1/01/", today()) > order
    clock.forward(days=600)
    assert looked(site)["issue"] == (2, {})


def test_a_late_step_of_headquarters_brings_the_whole_issue_back(clock: Clock, world: World) -> None:
    site = world.site("A")
    issue = raised(site, "C01-1")
    for kind in ("accept", "answer", "close"):
        stepped(site, issue, kind, "/PS1/01/")
    told(world, site)
    clock.forward(days=400)
    assert purging.purge(site.store, site.actor) == 1
    stepped(world.hq, issue, "reopen", "/PS1/01/")
    world.exchange(site)
    assert site.ids(Issue) == set(), "not by halves"
    for _ in range(2):
        world.exchange(site)
    assert site.ids(Issue) == {issue}
    assert site.ids(Step) == world.hq.ids(Step) and len(site.ids(Step)) == 5
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    sound(site)
    with site.store.read() as s:
        assert not (own.identity(s).hq or {}).get("ask")


def test_a_late_change_of_a_purged_visit_brings_it_back_whole_with_its_parts(clock: Clock, world: World) -> None:
    site = world.site("A")
    visit = site.visit("原来的话")
    with site.store.begin(site.actor) as s:
        s.add(Help(kind="medical", day=today(), visit_id=visit, path="/PS1/01/"))
    told(world, site)
    clock.forward(days=400)
    assert purging.purge(site.store, site.actor) == 1
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Visit, visit).void_reason = "重复"
    for _ in range(3):
        world.exchange(site)
    with site.store.read() as s:
        back = s.get_one(Visit, visit)
        assert (back.summary, back.void_reason) == ("原来的话", "重复")
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    sound(site)


def backed(site: Office) -> int:
    """How far this site's line lies in headquarters' backups, as it has heard."""
    with site.store.read() as s:
        return int(own.fact(s, "backed", {}).get(own.line(s).epoch.hex, 0))


def test_only_what_lies_in_every_backup_counts_so_that_headquarters_may_be_put_back_to_any(
    clock: Clock, world: World
) -> None:
    site = world.site("A")
    backups.make(world.hq.store)
    clock.forward(days=1)
    visit = site.visit("昨天的备份里没有")
    told(world, site)
    assert backed(site) == 0, "headquarters might be put back to yesterday"
    clock.forward(days=400)
    told(world, site)
    assert looked(site)["visit"] == (1, {}), (
        "after five weeks nobody goes back to a backup while there are younger ones"
    )
    assert purging.purge(site.store, site.actor) == 1
    newest = backups.listed(world.hq.store.folder / "backups")[0]
    world.hq.store.close()
    backups.restore(world.folder / "hq", newest.folder, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)
    assert visit in world.hq.ids(Visit)


@pytest.mark.parametrize("trouble", ["gone", "cut short", "spoilt", "forged"])
def test_a_backup_that_is_gone_or_damaged_covers_nothing_and_the_older_one_counts(
    clock: Clock, world: World, trouble: str
) -> None:
    site = world.site("A")
    site.visit("在两份备份里")
    world.exchange(site)
    backups.make(world.hq.store)
    clock.forward(days=40)
    site.visit("只在新的一份里")
    told(world, site)
    assert backed(site) == 2
    newest = backups.listed(world.hq.store.folder / "backups")[0]
    if trouble == "gone":
        shutil.rmtree(newest.folder)
    elif trouble == "cut short":
        newest.file.write_bytes(newest.file.read_bytes()[:-4096])
    elif trouble == "spoilt":
        newest.file.write_bytes(bytes(newest.file.stat().st_size))
        while newest.whole:
            clock.forward(days=1)
            covers.look_again(world.hq.store, world.hq.store.folder / "backups")
    else:
        about = json.loads((newest.folder / "backup.json").read_text())
        (newest.folder / "backup.json").write_text(json.dumps(about | {"rows": 1}))
    covers.note(world.hq.store)
    world.exchange(site)
    assert backed(site) == 1
    shutil.rmtree(world.hq.store.folder / "backups")
    covers.note(world.hq.store)
    world.exchange(site)
    assert backed(site) == 0


def test_what_others_made_leaves_once_every_backup_of_headquarters_has_it_for_its_maker_may_be_gone(
    clock: Clock, world: World
) -> None:
    maker, site = world.site("A"), world.site("B")
    backups.make(world.hq.store)
    visit = maker.visit("只有丢失的电脑报过")
    clock.forward(days=400)
    world.exchange(maker)
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, maker.store.id, "丢失")
    world.exchange(site)
    assert looked(site)["visit"] == (0, {"backup": 1})
    backups.make(world.hq.store)
    clock.forward(days=1)
    world.exchange(site)
    assert looked(site)["visit"] == (1, {})
    clock.forward(days=-300)  # headquarters' clock: what it takes now seems to be older than what the backups hold
    maker = world.site("C")
    maker.visit("时钟拨回以后收的")
    world.exchange(maker)
    clock.forward(days=300)
    world.exchange(site)
    assert looked(site)["visit"] == (0, {"backup": 2})
    clock.forward(days=40)
    backups.make(world.hq.store)  # five weeks later nobody goes back to the former one
    clock.forward(days=1)
    world.exchange(site)
    assert looked(site)["visit"] == (2, {})
    assert purging.purge(site.store, site.actor) == 2 and visit not in site.ids(Visit)
    put_back(world, backups.listed(world.hq.store.folder / "backups")[0].folder)
    assert visit in world.hq.ids(Visit)


def test_a_receipt_from_before_a_backup_was_lost_does_not_tell_of_it_again(clock: Clock, world: World) -> None:
    site = world.site("A")
    site.visit()
    told(world, site)
    clock.forward(seconds=1)
    late = world.take(world.up(site))
    shutil.rmtree(world.hq.store.folder / "backups")
    covers.note(world.hq.store)
    clock.forward(seconds=1)
    world.exchange(site)
    assert backed(site) == 0
    exchange.hear(site.store, late.file, site.actor)
    assert backed(site) == 0


def test_headquarters_put_back_to_before_its_word_is_told_what_cannot_be_sent_again(clock: Clock, world: World) -> None:
    site = world.site("A")
    early = backups.make(world.hq.store, why="manual", into=world.folder / "taken home by somebody").folder
    clock.forward(days=1)
    visit = site.visit("只有总部还有")
    told(world, site)
    clock.forward(days=400)
    assert purging.purge(site.store, site.actor) == 1
    world.hq.store.close()
    backups.restore(world.folder / "hq", early, login="zs", password=PASSWORD, on_restored=epochs.after_restore)
    world.hq.store = Store.open(world.folder / "hq", login="zs", password=PASSWORD)
    fresh = site.visit("新")
    for _ in range(3):
        world.exchange(site)
    assert visit not in world.hq.ids(Visit) and fresh in world.hq.ids(Visit)
    with site.store.read() as s:
        assert collect.unconfirmed(s) == 0, "not stuck"
        assert (own.identity(s).hq or {})["lost"] == 1
    with site.store.read() as s:
        assert (own.identity(s).hq or {})["backed"] == {}


def test_headquarters_purges_nothing_and_a_member_may_not(world: World) -> None:
    with world.hq.store.read() as s, pytest.raises(Refusal) as refused:
        purging.preview(s)
    assert refused.value.code == "purge_at_hq"


def test_a_change_stays_for_the_first_reason_that_holds_it() -> None:
    at, epoch = now(), uuid.UUID(int=1)
    old = at - rules.KEPT
    assert rules.kept_back(rules.Stamp(epoch, 5, True, old), {epoch: 5}, at) == ""
    assert rules.kept_back(rules.Stamp(epoch, 5, False, old), {epoch: 5}, at) == "waiting"
    assert rules.kept_back(rules.Stamp(epoch, 5, True, old), {epoch: 4}, at) == "backup"
    assert rules.kept_back(rules.Stamp(epoch, 5, True, old), {}, at) == "backup"
    assert rules.kept_back(rules.Stamp(epoch, 5, True, old + timedelta(seconds=1)), {epoch: 5}, at) == "young"
    assert rules.kept_back(rules.Stamp(epoch, 5, True, old, ours=False), {epoch: 5}, at) == "backup"
    assert rules.kept_back(rules.Stamp(epoch, 5, True, old, ours=False, told=True), {}, at) == ""
