"""Pages of evaluation. They parse, perform or ask, and render."""
