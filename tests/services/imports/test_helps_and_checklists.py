"""帮扶关爱台账 and 检查标准 become helps and checklists; what comes again word for word is not taken twice."""

from datetime import date
from pathlib import Path

from sqlalchemy import select

from app.ledgers import catalogue
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.checks import Template
from app.models.visits import Help, Visit
from app.services import checks
from tests.factories import Plant
from tests.services.imports.offices import checked, ledger, taken, undone

HELPS = ["序号", "日期", "姓名", "住址", "联系电话", "服务需要", "帮扶类别", "帮扶内容", "帮扶人", "方式", "备注"]
STANDARD = ["序号", "维度", "领域", "检查项", "检查标准", "检查方法", "分值", "备注"]
VISITS = ["序号", "走访日期", "走访人", "走访对象", "家庭住址", "走访内容", "所属网格"]


def helps(path: Path) -> Path:
    group = [None, None, "帮扶对象", "帮扶对象", "帮扶对象", "帮扶对象"]
    return ledger(
        path, ["帮扶关爱台账"], group, HELPS,
        [1, "2025.3.5", "张三", "安居苑3号楼2单元401", "14200000001", "", "生活", "代买米面", "李四", "入户", "已送到"],
        [2, "3月6日", "无名氏", "乐居苑9号楼1单元101", "", "独居老人", "", "陪同就医", "李四、王五", "", ""],
        [3, "2025-13-40", "张三", "", "", "", "生活", "代买米面", "李四", "", ""],
    )  # fmt: skip


def test_a_ledger_of_helps_becomes_helps_and_prints_as_it_came(plant: Plant, tmp_path: Path) -> None:
    outcome = checked(plant, helps(tmp_path / "帮扶.xlsx"))
    sheet = outcome.sheets[0]
    assert (sheet.kind, sheet.counts["accepted"], sheet.counts["rejected"]) == ("help", 2, 1)
    summary = taken(plant, outcome)
    assert summary.made == {"help": 2}
    with plant.store.read(plant.boss) as s:
        first, second = s.scalars(select(Help).order_by(Help.day))
        assert (first.person_id, first.household_id, first.kind) == (plant.zhang, plant.home, "daily")
        assert first.what == "代买米面\n备注: 已送到"
        assert (second.person_id, second.whom, second.kind) == (None, "无名氏", "other")
        ledger_ = catalogue.named("helps")
        rows = list(ledger_.rows(s, Period.around(date(2025, 3, 5), "month"), Scope(plant.boss.path)).rows)
        assert [row["name"] for row in rows] == ["张三", "无名氏"]
        assert [row["helpers"] for row in rows] == ["李四", "李四、王五"]
        assert rows[0]["way"] == "入户"
    assert [one.kind for one in checked(plant, helps(tmp_path / "再来.xlsx")).sheets[0].duplicates] == ["same_help"] * 2
    assert undone(plant, summary).voided == 2


def test_a_checklist_is_published_as_the_next_version_of_its_title_and_goes_with_the_undo(
    plant: Plant, tmp_path: Path
) -> None:
    rows = [
        ["岗检检查标准"], STANDARD,
        [1, "党建引领", "支部建设", "责任区", "每月更新", "查资料", "2分", None],
        [2, None, None, "红线", "无违章", "现场", "一票否决", None],
        [3, None, None, "宣传栏", "及时", "现场", "酌情", None],
        [None, None, "小计", None, None, None, 3, None],
    ]  # fmt: skip
    outcome = checked(plant, ledger(tmp_path / "a.xlsx", *rows))
    codes = [one.code for one in outcome.findings]
    assert codes == ["W_SCORE_UNREADABLE", "W_SUM_MISMATCH"]
    first = taken(plant, outcome)
    rows[2][4] = "每周更新"
    second = taken(plant, checked(plant, ledger(tmp_path / "b.xlsx", *rows)))
    with plant.store.read(plant.boss) as s:
        made = checks.template(s, "DR-01")
        assert (made.title, made.version, len(made.items)) == ("岗检检查标准", 2, 3)
        assert (made.items[0]["weight"], made.items[0]["requirement"]) == ("2", "每周更新")
        assert made.items[1]["critical"] and made.items[1]["weight"] is None
    undone(plant, second)
    with plant.store.read(plant.boss) as s:
        assert checks.template(s, "DR-01").version == 1
    undone(plant, first)
    with plant.store.read(plant.boss) as s:
        assert not s.scalars(select(Template).where(Template.code == "DR-01", Template.voided_at.is_(None))).all()


def test_a_ledger_of_visits_put_right_brings_only_what_is_new_in_it(plant: Plant, tmp_path: Path) -> None:
    row = [1, "2025-03-05", "李四", "张三", "安居苑3号楼2单元401", "了解采暖情况", "红梁第一网格"]
    wrong = [2, "2025-03-06", "李四", "张三", "安居苑3号楼2单元401", None, "红梁第一网格"]
    outcome = checked(plant, ledger(tmp_path / "a.xlsx", VISITS, row, wrong))
    assert outcome.sheets[0].counts["rejected"] == 1
    taken(plant, outcome)
    again = checked(plant, ledger(tmp_path / "b.xlsx", VISITS, row, [*wrong[:5], "回访", wrong[6]]))
    assert [one.kind for one in again.sheets[0].duplicates] == ["same_visit"]
    assert taken(plant, again).made == {"visit": 1}
    with plant.store.read(plant.boss) as s:
        assert sorted(one.summary for one in s.scalars(select(Visit))) == ["了解采暖情况", "回访"]
