"""Every record family at once: whoever opens a store knows all tables."""

from app.models import (
    accounts,
    attachments,
    batches,
    changes,
    checks,
    codes,
    conflicts,
    drafts,
    editions,
    grids,
    imports,
    issues,
    people,
    posts,
    readings,
    risks,
    sites,
    steps,
    units,
    visits,
)

ALL = (
    accounts, attachments, batches, changes, checks, codes, conflicts, drafts, editions, grids, imports, issues, people, posts,
    readings, risks, sites, steps, units, visits,
)  # fmt: skip
