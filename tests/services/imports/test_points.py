"""A hazard of a ledger finds its risk point by number, or by place and thing; what is not clear is proposed, not linked."""

from app.services.imports.points import MOST, Point, Points

PUMP = Point("1", "PS-FX-001", "一网格", "红梁1号注水站", "注水泵")
ROOM = Point("2", "PS-FX-002", "一网格", "红梁1号注水站", "注水泵房")
GATE = Point("3", "", "", "红梁大门", "")


def refs(points: Points, grid: str, place: str, text: str) -> tuple[str | None, list[str]]:
    one, several = points.at(grid, place, text)
    return (one.ref if one else None), [point.ref for point in several]


def test_a_number_in_the_words_is_the_risk_point_whatever_the_place() -> None:
    points = Points([PUMP, ROOM])
    assert refs(points, "二网格", "站区", "ps-fx-002 门锁损坏") == ("2", [])
    assert refs(points, "二网格", "站区", "PS-FX-0021 门锁损坏") == (None, [])


def test_place_and_thing_name_one_and_the_longer_thing_is_meant() -> None:
    points = Points([PUMP, ROOM, GATE])
    assert refs(points, "一网格", "红梁1号注水站", "注水泵压力表超期") == ("1", [])
    assert refs(points, "一网格", "红梁 1 号注水站", "注水泵房门锁损坏") == ("2", [])
    assert refs(points, "二网格", "红梁1号注水站", "注水泵压力表超期") == (None, []), "another grid"
    assert refs(points, "一网格", "红梁1号注水站", "消防水带老化") == (None, [])
    assert refs(points, "一网格", "红梁大门", "门轴锈蚀") == ("3", []), "the place is all the point names"


def test_several_are_proposed_and_none_is_linked() -> None:
    twin = Point("4", "", "一网格", "红梁1号注水站", "注水泵")
    assert refs(Points([PUMP, twin]), "一网格", "红梁1号注水站", "注水泵渗漏") == (None, ["1", "4"])
    many = [Point(str(n), "", "一网格", "站区", "值班车辆") for n in range(MOST + 1)]
    assert refs(Points(many), "一网格", "站区", "值班车辆灭火器压力不足") == (None, [])
