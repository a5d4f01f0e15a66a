"""All that people read is spoken in both languages, and a sentence keeps its places in each."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from app import i18n
from app.errors import Refusal
from app.i18n import N_
from app.paths import resources

APP = Path(i18n.__file__).parent
ENGLISH = resources() / "i18n" / "en" / "LC_MESSAGES"
HAN = re.compile(r"[\u3400-\u9fff]")
PLACES = re.compile(r"\{([A-Za-z_]\w*)(?:![rs])?(?::[^{} ]*)?\}")
#: What may stand in Chinese inside an English text: examples of what is looked for or typed.
EXAMPLES = {"单位", "行", "计数", "采暖费", "安居苑", "号楼", "单元"}
#: Modules that read or invent Chinese: there it is data, not speech.
DATA = ("services/demo/", "services/imports/", "models/names.py", "models/texts.py", "services/calendars.py",
        "services/privacy.py", "ledgers/forms/words.py", "ui/tour", "ui/widgets/dates.py", "ui/widgets/text.py")  # fmt: skip
#: Names, which are the same in every language, and samples of the widest text a column must hold.
NAMES = {
    "枫格",
    "枫格 Fengge",
    "# 枫格 Fengge ",
    "枫格 ",
    "宋体",
    "简体中文",
    "回执",
    "走访对象",
    "2025年12月25日 周三",
}


@cache
def sentences() -> dict[str, str]:
    """Every text marked in the program → the module that says it."""
    found = extract_from_dir(str(APP), [("**.py", "python")])
    return {text: file for file, _line, text, _comments, _context in found if isinstance(text, str)}


@cache
def english() -> Catalog:
    with (ENGLISH / "fengge.po").open("rb") as file:
        return read_po(file, locale="en")


def said(text: str) -> str:
    message = english().get(text)
    return str(message.string) if message is not None else ""


@cache
def trees() -> dict[str, ast.Module]:
    files = (path for path in sorted(APP.rglob("*.py")) if "migrations" not in path.parts)
    return {path.relative_to(APP).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield module, node


def test_every_sentence_has_its_english() -> None:
    assert len(sentences()) > 1500
    assert [f"{file}: {text}" for text, file in sentences().items() if not said(text)] == []


def test_english_keeps_the_places_of_the_sentence() -> None:
    differ = [text for text in sentences() if sorted(PLACES.findall(text)) != sorted(PLACES.findall(said(text)))]
    assert differ == []


def test_english_keeps_the_lines_of_the_sentence() -> None:
    assert [text for text in sentences() if text.count("\n") != said(text).count("\n")] == []


def test_english_holds_no_chinese_but_examples() -> None:
    left = {text: re.sub("|".join(EXAMPLES), "", said(text)) for text in sentences()}
    assert {text: words for text, words in left.items() if HAN.search(words)} == {}


def test_english_reads_well_in_a_chinese_font() -> None:
    wide = re.compile("[“”‘’，。：；（）「」]")
    assert [said(text) for text in sentences() if wide.search(said(text))] == []


def test_what_the_program_reads_is_what_was_translated() -> None:
    with (ENGLISH / "fengge.mo").open("rb") as file:
        compiled = read_mo(file)
    kept = {str(one.id): one.string for one in compiled if one.id}
    assert kept == {str(one.id): one.string for one in english() if one.id and one.string}
    assert not [one.id for one in english() if one.fuzzy and one.id]


def test_the_catalogue_keeps_nothing_that_is_no_longer_said() -> None:
    assert [one.id for one in english() if one.id and str(one.id) not in sentences()] == []


def test_a_mark_holds_one_whole_text() -> None:
    odd = []
    for module, call in calls("_", "N_"):
        text = call.args[0] if len(call.args) == 1 else None
        filled = isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute) and text.func.attr == "format"
        if text is None or filled or isinstance(text, ast.JoinedStr | ast.BinOp):
            odd.append(f"{module}:{call.lineno}")
    assert odd == []


def test_a_refusal_is_marked_not_translated_and_never_pieced_together() -> None:
    odd = []
    for module, call in calls("Refusal", "StoreRefusal"):
        sentence = call.args[1] if len(call.args) > 1 else None
        marked = isinstance(sentence, ast.Call) and isinstance(sentence.func, ast.Name) and sentence.func.id == "_"
        if sentence is None or marked or isinstance(sentence, ast.Constant | ast.JoinedStr | ast.BinOp):
            odd.append(f"{module}:{call.lineno}")
    assert odd == []


def test_no_chinese_is_spoken_past_the_catalogue() -> None:
    odd = []
    for module, tree in trees().items():
        if module.startswith(DATA):
            continue
        silent = {
            id(part)
            for node in ast.walk(tree)
            for part in (
                ast.walk(node)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_")
                else [node.value] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) else []
            )
        }  # fmt: skip
        odd += [
            f"{module}:{node.lineno}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
            if HAN.search(node.value) and node.value not in NAMES
        ]
    assert odd == []


@pytest.fixture
def chinese_again() -> Iterator[None]:
    yield
    i18n.use("zh")


@pytest.mark.usefixtures("chinese_again")
def test_a_refusal_speaks_the_language_of_the_user() -> None:
    refusal = Refusal("login_taken", N_("登录名「{login}」已有人使用, 请换一个。"), login="lead")
    i18n.use("zh")
    assert i18n.say(refusal) == "登录名「lead」已有人使用, 请换一个。"
    i18n.use("en")
    assert i18n.say(refusal) == 'The login name "lead" is taken. Please choose another.'
    assert str(refusal) == "登录名「lead」已有人使用, 请换一个。"


@pytest.mark.usefixtures("chinese_again")
def test_words_are_joined_as_the_language_joins_them() -> None:
    words = ["甲", "乙"]
    assert (i18n.joined(words), i18n.joined(words, "；")) == ("甲、乙", "甲；乙")
    i18n.use("en")
    assert (i18n.joined(words), i18n.joined(words, "；")) == ("甲, 乙", "甲; 乙")
    with i18n.speaking("zh"):
        assert i18n.joined(words) == "甲、乙" and i18n.language() == "zh"
    assert i18n.joined([]) == "" and i18n.joined(words) == "甲, 乙"


def test_what_people_read_is_joined_in_one_place_alone() -> None:
    """Names and numbers that an import keeps are data: there the mark is that of the ledgers it reads."""
    own = [
        (module, node.lineno)
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "join"
        and any(mark in ast.unparse(node.value) for mark in "、，；")
        if not module.startswith(("services/imports/", "services/demo/"))
    ]
    assert own == []


@pytest.mark.usefixtures("chinese_again")
def test_an_unknown_language_and_an_unknown_text_fall_back_to_chinese(tmp_path: Path) -> None:
    i18n.use("fr")
    assert i18n.language() == "zh" and i18n._("保存") == "保存"
    i18n.use("en")
    assert i18n._("保存") == "Save" and i18n._("没有收进词典的话") == "没有收进词典的话" and i18n._("") == ""
    i18n.use("en", tmp_path)
    assert i18n.language() == "en" and i18n._("保存") == "保存"


@pytest.mark.parametrize("page", sorted(path.name[:-6] for path in (resources() / "help").glob("*.zh.md")))
def test_a_help_page_has_the_same_parts_in_both_languages(page: str) -> None:
    parts = [
        re.findall(r"^(#+|\d+\.|-|```)", (resources() / "help" / f"{page}.{code}.md").read_text("utf-8"), re.MULTILINE)
        for code in i18n.LANGUAGES
    ]
    assert parts[0] == parts[1]


def test_english_help_speaks_english() -> None:
    for path in (resources() / "help").glob("*.en.md"):
        lines = path.read_text("utf-8").splitlines()
        assert [line for line in lines if len(HAN.findall(line)) > 8] == [], path.name
