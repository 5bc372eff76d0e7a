"""Pure rules of trading: statuses, move tables, guards. No Django, no clock."""
