"""A provider of unified identity of its own for training and tests: real tokens, real redirects, faults on request."""
