"""Kinds and fields of ledgers, and tables of the store, as people call them."""

from app.i18n import N_, _

_KINDS = {
    "organisation": N_("网格划分表"),
    "organisation_tree": N_("机构网格树"),
    "roster": N_("人员花名册"),
    "roster_export": N_("人员信息系统导出"),
    "household": N_("住户登记表"),
    "visit": N_("住户走访台账"),
    "issue": N_("诉求建议排查表"),
    "risk_point": N_("风险点清单"),
    "hazard": N_("隐患排查治理台账"),
    "help": N_("帮扶关爱台账"),
    "check_standard": N_("检查标准 (检查表)"),
}


def kinds() -> list[str]:
    """All kinds that can be imported."""
    return list(_KINDS)


def kind_words(kind: str) -> str:
    """The kind of a ledger in words."""
    return _(_KINDS[kind]) if kind in _KINDS else kind


def field_words(kind: str, field: str) -> str:
    """A field of a kind of ledger by the heading that offices use most."""
    from app.services.imports.headers import layouts

    words = layouts()[kind].fields.get(field, ()) if kind in layouts() else ()
    return words[0] if words else field


def table_words(table: str) -> str:
    """A table of the store as people call it."""
    known = {
        "unit": _("单位"), "grid": _("网格"), "person": _("人员"), "household": _("住户"), "post": _("任职"),
        "visit": _("走访"), "issue": _("事项"), "issue_step": _("办理步骤"), "risk_point": _("风险点"),
        "help": _("帮扶"), "template": _("检查表"),
    }  # fmt: skip
    return known.get(table, table)
