"""A licence service of its own for training and tests, with the phone that scans; faults on request."""
