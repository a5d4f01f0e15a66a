"""Empty values sort on PostgreSQL as they do on SQLite: before all others, and last when the order is turned round."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Join
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg
from sqlalchemy.sql import operators, visitors

_SAID = (operators.nulls_first_op, operators.nulls_last_op)


class Compiler(PGCompiler_psycopg):
    """Says where empty values go wherever there can be some; elsewhere it would keep the server from its indexes."""

    def order_by_clause(self, select: Any, **kw: Any) -> str:
        outer = _has_outer_join(select)
        parts = [self.process(_placed(clause, outer), **kw) for clause in select._order_by_clauses]
        return f" ORDER BY {', '.join(parts)}" if parts else ""


def _has_outer_join(select: Any) -> bool:
    froms: list[Any] = getattr(select, "get_final_froms", list)()
    return any(isinstance(one, Join) and one.isouter for origin in froms for one in visitors.iterate(origin))


def _placed(clause: Any, outer: bool) -> Any:
    """The clause with its place for empty values, or as it is where it can have none."""
    plain = getattr(clause, "element", clause) if clause.__visit_name__ == "label_reference" else clause
    modifier = getattr(plain, "modifier", None)
    if modifier in _SAID:
        return clause
    bare = plain.element if modifier in (operators.asc_op, operators.desc_op) else plain
    known = next(iter(bare.base_columns), bare) if isinstance(bare, ColumnElement) else bare
    if isinstance(known, Column) and bare.__visit_name__ == "column" and not known.nullable and not outer:
        return clause
    if not isinstance(plain, ColumnElement):
        return clause
    return plain.nulls_last() if modifier is operators.desc_op else plain.nulls_first()
