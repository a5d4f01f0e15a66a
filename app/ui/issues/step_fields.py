"""What each step of an issue asks for."""

from collections.abc import Callable
from typing import Any

from app.i18n import N_, _, joined
from app.ui.issues import finders, steps
from app.ui.issues.steps import Asked
from app.ui.widgets.attached import PhotoEditor
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import NotesEditor, TextEditor
from app.ui.widgets.form import Field
from app.ui.widgets.quick import DigitEditor, QuickPick
from app.ui.widgets.signature import SignatureEditor


def fields(asked: Asked, kind: str) -> list[Field]:
    """The fields of this step."""
    return _FIELDS[kind](asked)


def _text(title: str, hint: str, *, required: bool = False, name: str = "text") -> Field:
    return Field(name, title, lambda: NotesEditor(_(hint), rows=3), required=required)


def _date() -> DateEditor:
    made = DateEditor()
    made.line.setMinimumWidth(made.line.fontMetrics().horizontalAdvance("2025年12月25日 周三") + 28)
    return made


def _day(title: str = N_("日期")) -> Field:
    return Field("day", title, _date, required=True)


def _due(title: str = N_("办理期限")) -> Field:
    return Field("due_on", title, _date, help=N_("可以写 +10、下周五; 不写就不改原来的期限"))


def _choice(asked: Asked, name: str, title: str, table: str, *, required: bool = True) -> Field:
    options = asked.desk.choices(table)
    return Field(name, title, lambda: DigitEditor(options, optional=not required), required=required)


def _usual(asked: Asked) -> str:
    """Who usually handles the topic, and by which rule; "" where no rule speaks of it."""
    usual = asked.view.usual
    return _("按派单规则「{rule}」建议「{name}」, 可以改").format(rule=usual.rule, name=usual.name) if usual else ""


def _unit(asked: Asked, title: str, hint: str, *, required: bool, free: bool = False, usual: bool = False) -> Field:
    find = finders.finder(asked.desk, asked.owner, finders.own_units)
    make = (lambda words: {"unit": None, "name": words}) if free else None
    return Field("to_unit", title, lambda: QuickPick(find, free=make, placeholder=_(hint)), required=required,
                 help=_usual(asked) if usual else "")  # fmt: skip


def _reason(title: str, hint: str, *, required: bool = True, **more: Any) -> Field:
    return Field("reason", title, lambda: NotesEditor(_(hint), rows=2), required=required, **more)


def _accept(_asked: Asked) -> list[Field]:
    return [_due(), _text(N_("说明"), N_("可以不写"))]


def _decline(_asked: Asked) -> list[Field]:
    where = Field("to_name", N_("可以去哪里"), lambda: TextEditor(_("例如 社区居委会、劳动仲裁")))
    return [_reason(N_("不予受理的理由"), N_("为什么不属于受理范围")), where]


def _forward(_asked: Asked) -> list[Field]:
    to = Field("to_name", N_("转送给"), lambda: TextEditor(_("外部机关的名称, 例如 ××市信访局")), required=True)
    return [to, _text(N_("说明"), N_("随件说明"))]


def _assign(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("交办给"), N_("下级单位名称, 或本单位人员姓名"), required=True, free=True, usual=True)
    return [to, _due(), _text(N_("要求"), N_("请对方做什么"))]


def _dispatch(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("承办单位"), N_("单位名称或拼音首字母"), required=True, usual=True)
    return [to, _due(), _text(N_("要求"), N_("请对方做什么"))]


def _sign(_asked: Asked) -> list[Field]:
    return [_due()]


def _return(_asked: Asked) -> list[Field]:
    return [_reason(N_("退单理由"), N_("为什么不由本单位办理, 该由谁办"))]


def _photos(asked: Asked) -> Field:
    return Field("photos", N_("照片和文件"), lambda: PhotoEditor(asked.desk), repeat=False)


def _handle(asked: Asked) -> list[Field]:
    return [_text(N_("做了什么"), N_("何时何地, 做了什么, 结果怎样"), required=True), _day(), _photos(asked)]


def _contact(asked: Asked) -> list[Field]:
    meets = lambda values: values.get("way") == "meet"  # noqa: E731
    return [
        _choice(asked, "way", N_("方式"), "contact_way"),
        Field("with_whom", N_("和谁"), lambda: TextEditor(_("姓名")), required=True),
        _day(),
        Field("place", N_("地点"), lambda: TextEditor(_("在哪里见面")), shown_if=meets),
        _text(N_("谈了什么"), N_("对方的意见和态度")),
        Field("signature", N_("本人签字"), SignatureEditor, shown_if=meets),
        _reason(N_("没有签字的原因"), N_("签了字就不用写"), required=False, shown_if=meets),
        _photos(asked),
    ]


