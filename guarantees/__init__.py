"""Electronic guarantees (电子保函)."""
