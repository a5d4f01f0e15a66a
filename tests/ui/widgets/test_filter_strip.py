"""The strip of saved filters: of many, those that keep nothing stand back until they are asked for."""

from pytestqt.qtbot import QtBot

from app.ui.widgets.filter_strip import MANY, FilterStrip
from app.ui.widgets.list_spec import Filter


def made(qtbot: QtBot, number: int) -> FilterStrip:
    strip = FilterStrip([Filter(f"f{at}", f"筛选{at}") for at in range(number)])
    qtbot.addWidget(strip)
    strip.resize(900, 300)
    strip.show()
    return strip


def seen(strip: FilterStrip) -> list[str]:
    return [key for key, chip in strip._chips.items() if chip.isVisible()]


def test_of_many_filters_those_that_keep_nothing_stand_back_until_asked_for(qtbot: QtBot) -> None:
    strip = made(qtbot, MANY + 3)
    assert len(seen(strip)) == MANY + 3 and not strip.more.isVisible(), "nothing is known yet"
    strip.tell({"f0": 0, "f1": 4, "f2": 0, "f3": 0})
    assert seen(strip)[:2] == ["f0", "f1"] and "f2" not in seen(strip) and "f5" in seen(strip)
    assert strip.more.text() == "其余 2 个筛选"
    strip.more.click()
    assert len(seen(strip)) == MANY + 3 and strip.more.text() == "收起"
    strip.more.click()
    assert strip.choose("f2") and "f2" not in seen(strip)
    strip.tell({"f2": 0, "f3": 1})
    assert "f2" in seen(strip), "the one chosen is seen, whatever it keeps"
    assert not strip.more.isVisible()


def test_a_few_filters_are_always_seen(qtbot: QtBot) -> None:
    strip = made(qtbot, MANY)
    strip.tell({f"f{at}": 0 for at in range(MANY)})
    assert len(seen(strip)) == MANY and not strip.more.isVisible()
