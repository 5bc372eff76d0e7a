"""Who may do what in trading: ``may_<verb>(actor, row) -> Reason | None``."""