def _policies(asked: Asked) -> Field:
    topic = str(asked.view.fields["topic"] or "")
    find = finders.finder(asked.desk, asked.owner, lambda s, text: finders.policies_like(s, text, topic))
    make = lambda: QuickPick(find, several=True, placeholder=_("政策问答里的字或拼音首字母"))  # noqa: E731
    return Field("quotes", N_("引用政策"), make, help=N_("选中的答复会写进下面, 依据和有效期随答复留存"))


def _answer(asked: Asked) -> list[Field]:
    return [
        _choice(asked, "way", N_("答复方式"), "answer_way"),
        _text(N_("答复内容"), N_("怎样答复本人"), required=True),
        _policies(asked),
        _choice(asked, "outcome", N_("处理意见"), "outcome", required=False),
        Field("with_whom", N_("答复给谁"), TextEditor),
        _choice(asked, "satisfaction", N_("当场满意度"), "satisfaction", required=False),
        _day(),
    ]


def _recheck(asked: Asked) -> list[Field]:
    options = [(code, label) for code, label in asked.desk.choices("verdict") if code != "na"]
    verdict = Field("outcome", N_("复检结论"), lambda: DigitEditor(options, optional=False), required=True)
    return [
        verdict,
        Field("place", N_("地点"), TextEditor),
        _text(N_("现场情况"), N_("看到了什么")),
        _day(),
        _photos(asked),
    ]


def _revisit(asked: Asked) -> list[Field]:
    return [
        _choice(asked, "satisfaction", N_("满意度"), "satisfaction"),
        _text(N_("本人怎么说"), N_("可以不写")),
        _day(),
    ]


def _close(asked: Asked) -> list[Field]:
    found = [_choice(asked, "level", N_("办结层级"), "closing_level"), _text(N_("结果"), N_("一句话说清结果"))]
    if not asked.view.excepted and any(made < many for _label, made, many in asked.view.needs):
        help_ = N_("要求的沟通见面等还没有做够。确有特殊情况的, 由网格长写明理由, 这一条会记入统计")
        found.append(_reason(N_("特殊情况的理由"), N_("为什么没有做够"), required=False, help=help_))
    return found


def _escalate(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("报给"), N_("不填就报给上一级"), required=False)
    return [_reason(N_("上报的理由"), N_("为什么本级解决不了")), to]


def _reopen(_asked: Asked) -> list[Field]:
    return [_reason(N_("重办的理由"), N_("哪里没有办好")), _due(N_("新的期限"))]


def _withdraw(_asked: Asked) -> list[Field]:
    return [_reason(N_("撤回的理由"), N_("本人为什么撤回"))]


def _archive(_asked: Asked) -> list[Field]:
    return [_text(N_("说明"), N_("可以不写"))]


def _note(_asked: Asked) -> list[Field]:
    return [_text(N_("备注"), N_("只留在经过里, 不改变状态"), required=True)]


def _leap(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("报给"), N_("不填就越过上一级"), required=False)
    return [_reason(N_("越级上报的理由"), N_("重大、紧急在哪里, 为什么不能逐级上报")), to]


def _assist(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("协办单位"), N_("单位名称或拼音首字母"), required=True, usual=True)
    return [to, _text(N_("请协办什么"), N_("要对方做什么、提供什么"), required=True), _due(N_("协办期限"))]


def _assist_answer(_asked: Asked) -> list[Field]:
    return [_text(N_("协办答复"), N_("做了什么, 结果怎样"), required=True), _day()]


def _entrust(asked: Asked) -> list[Field]:
    find = finders.finder(asked.desk, asked.owner, finders.partners)
    to = Field("to_unit", N_("外单位"), lambda: QuickPick(find, placeholder=_("单位名称或拼音首字母")), required=True)
    due = Field(
        "due_on", N_("请在哪天前答复"), _date, help=N_("会印在派单上; 选了外单位就按「外单位答复期限」先填上, 可以改")
    )
    return [to, _text(N_("请外单位做什么"), N_("要对方做什么, 答复什么; 会印在派单上")), due, _day()]


def _order(asked: Asked) -> Field:
    waiting = [(one.id.hex, f"{one.number}\n{one.partner}") for one in steps.waiting(asked.view)]
    return Field("about", N_("哪一份派单"), lambda: DigitEditor(waiting, optional=False), required=True)


def _entrust_answer(asked: Asked) -> list[Field]:
    return [
        _order(asked),
        _text(N_("答复了什么"), N_("对方做了什么, 结果怎样"), required=True),
        Field("with_whom", N_("对方答复人"), lambda: TextEditor(_("姓名或科室"))),
        _choice(asked, "way", N_("对方怎么答复"), "answer_way", required=False),
        _day(N_("答复日期")),
    ]


