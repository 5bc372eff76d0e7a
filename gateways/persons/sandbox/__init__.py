"""A service of person codes of its own for training and tests, with the phone that shows them; faults on request."""
