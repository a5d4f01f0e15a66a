"""答复意见书, 调解协议书 and 卷宗: said before what lacks, nothing printed half, everybody masked as rights say."""

import uuid
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import say
from app.ledgers import enclosures, excel, papers
from app.ledgers.dossier import Dossier
from app.ledgers.page import Page
from app.models.accounts import Account
from app.models.issues import Issue
from app.models.steps import Step
from app.services import accounts, attachments, issues, readings
from app.services.listing import Query
from tests.factories import Plant, account
from tests.ledgers import golden

#: What is kept has numbers of another year.
BEFORE = {"day": date(2024, 3, 2), "heard_on": date(2024, 3, 1)}


def day(*parts: int) -> date:
    return date(2025, *parts)


def appeal(s: Session, plant: Plant, **fields: Any) -> uuid.UUID:
    given: dict[str, Any] = {
        "title": "采暖费报销比例与往年不同", "kind": "appeal", "day": day(3, 2), "heard_on": day(3, 1), "reporter": "张三",
        "phone": "14200000001", "channel": "visit", "topic": "heating", "grid_id": plant.first,
        "text": "报销比例由80%降为60%, 身份证419801198001010013", "elements": {"where": "安居苑3号楼"},
    }  # fmt: skip
    issue = issues.register(s, Issue(**(given | fields)))
    issues.accept(s, issue.id)
    return issue.id


def answered(s: Session, plant: Plant, **fields: Any) -> uuid.UUID:
    issue = appeal(s, plant, **fields)
    issues.handle(s, issue, "到财务科核对标准", day=day(3, 6))
    asked = issues.step(s, issue, Step(issue_id=issue, kind="assist", to_unit=plant.area, text="请提供文件原件"))
    issues.step(s, issue, Step(issue_id=issue, kind="assist_answer", text="原件已提供", about=asked.id))
    issues.contact(
        s, issue, "meet", with_whom="张三", place="社区", text="张三表示理解", reason="不愿签字", day=day(3, 9)
    )
    issues.answer(
        s, issue, "比例自2024年11月起统一调整, 另给困难补助800元", "written", outcome="explained", day=day(3, 12)
    )
    attachments.attach(s, "issue", issue, b"%PDF-1.4 receipt", "收据.pdf")
    return issue


def dispute(s: Session, plant: Plant) -> uuid.UUID:
    issue = appeal(s, plant, kind="dispute", title="楼上漏水, 两家争吵", text="楼上漏水半年", topic=None)
    issues.contact(s, issue, "meet", with_whom="王五", place="501室", text="查看漏点", reason="勘查", day=day(3, 7))
    issues.contact(s, issue, "meet", with_whom="张三、王五", place="调解室", reason="见协议", day=day(3, 9))
    issues.handle(s, issue, "联系物业", day=day(3, 8))
    issues.answer(s, issue, "1. 王五3月20日前修好地漏。\n2. 王五赔偿600元。", "face", day=day(3, 10))
    return issue


def lacks(s: Session, name: str, issue: uuid.UUID) -> list[str]:
    return [refusal.code for refusal in papers.named(name).lacking(s, issue)]


def text(s: Session, name: str, issue: uuid.UUID, **more: Any) -> str:
    return golden.sheets_text(papers.drawn(papers.named(name).make(s, issue, **more))[0])


@pytest.mark.parametrize("name", ["reply", "mediation", "dossier"])
def test_every_paper_says_what_it_said(plant: Plant, golden_write: bool, tmp_path: Path, name: str) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = dispute(s, plant) if name == "mediation" else answered(s, plant)
        assert lacks(s, name, issue) == []
        made = papers.named(name).make(s, issue)
        s.rollback()
    golden.same(f"paper-{name}.pdf.txt", golden.sheets_text(papers.drawn(made)[0]), golden_write)
    if name == "dossier":
        excel.write(made.pages, tmp_path / "a.xlsx")  # type: ignore[union-attr]
        golden.same("paper-dossier.xlsx.txt", golden.cells_text(tmp_path / "a.xlsx"), golden_write)


