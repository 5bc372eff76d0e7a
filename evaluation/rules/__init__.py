"""Pure rules of the expert draw and of the evaluation room: no Django, no clock, no I/O."""
