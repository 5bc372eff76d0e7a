"""Template tags and filters of the shell: load with ``{% load portal %}``."""
