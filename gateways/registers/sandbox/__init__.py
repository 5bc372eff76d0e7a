"""A register of legal persons of its own for training and tests; faults on request."""
