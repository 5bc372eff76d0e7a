"""Measurements against a limit taken in the same run: ``python -m tests.bench [ONLY=name]``."""