def _entrust_cancel(asked: Asked) -> list[Field]:
    return [_order(asked), _reason(N_("撤回的理由"), N_("为什么不再需要外单位办"))]


def _because(title: str, hint: str) -> Callable[[Asked], list[Field]]:
    return lambda _asked: [_reason(title, hint)]


def _extend(_asked: Asked) -> list[Field]:
    until = Field("due_on", N_("延到哪天"), _date, required=True, help=N_("条例规定最多延长 30 日, 由单位负责人批准"))
    return [until, _reason(N_("延期的理由"), N_("为什么不能按期办结; 要告诉本人"))]


def _approve(_asked: Asked) -> list[Field]:
    return [_due(N_("同意延到")), _text(N_("意见"), N_("不写日期就按申请的日期"))]


def _exception(asked: Asked) -> list[Field]:
    told = joined(
        _("{what} 还差 {n} 次").format(what=what, n=many - made) for what, made, many in asked.view.needs if made < many
    )
    hint = N_("例如 本人在外地, 只能电话沟通")
    return [_reason(N_("为什么做不到"), hint, help=_("{missing}。由另外一位负责人批准").format(missing=told))]


def _urge(asked: Asked) -> list[Field]:
    return [
        _choice(asked, "level", N_("督办级别"), "urging"),
        _reason(N_("督办的理由"), N_("哪里慢了, 要求什么")),
        _due(),
    ]


def _resume(_asked: Asked) -> list[Field]:
    return [_text(N_("说明"), N_("可以不写")), _day()]


def _review(asked: Asked) -> list[Field]:
    to = _unit(asked, N_("复查复核单位"), N_("不填就是上一级"), required=False)
    return [_reason(N_("本人的理由"), N_("对哪一点不服, 要求什么")), to, _day(N_("申请日期"))]


def _judge(asked: Asked) -> list[Field]:
    return [
        _choice(asked, "outcome", N_("结论"), "review_outcome"),
        _policies(asked),
        _text(N_("意见"), N_("查明的事实、依据和意见"), required=True),
        _day(),
    ]


def _recuse(_asked: Asked) -> list[Field]:
    who = Field("with_whom", N_("谁回避"), lambda: TextEditor(_("姓名; 不填就是您本人")))
    return [who, _reason(N_("回避的理由"), N_("例如 与本人有亲属或利害关系"))]


def _other(asked: Asked) -> Field:
    find = finders.finder(asked.desk, asked.owner, finders.issues_like)
    return Field(
        "other_id", N_("另一件事项"), lambda: QuickPick(find, placeholder=_("编号或标题里的字")), required=True
    )


def _merge(asked: Asked) -> list[Field]:
    told = N_("本件并入那一件: 经过保留、不再单独办理和计时; 记名的仍要把结果答复本人。并错了可以重办")
    return [_other(asked), _reason(N_("合并的理由"), N_("例如 同一人通过两个渠道反映"), help=told)]


def _link(asked: Asked) -> list[Field]:
    return [_other(asked), _text(N_("说明"), N_("可以不写"))]


_FIELDS: dict[str, Callable[[Asked], list[Field]]] = {
    "accept": _accept, "decline": _decline, "forward": _forward, "assign": _assign, "dispatch": _dispatch, "sign": _sign,
    "return": _return, "handle": _handle, "contact": _contact, "answer": _answer, "recheck": _recheck,
    "revisit": _revisit, "close": _close, "escalate": _escalate, "reopen": _reopen, "withdraw": _withdraw,
    "archive": _archive, "note": _note, "leap": _leap, "assist": _assist, "assist_answer": _assist_answer,
    "assist_cancel": _because(N_("撤销协办的理由"), N_("为什么不再需要协办")), "entrust": _entrust,
    "entrust_answer": _entrust_answer, "entrust_cancel": _entrust_cancel, "extend": _extend, "approve": _approve,
    "refuse": _because(N_("不同意的理由"), N_("为什么不能延期")), "urge": _urge,
    "exception": _exception,
    "exception_approve": lambda _asked: [_text(N_("意见"), N_("可以不写"))],
    "exception_refuse": _because(N_("不同意的理由"), N_("还要怎样沟通见面")),
    "calm": _because(N_("取消督办的理由"), N_("现在怎样了")),
    "suspend": _because(N_("挂起的理由"), N_("在等什么, 等到什么时候; 挂起期间不计入期限")), "resume": _resume,
    "review": _review, "review_answer": _judge, "second_review": _review, "second_answer": _judge, "recuse": _recuse,
    "merge": _merge, "link": _link,
}  # fmt: skip
