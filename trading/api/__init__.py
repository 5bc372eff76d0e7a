"""JSON doors of trading under /api/v1/. They parse, perform or ask, and render."""
