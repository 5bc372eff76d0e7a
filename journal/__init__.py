"""The one door (``perform``), the acts, the outbox and the transparency log."""
