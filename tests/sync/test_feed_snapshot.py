"""The first load and every later one: what matters now and no more, in parts, resumable, the same in the end as the whole."""

import json
import os
import uuid
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.errors import Refusal
from app.models.applying import KNOWN, as_known
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.issues import IssueState
from app.models.merge import fold
from app.models.people import Household, Person
from app.models.sites import Site
from app.models.store import Store
from app.models.visits import Visit
from app.sync import enrolling, exchange, feed, loading, own, pasts, renewing, seal
from app.sync.feed import Statement
from tests.sync.conftest import CHEAP, PASSWORD, Office, World
from tests.sync.test_scope import raised, stepped


def changes_of(office: Office, record: uuid.UUID) -> int:
    with office.store.read() as s:
        return s.scalar(select(func.count()).where(Change.record == record)) or 0


def conflicts(office: Office) -> set[tuple[object, ...]]:
    with office.store.read() as s:
        return {(c.record, c.field, c.winner, c.loser) for c in s.scalars(select(Conflict))}


def same(world: World, *sites: Office, path: str = "/PS1/") -> None:
    for site in sites:
        if len(sites) > 1:  # the sites enrolled last are news to the others
            world.exchange(site)
        assert site.digest(path) == world.hq.digest(path)
        assert conflicts(site) == {c for c in conflicts(world.hq) if c[0] in site.ids(Person)}
        with site.store.read() as s:
            assert list(s.scalars(select(Waiting.reason))) == []


def test_a_new_site_gets_of_a_record_that_grew_in_one_chain_only_what_it_is_now(world: World) -> None:
    person = world.people[0]
    for note in ("甲", "乙", "丙"):
        world.hq.edit(person, note=note)
    site = world.site("A")
    assert changes_of(world.hq, person) == 4
    assert changes_of(site, person) == 1
    same(world, site)


def test_an_issue_comes_with_all_its_steps_in_their_order(world: World) -> None:
    issue = raised(world.hq, "HQ-1")
    for kind in ("accept", "dispatch", "sign"):
        stepped(world.hq, issue, kind, "/PS1/01/", **({"to_path": "/PS1/"} if kind == "dispatch" else {}))
    site = world.site("A")
    with world.hq.store.read() as at_hq, site.store.read() as here:
        stands = [s.scalars(select(IssueState.state).where(IssueState.issue_id == issue)).one() for s in (at_hq, here)]
    assert stands[0] == stands[1]
    same(world, site)


def test_what_was_changed_in_two_ways_comes_with_its_whole_past(world: World) -> None:
    first, person = world.site("A"), world.people[0]
    first.edit(person, note="现场")
    world.hq.edit(person, note="总部")
    world.exchange(first)
    second = world.site("B")
    assert changes_of(second, person) == 3
    assert conflicts(second) == conflicts(world.hq) != set()
    same(world, first, second)


def test_a_change_that_knew_only_what_was_overtaken_brings_the_past_to_who_was_loaded(world: World) -> None:
    old, person = world.site("A"), world.people[0]
    old.edit(person, note="现场")  # built on the first change, told late
    world.hq.edit(person, note="总部")
    world.hq.edit(person, address="2 栋")
    fresh = world.site("B")
    assert changes_of(fresh, person) == 1
    world.exchange(old)
    world.exchange(fresh)
    assert changes_of(fresh, person) == 4
    assert conflicts(fresh) == conflicts(world.hq) != set()
    same(world, old, fresh)


def test_a_record_that_left_the_scope_before_does_not_come(world: World) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Person, world.people[1]).path = "/PS2/"
    site = world.site("A")
    assert site.ids(Person) == {world.people[0]}
    same(world, site)


def test_who_moved_in_before_comes_with_the_household_he_moved_to(world: World) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Person, world.people[1]).path = "/PS2/"
    site = world.site("C", "/PS2/")
    assert site.ids(Person) == {world.people[1]}
    assert len(site.ids(Household)) == 1
    same(world, site, path="/PS2/")


def loaded_later(world: World, monkeypatch: pytest.MonkeyPatch, *, most: int = 3) -> tuple[Store, list[Path]]:
    """A store that asked, and the files of its approval: many small parts."""
    monkeypatch.setattr(feed, "MOST", most)
    for number in range(8):
        world.hq.visit(f"第 {number} 次")
    store = Store.create(world.folder / "L", kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    asked = enrolling.write_request(store, world.folder, "L")
    files = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, world.folder, paths=["/PS1/"])
    assert len(files) == 4
    return store, files


def test_a_part_that_is_missing_is_named_and_the_others_can_be_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store, files = loaded_later(world, monkeypatch)
    away = tmp_path / "away"
    away.mkdir()
    third = files[2].rename(away / "third")
    site = Office(store, enrolling.accept_file(store, files[0]))
    with store.read() as s:
        load = loading.noted(s)
    assert load is not None and load.part == 2
    with pytest.raises(Refusal) as refused:
        exchange.hear(store, files[3].read_bytes(), site.actor)
    assert refused.value.code == "feed_gap" and refused.value.params["missing"] == 3
    for file in (files[1], third, files[1], *files[3:], *files[1:2], *files[3:]):
        exchange.hear(store, file.read_bytes(), site.actor)
    with store.read() as s:
        assert loading.noted(s) is None and own.identity(s).cursor > 0
    same(world, site)
    monkeypatch.undo()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    world.exchange(site)
    same(world, site)


