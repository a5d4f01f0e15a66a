"""Who usually handles a topic: rules that are data, proposed where an issue is registered or dispatched, never forced."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import Refusal
from app.i18n import N_, _
from app.models import rulebooks

_FIELDS = frozenset({"topics", "kinds", "department", "unit", "under"})
_WRONG = N_("派单规则有 {n} 处不对, 没有更换: {faults}")


@dataclass(frozen=True)
class Route:
    """Issues on these topics (of these kinds, registered under the unit of this code, where named) go to one department or unit."""

    code: str
    name: str
    topics: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    under: str = ""
    department: str = ""
    unit: str = ""

    @property
    def target(self) -> str:
        """Where it leads, as it is written in the file."""
        return self.unit or self.department


@dataclass(frozen=True)
class Known:
    """The codes that rules may name."""

    topics: frozenset[str]
    kinds: frozenset[str]
    departments: frozenset[str]
    units: frozenset[str]


def read(values: Sequence[Mapping[str, Any]], known: Known | None = None) -> tuple[Route, ...]:
    """The rules of a code table's values; refused, with all faults named, where one is unreadable, names what is not known
    or says of the same issues something else than another.
    """
    faults: list[str] = []
    found = [route for value in values if (route := _route(value, faults))]
    if known is not None:
        faults += [fault for route in found for fault in _unknown(route, known)]
    faults += _doubled(values) + _against(found)
    if faults:
        told = " ".join(f"{n}. {fault}" for n, fault in enumerate(faults, 1))
        raise Refusal("routing_unsound", _WRONG, n=len(faults), faults=told)
    return tuple(found)


def readable(values: Iterable[Mapping[str, Any]]) -> tuple[Route, ...]:
    """The rules among these values that this program understands; those of a newer one are left out."""
    return rulebooks.readable("routing", lambda some: read(list(some)), values)


def fitting(routes: Iterable[Route], topics: Sequence[str], kind: str, above: Sequence[str]) -> Route | None:
    """The narrowest rule for an issue: `topics` are its topic and the groups above it, `above` the codes of the units above it,
    both the nearest first. A unit tells more than a topic, a topic more than a kind.
    """
    best: tuple[tuple[int, int, int], Route] | None = None
    for route in routes:
        topic = next((n for n, one in enumerate(topics) if one in route.topics), None)
        near = above.index(route.under) if route.under in above else None
        if topic is None or (route.under and near is None) or (route.kinds and kind not in route.kinds):
            continue
        rank = (len(above) if near is None else near, topic, 0 if route.kinds else 1)
        if best is None or rank < best[0]:
            best = (rank, route)
    return best[1] if best else None


def _route(value: Mapping[str, Any], faults: list[str]) -> Route | None:
    name, given = str(value.get("zh") or value.get("code") or "?"), value.get("aliases")
    wrong = _shape(given)
    if wrong:
        faults.append(_("「{rule}」{why}。").format(rule=name, why=wrong))
        return None
    assert isinstance(given, Mapping)
    return Route(
        code=str(value.get("code") or ""), name=name, topics=tuple(given["topics"]), kinds=frozenset(given.get("kinds") or ()),
        under=given.get("under") or "", department=given.get("department") or "", unit=given.get("unit") or "",
    )  # fmt: skip


def _shape(given: Any) -> str:
    if not isinstance(given, Mapping):
        return _("没有写明主题和去向")
    if strange := sorted(set(given) - _FIELDS):
        return _("有不认识的栏目 {what}").format(what=", ".join(strange))
    lists = (given.get("topics"), given.get("kinds") or [])
    if not given.get("topics") or any(
        not isinstance(words, list) or any(not isinstance(word, str) for word in words) for words in lists
    ):
        return _("的主题和类别应为代码的列表, 主题至少一个")
    if any(not isinstance(given.get(field) or "", str) for field in ("under", "department", "unit")):
        return _("的 under、department、unit 应为代码")
    if bool(given.get("department")) == bool(given.get("unit")):
        return _("应写明一个去向: 部门或单位, 不能都写, 也不能都不写")
    return ""


def _unknown(route: Route, known: Known) -> list[str]:
    named = (
        (route.topics, known.topics, N_("主题")), (sorted(route.kinds), known.kinds, N_("类别")),
        ((route.department,), known.departments | {""}, N_("部门")),
        ((route.unit, route.under), known.units | {""}, N_("单位")),
    )  # fmt: skip
    return [
        _("「{rule}」里没有这样的{what}: {code}。").format(rule=route.name, what=_(what), code=code)
        for codes, there, what in named
        for code in codes
        if code not in there
    ]


def _doubled(values: Sequence[Mapping[str, Any]]) -> list[str]:
    many = Counter(str(value.get("code") or "") for value in values)
    return [_("代码 {code} 用了 {n} 次。").format(code=code, n=n) for code, n in many.items() if n > 1]


def _against(routes: Sequence[Route]) -> list[str]:
    """Two rules that say of the same topic, kind and unit that it goes to different places."""
    faults, first = [], dict[tuple[str, str, str], Route]()
    for route in routes:
        for topic in route.topics:
            for kind in sorted(route.kinds) or [""]:
                other = first.setdefault((topic, kind, route.under), route)
                if other.target != route.target:
                    sentence = _("「{rule}」与「{other}」自相矛盾: 主题 {topic} 一个去 {here}, 一个去 {there}。")
                    faults.append(
                        sentence.format(
                            rule=route.name, other=other.name, topic=topic, here=route.target, there=other.target
                        )
                    )
    return faults
