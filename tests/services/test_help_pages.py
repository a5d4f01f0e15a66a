"""Every screen has a short help page in both languages."""

import re

import pytest

from app import i18n
from app.errors import Refusal
from app.models.moves import TABLE
from app.paths import resources
from app.services import codes, help_pages


@pytest.mark.parametrize("name", help_pages.PAGES)
def test_a_page_stands_in_both_languages_with_the_same_parts(name: str) -> None:
    texts = [(resources() / "help" / f"{name}.{code}.md").read_text(encoding="utf-8") for code in i18n.LANGUAGES]
    heads = [re.findall(r"^#+ ", text, re.MULTILINE) for text in texts]
    assert heads[0] == heads[1] and heads[0][0] == "# "
    keys = [sorted(re.findall(r"`([A-Z][A-Za-z+0-9]*)`", text)) for text in texts]
    assert keys[0] == keys[1]


def test_no_page_lies_about_that_is_not_listed() -> None:
    found = {path.name.split(".")[0] for path in (resources() / "help").glob("*.md")}
    assert found == set(help_pages.PAGES)


def test_pages_are_listed_with_their_titles() -> None:
    titles = {page.name: page.title for page in help_pages.pages()}
    assert titles["visits"] == "走访" and titles["sync"] == "同步"


def test_a_page_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refusal, match="没有这一页帮助"):
        help_pages.page("../secret")


def test_the_page_of_issues_shows_every_legal_move() -> None:
    text = help_pages.page("issues")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(lines) == 2 + len(TABLE) and help_pages.MOVES not in text
    assert "| 登记 | 未登记 | 已登记 | 看得到的人 |  | 23 |" in lines
    assert "| 办结 | 已答复、已复检、已回访、已复查 | 已办结 | 承办或登记单位 | 协办和外单位都已答复 | 34 |" in lines
    assert "| 复查答复 | 复查中 | 办理中 | 承办单位 | 责令重新办理 | 35 |" in lines
    shown = {line.split("|")[1].strip() for line in lines[2:]}
    assert shown == {value["zh"] for value in codes.shipped()["step_kind"]}
