"""A guarantee issuer of its own for training and tests: real signatures, real PDF, faults on request."""
