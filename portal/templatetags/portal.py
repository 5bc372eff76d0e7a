"""Filters and component tags of the shell. Parameters of each are listed in portal/README.md.

Every tag renders one partial of ``portal/components/``; nothing here decides, reads the clock or
touches the database: a page passes what it wants shown.
"""

from __future__ import annotations

from portal.components import ceremony, evidence, forms, shell, values
from portal.components.library import register

__all__ = ["ceremony", "evidence", "forms", "register", "shell", "values"]