def test_a_load_that_was_cut_goes_on_where_it_was_while_headquarters_goes_on_too(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store, files = loaded_later(world, monkeypatch)
    for file in files[2:]:
        file.unlink()
    site = Office(store, enrolling.accept_file(store, files[0]))
    world.hq.edit(world.people[0], note="其间")
    world.hq.visit("其间")
    sizes = []
    for _ in range(40):
        with store.read() as s:
            stated = feed.statement(s)
        with world.hq.store.begin() as s:
            batch = next(feed.build_all(s, s.get_one(Site, store.id), stated))
            piece = seal.seal(batch, own.keys(s), [own.reading_key(s, s.get_one(Site, store.id))])
        sizes.append(batch.header.since)
        if not exchange.hear(store, piece, site.actor).more:
            break
    assert 0 not in sizes
    same(world, site)


@pytest.mark.parametrize("after", [["/PS1/"], ["/PS2/"], ["/PS1/", "/PS2/"]])
def test_a_scope_that_is_changed_while_a_load_is_under_way_is_loaded_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch, after: list[str]
) -> None:
    monkeypatch.setattr(feed, "MOST", 3)
    for number in range(16):
        world.hq.visit(f"第 {number} 次", f"/PS{number % 2 + 1}/01/")
    store = Store.create(world.folder / "L", kind="site", login="setup", password=PASSWORD, cost=CHEAP)
    asked = enrolling.write_request(store, world.folder, "L")
    before = ["/PS1/"] if len(after) > 1 else ["/PS1/", "/PS2/"]
    files = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, world.folder, paths=before)
    for file in files[2:]:
        file.unlink()
    site = Office(store, enrolling.accept_file(store, files[0]))
    with world.hq.store.begin(world.hq.actor) as s:
        renewing.renew(s, store.id, paths=after)
    for _round in range(3):
        world.exchange(site)
    with store.read() as s:
        assert loading.noted(s) is None and own.identity(s).paths == after == list(loading.scope_heard(s))
    for path in after:
        same(world, site, path=path)


def test_what_follows_a_load_is_not_taken_by_who_has_not_heard_the_load(world: World) -> None:
    """Case 1711 of seed 3220 of the stores: the load itself was heard by a copy of the site alone."""
    world.hq.visit("早先的", "/PS2/01/")
    site = world.site("A")
    world.exchange(site)
    with world.hq.store.begin(world.hq.actor) as s:
        renewing.renew(s, site.store.id, paths=["/PS2/"])
    world.hq.visit("后来的", "/PS2/01/")
    answer = exchange.answer(world.hq.store, world.up(site), world.hq.actor)
    with pytest.raises(Refusal) as refused:
        exchange.hear(site.store, answer.more[-1], site.actor)
    assert (refused.value.code, refused.value.params["missing"]) == ("feed_gap", 1) and "后来的" not in texts(site)
    for file in (answer.file, *answer.more):
        exchange.hear(site.store, file, site.actor)
    same(world, site, path="/PS2/")


def texts(office: Office) -> set[str | None]:
    with office.store.read() as s:
        return set(s.scalars(select(Visit.summary)))


def test_a_reload_brings_again_what_is_missing_and_leaves_what_is_not_confirmed(world: World) -> None:
    site, person = world.site("A"), world.people[0]
    world.hq.edit(person, note="甲")
    world.exchange(site)
    kept = site.visit("未上报")
    with site.store.begin() as s:
        loading.reload(s)
    world.hq.edit(person, note="乙")
    world.exchange(site)
    with site.store.read() as s:
        assert loading.noted(s) is None
    assert kept in world.hq.ids(Visit)
    same(world, site)


def test_nothing_is_left_out_for_a_site_that_did_not_say_where_it_stands(world: World) -> None:
    world.hq.edit(world.people[0], note="甲")
    site = world.site("A")
    with world.hq.store.begin() as s:
        known = s.get_one(Site, site.store.id)
        whole = [list(one.changes) for one in feed.build_all(s, known, Statement(known=False))]
        compact = [list(one.changes) for one in feed.build_all(s, known, Statement())]
    assert sum(map(len, whole)) == sum(map(len, compact)) + 1


def told(record: uuid.UUID, draws: list[tuple[int, set[str], bool]]) -> list[pasts.Row]:
    """A log of one record: each change built on what its maker had seen of the ones before, any field set."""
    log: list[pasts.Row] = []
    for position, (seen, fields, erased) in enumerate(draws, 1):
        known = log[: max(0, len(log) - seen)]
        covered = {head for row in known for head in row["heads"]}
        body = fold([as_known([row[name] for name in KNOWN]) for row in known]).row if known else {"x": 0, "y": 0}
        body = body | dict.fromkeys(fields, position)
        log.append(
            {
                "id": uuid.UUID(int=position), "position": position, "path": "/", "table": "person", "record": record,
                "heads": [row["id"].hex for row in known if row["id"].hex not in covered], "fields": sorted(fields or body),
                "payload": None if erased and log else json.dumps(body), "base": len(known), "at": position, "site": record, "schema": 2,
            }
        )  # fmt: skip
    return log


