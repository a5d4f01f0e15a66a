"""Runs the revisions on a connection that is already open, inside the caller's transaction."""

from typing import Any, Literal

from alembic import context

from app.models import values
from app.models.base import Base
from app.models.upgrade import kept_by_hand


def _own_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, values.Id | values.Utc):
        return f"values.{type(item).__name__}()"
    if kind == "type" and isinstance(item, values.Secret):
        return "sa.Text()"
    if kind == "type" and isinstance(item, values.SecretJson):
        return "sa.JSON(none_as_null=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=_own_type,
    include_name=lambda name, kind, parents: not (kind == "table" and name in kept_by_hand()),
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
