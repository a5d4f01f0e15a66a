"""The common part of every table and of every record that travels."""

import uuid
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import Boolean, Date, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, declared_attr, mapped_column

from app.clock import now
from app.models.values import Id, Utc, new_id

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """Every table, local or shared."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {
        uuid.UUID: Id,
        datetime: Utc,
        date: Date,
        str: Text,
        int: Integer,
        bool: Boolean,
    }


class Record(Base, kw_only=True, eq=False):
    """A row that is written down in the change log and travels between machines.

    `owned` says who may write it (sync.md, "Who may write what"): "site" facts belong to the site that made them,
    "shared" records merge by field, "hq" reference data flows down only. Nothing is deleted: a record is voided.
    """

    __abstract__ = True
    owned: ClassVar[str] = "site"
    #: The column that says what a record of this kind goes on with: its hybrid time is later than that of all records here
    #: with the same value, whatever the clocks say. "" where the order of records tells nothing.
    after: ClassVar[str] = ""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default_factory=new_id)
    path: Mapped[str] = mapped_column(String(255), default="", index=True)
    revision: Mapped[int] = mapped_column(default=0)
    author: Mapped[uuid.UUID | None] = mapped_column(default=None)
    site: Mapped[uuid.UUID | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default_factory=now)
    voided_at: Mapped[datetime | None] = mapped_column(default=None)
    void_reason: Mapped[str | None] = mapped_column(default=None)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.revision, "version_id_generator": False}

    @classmethod
    def derive(cls, row: dict[str, Any]) -> dict[str, Any]:
        """The local columns (search keys and the like) that follow from the row; they never travel."""
        return {}

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        """The text under which the record is found in the full search; None when it is not searched."""
        return None

    def problems(self) -> dict[str, str]:
        """What the record can judge alone to be wrong: field → sentence (source language); empty when sound."""
        return {}

    @property
    def voided(self) -> bool:
        """The record has been taken out of force; it stays readable."""
        return self.voided_at is not None


@cache
def record_classes() -> dict[str, type[Record]]:
    """Every synced table by name, parents before children (the order in which rows may be written)."""
    from app.models import families

    assert families.ALL
    by_table = {table_of(mapper.class_).name: mapper.class_ for mapper in Base.registry.mappers}
    ordered = [table.name for table in Base.metadata.sorted_tables]
    return {name: by_table[name] for name in ordered if name in by_table and issubclass(by_table[name], Record)}


def table_of(model: type[Base]) -> Table:
    """The table behind the class."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table of its own")
    return table


def local_columns(model: type[Record]) -> frozenset[str]:
    """Names of the columns that are derived here and never travel."""
    return frozenset(column.name for column in table_of(model).columns if column.info.get("local"))
