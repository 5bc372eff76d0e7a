"""Pure rules of the agency marketplace: machines, limits, conflicts."""
