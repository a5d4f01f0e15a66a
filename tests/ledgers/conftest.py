"""A small plant with a year of issues, visits and posts to print."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now, set_clock
from app.models.checks import Check, Template
from app.models.issues import Issue
from app.models.people import Household, Person
from app.models.posts import Post
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.visits import Help
from app.services import visits
from tests.conftest import fresh_database
from tests.factories import Plant, account, headquarters


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def plant(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Plant]:
    """Headquarters on 2 April 2025, with visits, issues and posts; one for all tests of a module, for printing only."""
    set_clock(lambda: datetime(2025, 4, 2, 1, 0, tzinfo=UTC))
    with fresh_database(request.param) as database:
        made = headquarters(tmp_path_factory.mktemp("plant") / "hq", database)
        _visits(made)
        _issues(made)
        _helped(made)
        _checks(made)
        _clear(made)
        _posts(made)
        _homes(made)
        _risks(made)
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
                (
                    date(2025, 3, 2),
                    date(2025, 3, 12),
                    {"topic": "heating", "people": 3, "service": "explained", "minutes": 12},
                ),
                (
                    date(2025, 3, 6),
                    date(2025, 4, 1),
                    {"topic": "canteen", "anonymous": True, "service": "handled", "minutes": 5},
                ),
                (date(2025, 3, 28), None, {"topic": "neighbours", "kind": "dispute", "service": "mediated"}),
                (date(2025, 3, 3), None, {"kind": "accusation", "secrecy": "sealed", "title": "检举的事"}),
                (date(2025, 3, 4), None, {"kind": "hazard", "title": "隐患的事", "service": "handled", "minutes": 8}),
                (date(2025, 3, 4), None, {"lead": True, "title": "一条线索", "service": "explained"}),
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
        kinds += [("answer", closed, {"text": "已当面说明政策", "way": "face"})]
        kinds += [("revisit", closed, {"satisfaction": "satisfied"}), ("close", closed, {"level": "grid"})]
    s.add(issue)  # type: ignore[attr-defined]
    for kind, on, facts in kinds:
        s.add(Step(issue_id=issue.id, kind=kind, day=on, by="李四", path=plant.path, **facts))  # type: ignore[attr-defined,arg-type]
        s.flush()  # type: ignore[attr-defined]


def _helped(plant: Plant) -> None:
    """The pension issue of last year waits for one unit's help and has got another's."""
    with plant.store.begin(plant.boss) as s:
        issue = s.scalars(select(Issue).where(Issue.number == "PS6-01-2024-S01-0002")).one()

        def step(kind: str, day: date, by: str = "李四", **facts: Any) -> uuid.UUID:
            made = Step(issue_id=issue.id, kind=kind, day=day, by=by, path=plant.path, **facts)
            s.add(made)
            s.flush()
            return made.id

        files = step(
            "assist",
            date(2025, 2, 5),
            text="请调取1991年至1996年工资档案",
            to_name="采油二厂档案室",
            due_on=date(2025, 2, 20),
        )
        step(
            "assist",
            date(2025, 3, 6),
            text="请核对视同缴费年限",
            to_unit=plant.area,
            to_path=plant.path,
            due_on=date(2025, 3, 20),
        )
        step("assist_answer", date(2025, 3, 4), by="钱七", about=files, text="档案已找到, 复印件附后")
        step("urge", date(2025, 3, 10), level="yellow", reason="超期未答复")


def _checks(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        listed = [{"code": "1", "text": "灭火器在有效期内", "kind": "verdict", "weight": 1},
                  {"code": "2", "text": "井口无渗漏", "kind": "verdict", "weight": 1, "critical": True}]  # fmt: skip
        form = Template(code="AQ", title="井场安全检查表", version=1, items=listed, published_at=now(), path="")
        s.add(form)
        for day, place, failed in (
            (date(2025, 2, 20), "红6井", 1),
            (date(2025, 3, 7), "红7井", 1),
            (date(2025, 3, 8), "红8井", 0),
        ):
            answers = {"1": {"verdict": "fail" if failed else "pass"}, "2": {"verdict": "pass"}}
            check = Check(
                template_id=form.id, day=day, answers=answers, place=place, inspectors=[{"person": None, "name": "李四"}],
                score=50 if failed else 100, failed=failed, grid_id=plant.first, path=plant.path,
            )  # fmt: skip
            s.add(check)
            s.flush()
            if failed:
                _hazard(plant, s, check)


def _hazard(plant: Plant, s: Session, check: Check) -> None:
    """Put right and looked at again in March if it was found in February."""
    day = check.day
    issue = Issue(
        number=f"PS6-01-2025-S01-H{day:%m%d}", title="灭火器在有效期内: 不合格", kind="hazard", day=day, heard_on=day,
        channel="check", text="压力表指针在红区", grid_id=plant.first, path=plant.path, place=check.place, check_id=check.id,
        check_item="1", level="minor", due_on=day + timedelta(days=7),
    )  # fmt: skip
    s.add(issue)
    steps = [Step(issue_id=issue.id, kind="register", day=day, by="李四", path=plant.path, due_on=issue.due_on)]
    if day.month == 2:
        steps.append(Step(issue_id=issue.id, kind="accept", day=day, by="赵六", path=plant.path))
        done = date(2025, 3, 1)
        steps.append(Step(issue_id=issue.id, kind="handle", day=done, by="赵六", path=plant.path, text="已更换灭火器"))
    for step in steps:
        s.add(step)
        s.flush()


def _clear(plant: Plant) -> None:
    """Somebody else looks at the hazard of February again."""
    with plant.store.begin(account(plant, "sun", "lead", "孙八")) as s:
        issue = s.scalars(select(Issue).where(Issue.number == "PS6-01-2025-S01-H0220")).one()
        day = date(2025, 3, 3)
        for step in (
            Step(issue_id=issue.id, kind="recheck", day=day, by="孙八", path=plant.path, outcome="pass"),
            Step(issue_id=issue.id, kind="close", day=day, by="孙八", path=plant.path, level="grid"),
        ):
            s.add(step)
            s.flush()


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


def _homes(plant: Plant) -> None:
    """A family of three, an empty home, and an old man in need whose home is not on record."""
    with plant.store.begin(plant.boss) as s:
        s.get_one(Household, plant.home).phone = "14200000001"
        zhang = s.get_one(Person, plant.zhang)
        zhang.sex, zhang.relation, zhang.birth_on = "1", "head", date(1975, 5, 1)
        zhang.id_number, zhang.status, zhang.tags = "419801197505010035", "away", ["veteran"]
        for name, relation, more in (
            ("王秀英", "spouse", {"sex": "2", "kind": "family", "birth_on": date(1977, 3, 8), "tags": ["away_family"]}),
            ("张小满", "son", {"sex": "1", "kind": "family", "birth_on": date(2004, 1, 1)}),
        ):
            s.add(
                Person(
                    name=name, relation=relation, household_id=plant.home, grid_id=plant.first, path=plant.path, **more
                )
            )
        s.add(
            Household(
                address="安居苑5号楼1单元102", grid_id=plant.second, path=plant.path, head="赵一", note="常年在外"
            )
        )
        s.add(
            Person(
                name="郑望", kind="resident", sex="1", birth_on=date(1940, 7, 7), phones=["14200000009"],
                tags=["living_alone", "serious_illness"], address="计量站旁平房", grid_id=plant.second, path=plant.path,
            )
        )  # fmt: skip
        s.add(Person(name="孙大", kind="staff", grid_id=plant.second, path=plant.path))


def _risks(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        points = [
            RiskPoint(
                place=place, hazard=hazard, code=code, grid_id=grid, kind=kind, thing=thing, accident=accident, level=level,
                score=score, factors=factors, controls=controls, owner=owner, path=plant.path,
            )
            for place, hazard, code, grid, kind, thing, accident, level, score, factors, controls, owner in (
                ("红7井口", "井口渗漏遇明火", "FX-001", plant.first, "equipment", "抽油机", "fire", "medium", "90", "3×6×5",
                 "每班巡检一次\n配灭火器2具", "赵六"),
                ("红7井场", "触碰旋转部位", "FX-002", plant.first, "activity", None, "machine", "high", "240", "6×2.67×15",
                 "安装护罩", "陈𠅤"),
                ("加热炉", "点火时炉膛余气爆燃", None, plant.second, "equipment", "加热炉", "explosion", None, None, None,
                 "先吹扫后点火", None),
            )
        ]  # fmt: skip
        s.add_all(points)
        s.flush()
        for issue in s.scalars(
            select(Issue).where(Issue.number.in_(("PS6-01-2025-S01-H0307", "PS6-01-2025-S01-H0220")))
        ):
            issue.risk_point_id = points[0].id
