"""The fields of the form of an issue."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.issues import finders
from app.ui.issues.editors import SixElements
from app.ui.widgets.attached import PhotoEditor
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import CheckEditor, NotesEditor, NumberEditor, TextEditor
from app.ui.widgets.form import Field, Group
from app.ui.widgets.quick import DigitEditor, QuickPick


def fields(desk: Desk, owner: QObject) -> list[Field | Group]:
    """The fields of an issue, in the order they are asked; a 线索 sees only the first few."""

    def whole(given: Mapping[str, Any]) -> bool:
        return not given.get("lead")

    def named(given: Mapping[str, Any]) -> bool:
        return not given.get("anonymous")

    def accuses(given: Mapping[str, Any]) -> bool:
        return given.get("kind") == "accusation"

    def endangers(given: Mapping[str, Any]) -> bool:
        return given.get("kind") == "hazard"

    points = finders.finder(desk, owner, finders.risk_points)
    units = finders.finder(desk, owner, finders.own_units)
    partners = finders.finder(desk, owner, finders.partners)
    homes = finders.finder(desk, owner, finders.homes)
    persons = finders.finder(desk, owner, finders.persons)
    grids = finders.finder(desk, owner, finders.grids)
    return [
        Field("title", N_("一句话"), lambda: TextEditor(_("例如 楼道照明灯不亮, 老人上下楼不便"), 60), required=True, repeat=False),
        Field("kind", N_("类别"), lambda: DigitEditor(desk.choices("issue_kind"), optional=False), required=True),
        Field("against", N_("被反映的单位"), lambda: QuickPick(units, placeholder=_("单位名称或拼音首字母")),
              help=N_("这件事项会密封, 被反映的单位看不到"), shown_if=accuses),
        Field("level", N_("隐患等级"), lambda: DigitEditor(desk.choices("hazard_level")), shown_if=endangers),
        Field("risk_point", N_("风险点"), lambda: QuickPick(points, placeholder=_("部位、设备、危害或编号, 可以不选")),
              help=N_("选了就带出部位和网格, 两边都看得到"), shown_if=endangers),
        Field("responsible", N_("整改责任人"), lambda: TextEditor(_("由谁整改"), 40), shown_if=endangers),
        Field("reporter", N_("反映人"), lambda: QuickPick(
            persons, free=finders.free_person, placeholder=_("姓名、拼音首字母 (zs) 或电话尾号; 没登记的直接写姓名")), shown_if=named),
        Field("text", N_("内容"), lambda: NotesEditor(_("原话怎么说, 想要什么结果"), rows=4), repeat=False, shown_if=whole),
        Field("topic", N_("主题"), lambda: QuickPick(
            finders.codes(desk, owner, "topic"), describe=lambda code: desk.label("topic", code),
            placeholder=_("汉字或拼音首字母, 例如 cnf 采暖费")), shown_if=whole),
        Field("channel", N_("来源"), lambda: QuickPick(
            finders.codes(desk, owner, "channel"), describe=lambda code: desk.label("channel", code),
            placeholder=_("来访、来电、走访、排查发现…")), shown_if=whole),
        Field("partner", N_("派来的外单位"), lambda: QuickPick(partners, placeholder=_("街道、社区、物业派来的单子才填")),
              shown_if=whole),
        Field("partner_number", N_("对方编号"), lambda: TextEditor(_("对方派单上的编号"), 60),
              shown_if=lambda v: whole(v) and bool(v.get("partner"))),
        Field("heard_on", N_("反映日期"), DateEditor, help=N_("第一次听到是哪天, 可以早于登记日期"), shown_if=whole),
        Field("anonymous", "", lambda: CheckEditor(_("匿名, 不留姓名 (Alt+M)"))),
        Field("lead", "", lambda: CheckEditor(_("先记一条线索, 以后再补全 (Alt+L)")), repeat=False),
        Group(N_("人和地方")),
        Field("phone", N_("电话"), lambda: TextEditor("", 40), shown_if=lambda v: whole(v) and named(v)),
        Field("people", N_("共有几人反映"), lambda: NumberEditor(_("人"), 1, 9999), shown_if=whole),
        Field("household", N_("住户"), lambda: QuickPick(homes, placeholder=_("门牌、户主姓名或拼音首字母")), shown_if=whole),
        Field("grid", N_("网格"), lambda: QuickPick(grids, placeholder=_("不填就按住户或您所在单位")), shown_if=whole),
        Field("place", N_("地点"), lambda: TextEditor(_("事情发生在哪里")), shown_if=whole),
        Group(N_("细节")),
        Field("elements", "", SixElements, repeat=False, shown_if=whole),
        Field("evidence", N_("证据材料"), lambda: TextEditor(_("例如 照片 3 张、收据 1 份")), repeat=False, shown_if=whole),
        Field("photos", N_("照片和文件"), lambda: PhotoEditor(desk), repeat=False, shown_if=whole),
        Field("secrecy", N_("密级"), lambda: DigitEditor(desk.choices("secrecy"), optional=False), shown_if=whole),
        Field("due_on", N_("办理期限"), DateEditor, help=N_("可以写 +10、下周五; 不填由受理时确定"), repeat=False, shown_if=whole),
    ]  # fmt: skip
