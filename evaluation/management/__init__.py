"""Management commands of evaluation."""
