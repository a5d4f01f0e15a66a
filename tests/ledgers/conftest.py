"""A small plant with a year of issues, visits and posts to print."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from app.clock import set_clock
from app.models.issues import Issue
from app.models.people import Person
from app.models.posts import Post
from app.models.steps import Step
from app.models.visits import Help
from app.services import visits
from tests.conftest import fresh_database
from tests.factories import Plant, headquarters


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def plant(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Plant]:
    """Headquarters on 2 April 2025, with visits, issues and posts; one for all tests of a module, for printing only."""
    set_clock(lambda: datetime(2025, 4, 2, 1, 0, tzinfo=UTC))
    with fresh_database(request.param) as database:
        made = headquarters(tmp_path_factory.mktemp("plant") / "hq", database)
        _visits(made)
        _issues(made)
        _posts(made)
        yield made
        made.store.close()
    set_clock(None)


def _visits(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        made = plant.visit(day=date(2025, 3, 5), way="home", problem="暖气不热", result="watched")
        visits.record(
            s, made, helps=(Help(kind="repair", day=made.day, what="联系物业排气"), Help(kind="care", day=made.day))
        )
        visits.record(
            s, plant.visit(day=date(2025, 3, 20), way="phone", saw="家中整洁", heard="盼早日通暖", summary=None)
        )
        other = plant.visit(day=date(2025, 3, 1), way="home", grid_id=plant.second, household_id=None, place="=1+1井场")
        visits.record(s, other)
        gone = visits.record(s, plant.visit(day=date(2025, 3, 8), way="home", summary="录错了"))
        visits.record(s, plant.visit(day=date(2025, 2, 28), way="home", summary="上月的走访"))
        visits.record(s, plant.visit(day=date(2025, 4, 1), way="home", summary="下月的走访"))
    with plant.store.begin(plant.boss) as s:
        visits.correct(s, other.id, reason="写错人名", met=[{"person": None, "name": "张㛃"}])
        visits.void(s, gone.id, "录错了")


def _issues(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        for n, (day, closed, more) in enumerate(
            (
                (date(2024, 6, 1), date(2024, 12, 1), {"topic": "heating"}),
                (date(2024, 11, 5), None, {"topic": "pension", "text": "退休待遇核算有误"}),
                (date(2024, 12, 9), date(2025, 2, 10), {"topic": "pension"}),
                (date(2025, 1, 15), date(2025, 1, 20), {"topic": "canteen"}),
                (date(2025, 2, 3), date(2025, 3, 9), {"topic": "heating", "text": "采暖费报销比例与往年不同"}),
                (date(2025, 3, 2), date(2025, 3, 12), {"topic": "heating", "people": 3}),
                (date(2025, 3, 6), date(2025, 4, 1), {"topic": "canteen", "anonymous": True}),
                (date(2025, 3, 28), None, {"topic": "neighbours", "kind": "dispute"}),
                (date(2025, 3, 3), None, {"kind": "accusation", "secrecy": "sealed", "title": "检举的事"}),
                (date(2025, 3, 4), None, {"kind": "hazard", "title": "隐患的事"}),
                (date(2025, 3, 4), None, {"lead": True, "title": "一条线索"}),
                (date(2025, 4, 1), None, {"title": "下月的事"}),
            ),
            1,
        ):
            _issue(plant, s, n, day, closed, dict(more))


def _issue(plant: Plant, s: object, n: int, day: date, closed: date | None, more: dict[str, object]) -> None:
    given: dict[str, object] = {
        "number": f"PS6-01-{day.year}-S01-{n:04d}", "title": f"第{n}件诉求", "kind": "appeal", "day": day, "heard_on": day,
        "channel": "visit", "grid_id": plant.first, "path": plant.path, "reporter": "张三", "phone": "14200000001",
    }  # fmt: skip
    issue = Issue(**(given | more))  # type: ignore[arg-type]
    kinds: list[tuple[str, date, dict[str, object]]] = [("register", day, {})]
    kinds += [("accept", day, {"due_on": date(day.year, day.month, 28)})]
    kinds += [("dispatch", day, {"to_name": "后勤服务中心"}), ("sign", day, {})]
    kinds += [("handle", day, {"text": "上门了解情况"})]
    if closed:
        kinds += [("answer", closed, {"text": "已当面说明政策", "way": "meet"})]
        kinds += [("revisit", closed, {"satisfaction": "satisfied"}), ("close", closed, {"level": "grid"})]
    s.add(issue)  # type: ignore[attr-defined]
    for kind, on, facts in kinds:
        s.add(Step(issue_id=issue.id, kind=kind, day=on, by="李四", path=plant.path, **facts))  # type: ignore[attr-defined,arg-type]
        s.flush()  # type: ignore[attr-defined]


def _posts(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        li = Person(
            name="陈𠅤", sex="1", id_number="419801198001010013", birth_on=date(1980, 1, 1), political="01", job="站长",
            phones=["14200000002", "0490123"], grid_id=plant.first, path=plant.path, status="on_duty",
        )  # fmt: skip
        s.add(li)
        s.add(Post(person_id=li.id, role="leader", grid_id=plant.first, path=plant.path, from_on=date(2024, 1, 1)))
        duties = ["publicist", "health"]
        s.add(Post(person_id=plant.zhang, role="worker", grid_id=plant.first, path=plant.path, duties=duties))
        s.add(Post(person_id=plant.shan, role="worker", grid_id=plant.second, path=plant.path))
        s.add(Post(person_id=plant.shan, role="leader", grid_id=plant.second, path=plant.path, to_on=date(2025, 2, 1)))
        s.add(
            Post(person_id=plant.shan, role="leader", grid_id=plant.second, path=plant.path, from_on=date(2025, 4, 1))
        )
