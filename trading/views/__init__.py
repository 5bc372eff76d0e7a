"""Pages of trading. They parse, perform or ask, and render."""
