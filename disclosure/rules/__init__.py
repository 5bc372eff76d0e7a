"""Pure rules of disclosure: what may be shown, when, and in which words."""
