#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["score"]:
        # Pure arithmetic: it starts without apps, settings or database.
        from kernel.scoring.command import main

        sys.exit(main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
