"""Pure foundations: no Django, no I/O, no clock."""