DRAWS = st.lists(
    st.tuples(st.sampled_from((0, 0, 0, 1, 2, 4)), st.sets(st.sampled_from("xyz")), st.sampled_from((False,) * 9 + (True,))),
    min_size=1, max_size=9,
)  # fmt: skip


@given(DRAWS, st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_whatever_the_history_and_the_moment_a_loaded_site_folds_the_same(
    draws: list[tuple[int, set[str], bool]], ends: list[int]
) -> None:
    log = told(uuid.UUID(int=99), draws)
    nodes = [pasts.Node(row["id"], row["position"], row["path"], tuple(row["heads"])) for row in log]
    upto, *later = [*sorted(ends), len(log)]
    site = {row["id"]: row for row in pasts.compacted([row for row in log if row["position"] <= upto])}
    since = upto
    for until in later:
        window = [row for row in log if since < row["position"] <= until]
        past = [node for node in nodes if node.position <= until]
        if window and pasts.branched(past, since):
            window = [row for row in log if row["position"] <= until]
        site |= {row["id"]: row for row in window}
        since = max(since, until)
    both = [fold([as_known([row[name] for name in KNOWN]) for row in rows]) for rows in (log, site.values())]
    assert (both[0].row, both[0].heads, both[0].clashes) == (both[1].row, both[1].heads, both[1].clashes)


ACTS = (
    "edit",
    "edit",
    "edit",
    "edit",
    "hq_edit",
    "hq_edit",
    "move",
    "decide",
    "exchange",
    "exchange",
    "load",
    "reload",
)


class Chance:
    """One run: sites that edit, exchange, are enrolled and load again at any moment, while people move."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, Random(seed)
        self.sites = [world.site("A"), world.site("B")]
        with world.hq.store.begin(world.hq.actor) as s:
            more = [Person(name=f"人{number}", path="/PS1/01/", grid_id=world.grid) for number in range(8)]
            s.add_all(more)
        self.people = [*world.people, *(person.id for person in more)]

    def run(self, steps: int) -> None:
        for number in range(steps):
            act = self.chance.choice(ACTS)
            if act != "load" or len(self.sites) < 4:
                getattr(self, act)(number)

    def edit(self, number: int) -> None:
        self._edit(self.chance.choice(self.sites), number)

    def hq_edit(self, number: int) -> None:
        self._edit(self.world.hq, number)

    def _edit(self, office: Office, number: int) -> None:
        here = sorted(office.ids(Person) & set(self.people))
        if here:
            office.edit(self.chance.choice(here), **{self.chance.choice(("note", "address")): str(number)})

    def move(self, _number: int) -> None:
        self.world.hq.edit(self.chance.choice(self.people), path=self.chance.choice(("/PS1/01/", "/PS2/", "/PS1/")))

    def decide(self, number: int) -> None:
        """Headquarters settles a conflict: a change built on all sides."""
        open_now = sorted(conflicts(self.world.hq), key=str)
        if open_now:
            self.world.hq.edit(open_now[0][0], **{str(open_now[0][1]): f"定{number}"})  # type: ignore[arg-type]

    def exchange(self, _number: int) -> None:
        self.world.exchange(self.chance.choice(self.sites))

    def load(self, number: int) -> None:
        self.sites.append(self.world.site(f"N{number}"))

    def reload(self, _number: int) -> None:
        with self.chance.choice(self.sites).store.begin() as s:
            loading.reload(s)


@pytest.mark.parametrize("seed", range(int(os.environ.get("FENGGE_RUNS", "2"))))
def test_whoever_is_loaded_at_whatever_moment_shows_the_same_as_headquarters(world: World, seed: int) -> None:
    run = Chance(world, seed)
    run.run(60)
    for _ in range(3):
        for site in run.sites:
            world.exchange(site)
    for site in run.sites:
        with (
            site.store.read() as s
        ):  # what headquarters refused (the person had moved away) stands here alone, and is shown
            apart = set(s.scalars(select(Change.record).where(Change.state == "refused")))
        assert people(site, apart) == people(world.hq, apart)
        assert conflicts_in(site, apart) == conflicts_in(world.hq, apart)


def people(office: Office, apart: set[uuid.UUID]) -> dict[uuid.UUID, tuple[str | None, ...]]:
    with office.store.read() as s:
        query = select(Person).where(Person.path.startswith("/PS1/"), Person.id.not_in(apart))
        return {one.id: (one.note, one.address, one.path, str(one.revision)) for one in s.scalars(query)}


def conflicts_in(office: Office, apart: set[uuid.UUID]) -> set[tuple[object, ...]]:
    here = set(people(office, apart))
    return {one for one in conflicts(office) if one[0] in here}
