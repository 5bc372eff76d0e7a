"""Price scoring (评分计算契约 v1): pure and exact, for the live evaluation room, the command and the
auditor's verifier alike. ``score(request)`` answers, ``run(request)`` also tells how it came about."""

from kernel.scoring.engine import Run, run, score
from kernel.scoring.parameters import METHODS

__all__ = ["METHODS", "Run", "run", "score"]