def test_the_reply_names_the_right_to_a_review_its_days_and_its_article(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        told = text(s, "reply", answered(s, plant)).replace("\n", "")
        question = answered(s, plant, kind="question")
        other = text(s, "reply", question).replace("\n", "")
        s.rollback()
    assert "自收到本意见书之日起30日内" in told and "提出复查请求（《信访工作条例》第三十五条）" in told
    assert "张三同志" in told and "现将有关政策和情况向您解释说明" in told and "另给困难补助800元。" in told
    assert "复查" not in other and "向本单位或上级单位反映" in other


def test_after_a_review_the_paper_is_that_of_the_review(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = answered(s, plant)
        issues.step(s, issue, Step(issue_id=issue, kind="review", reason="不认可调整比例"))
        issues.step(s, issue, Step(issue_id=issue, kind="review_answer", outcome="upheld", text="原意见符合规定"))
        told = text(s, "reply", issue).replace("\n", "")
        s.rollback()
    assert "信访事项复查意见书" in told and "维持原处理意见" in told
    assert "提出复核请求（《信访工作条例》第三十六条）" in told


def test_what_a_reply_lacks_is_said_and_nothing_is_printed(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        plain = appeal(s, plant)
        assert lacks(s, "reply", plain) == ["paper_no_answer"]
        with pytest.raises(Refusal, match="还没有书面答复"):
            papers.named("reply").make(s, plain)
        issues.handle(s, plain, "办了")
        issues.answer(s, plain, "电话里说明了", "phone")
        assert [say(r) for r in papers.named("reply").lacking(s, plain)] == [
            "最近一次答复的方式是「电话」, 不是书面。要印答复意见书, 请先用「答复」记录一次书面答复。"
        ]
        nameless = appeal(s, plant, anonymous=True, reporter=None, phone=None)
        assert lacks(s, "reply", nameless) == ["paper_anonymous", "paper_no_answer"]
        s.rollback()


def test_an_answer_from_before_the_issue_was_taken_up_again_is_not_printed(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = answered(s, plant)
        issues.reopen(s, issue, "本人不满意")
        assert lacks(s, "reply", issue) == ["paper_no_answer"]
        s.rollback()


def test_what_an_agreement_lacks_is_said_all_at_once(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        bare = appeal(s, plant, kind="dispute")
        assert lacks(s, "mediation", bare) == ["paper_one_side", "paper_no_meeting", "paper_no_agreement"]
        assert lacks(s, "mediation", appeal(s, plant)) == ["paper_no_dispute"]
        told = text(s, "mediation", dispute(s, plant))
        s.rollback()
    assert "甲方（当事人）：张三" in told and "乙方（当事人）：王五 " in told and "张三、王五见面调解" in told
    assert "142****0001" in told and "14200000001" not in told


def test_a_dossier_masks_numbers_and_shows_them_by_right_with_a_note(plant: Plant) -> None:
    lead = account(plant, "prints", "lead")
    with plant.store.begin(plant.boss) as s:
        issue = answered(s, plant)
        told, full = text(s, "dossier", issue), text(s, "dossier", issue, masked=False)
        assert "142****0001" in told and "14200000001" not in told and "419801198001010013" not in told
        assert "14200000001" in full and "419801198001010013" in full
        row = readings.rows(s, list(readings.find(s, Query(chip="issue")).ids))[-1]
        assert row.table == "issue" and "事项卷宗" in row.what
        s.rollback()
    with plant.store.begin(plant.boss) as s:
        kept = answered(s, plant, **BEFORE)
    with plant.store.begin(lead) as s, pytest.raises(Refusal, match="没有这项权限"):
        papers.named("dossier").make(s, kept, masked=False)


def test_a_dossier_says_what_nobody_owes_to_a_person_without_a_name(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        nobody = appeal(s, plant, anonymous=True, reporter=None, phone=None)
        made = papers.named("dossier").make(s, nobody)
    assert isinstance(made, Dossier)
    terms = next(page for page in made.pages if page.columns[1].title == "期限")
    assert terms.rows[-1] == (
        len(terms.rows), "书面告知", "《信访工作条例》第二十三条", None, None, None, "无需 (没有留姓名)"
    )  # fmt: skip


def test_a_dossier_lists_every_step_the_overtaken_ones_marked(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = answered(s, plant)
        s.add(Step(issue_id=issue, kind="sign", by="李四", path=plant.path, day=day(3, 12)))  # nobody sent it
        s.flush()
        made = papers.named("dossier").make(s, issue)
        s.rollback()
    assert isinstance(made, Dossier)
    titles = [page.title for page in made.pages]
    assert titles == ["事项卷宗", "办理过程", "期限", "协办和外单位", "答复和回访", "沟通见面和现场复检", "附件目录"]
    steps = rows(made.pages[1])
    assert len(steps) == 8 and steps[-1][2] == "签收" and steps[-1][7] == "未生效"
    assert [row[1] for row in rows(made.pages[6])] == ["收据.pdf"]
    contents = [str(row[1]) for row in rows(made.pages[0])[-6:]]
    assert contents[0] == "办理过程（8 项）" and contents[-1] == "附件目录（1 项）"


def picture(size: tuple[int, int] = (2400, 1200), colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def test_photos_of_a_dossier_stand_small_on_their_own_sheets_and_files_are_listed(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = answered(s, plant)
        sheets = papers.drawn(papers.named("dossier").make(s, issue))[1].sheets
        step = issues.handle(s, issue, "换了管子", day=day(3, 11))
        attachments.attach(s, "issue_step", step.id, picture(), "现场.jpg")
        attachments.attach(s, "issue", issue, picture((300, 600), "blue"), "收条14200000001.jpg")
        broken = attachments.attach(s, "issue_step", step.id, picture((90, 90)), "坏了.jpg")
        missing = attachments.attach(s, "issue_step", step.id, picture((91, 91)), "没到.jpg")
        vault = attachments.blobs(plant.store)
        vault.remove(missing.hash)
        (plant.store.folder / "attachments" / broken.hash[:2] / broken.hash).write_bytes(b"x")
        made = papers.named("dossier").make(s, issue)
        assert isinstance(made, Dossier)
        assert [(row[1], row[6]) for row in rows(made.pages[6])] == [
            ("收据.pdf", "只列目录"), ("现场.jpg", "第 1 张"), ("收条142****0001.jpg", "第 2 张"), ("坏了.jpg", "读不出来"),
            ("没到.jpg", "还没有传到"),
        ]  # fmt: skip
        plates = made.photos.plates
        assert [(one.width, one.height) for one in plates] == [(1000, 500), (300, 600)]
        assert all(len(one.jpeg) < 100_000 for one in plates)
        drawn, written = papers.drawn(made)
        told = golden.sheets_text(drawn).split("\f")[-1]
        assert written.sheets == sheets + 1 and "附件照片" in told
        assert "第 8 步 办理 · 周立 · 2025-03-11" in told and plates[0].captions[1].endswith(rows(made.pages[6])[1][5])
        monkeypatch.setattr(enclosures, "MOST", 1)
        bound = papers.named("dossier").make(s, issue)
        assert len(bound.photos.plates) == 1 and rows(bound.pages[6])[2][6] == "只列目录"
        s.rollback()


def test_photos_of_a_sealed_case_are_printed_by_right_only(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = appeal(
            s, plant, kind="accusation", against=plant.area, title="克扣奖金", text="张三说奖金被克扣", **BEFORE
        )
        accounts.create(s, Account(login="looks", name="信访办", role="clerk"))
        attachments.attach(s, "issue", issue, picture(), "工资条.jpg")
    with plant.store.read() as s:
        clerk = accounts.acting(s, "looks")
    with plant.store.begin(clerk) as s:
        made = papers.named("dossier").make(s, issue)
        assert made.photos.plates == () and rows(made.pages[6])[0][6] == "密封, 不印"
        assert len(papers.named("dossier").make(s, issue, masked=False).photos.plates) == 1
        s.rollback()


def rows(page: Page) -> list[tuple[Any, ...]]:
    return [row for row in page.rows if isinstance(row, tuple)]


def test_a_sealed_case_is_never_printed_for_the_unit_complained_of(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        issue = appeal(
            s, plant, kind="accusation", against=plant.area, title="克扣奖金", text="张三说奖金被克扣", **BEFORE
        )
        accounts.create(s, Account(login="theirs", name="区办", role="clerk", unit_id=plant.area))
        accounts.create(s, Account(login="clerk", name="信访办", role="clerk"))
    with plant.store.read() as s:
        theirs, clerk = accounts.acting(s, "theirs"), accounts.acting(s, "clerk")
    for name in ("dossier", "reply"):
        with plant.store.read(theirs) as s, pytest.raises(Refusal, match="没有找到这件事项"):
            papers.named(name).make(s, issue)
    with plant.store.begin(clerk) as s:
        told = text(s, "dossier", issue)
        assert "保密" in told and "张三" not in told and "14200000001" not in told
        assert "张三" in text(s, "dossier", issue, masked=False)
        issues.handle(s, issue, "核实", day=day(3, 6))
        issues.answer(s, issue, "奖金已补发", "written")
        assert "张三同志" in text(s, "reply", issue)
        s.rollback()


def test_an_unknown_paper_is_refused_with_the_known_ones() -> None:
    assert papers.named("事项卷宗").name == "dossier"
    with pytest.raises(Refusal, match="没有名为「便条」"):
        papers.named("便条")
