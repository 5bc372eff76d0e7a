"""Questions that trading answers. One function a question."""
