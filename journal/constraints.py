"""Which constraint an ``IntegrityError`` is about: its name, on either database.

PostgreSQL says the name. SQLite says it for CHECK constraints and indexes on expressions; of a UNIQUE
constraint it names the columns, and the models know which constraint those are.
"""

from __future__ import annotations

import functools
import re

from django.apps import apps
from django.db import IntegrityError, models

_UNIQUE = re.compile(r"UNIQUE constraint failed: (?!index )(.+)")
_NAMED = re.compile(r"(?:CHECK constraint failed: |UNIQUE constraint failed: index ')([^\s']+)")


def broken(error: IntegrityError) -> tuple[str, ...]:
    """Names of the constraints that ``error`` may be about, nearly always one; none when nobody can tell.

    A field's own ``unique=True`` is called ``<table>_<column>_key``, as PostgreSQL calls it.
    """
    told = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if told:
        return (str(told),)
    text = str(error)
    if found := _NAMED.search(text):
        return (found.group(1),)
    if found := _UNIQUE.search(text):
        return unique().get(frozenset(found.group(1).strip().split(", ")), ())
    return ()


@functools.cache
def unique() -> dict[frozenset[str], tuple[str, ...]]:
    """``{"table.column", …}`` → names of the UNIQUE constraints over just these columns."""
    known: dict[frozenset[str], tuple[str, ...]] = {}
    for model in apps.get_models(include_auto_created=True):
        for columns, name in _of(model):
            known[columns] = (*known.get(columns, ()), name)
    return known


def _of(model: type[models.Model]) -> list[tuple[frozenset[str], str]]:
    meta = model._meta
    table = meta.db_table
    found = [
        (frozenset({f"{table}.{field.column}"}), f"{table}_{field.column}_key")
        for field in meta.local_concrete_fields
        if field.unique
    ]
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            columns = (getattr(meta.get_field(name), "column", name) for name in constraint.fields)
            found.append((frozenset(f"{table}.{column}" for column in columns), constraint.name))
    return found
