"""Pure rules of guarantees."""
