"""``python -m kernel.scoring --stdin``."""

import sys

from kernel.scoring.command import main

sys.exit(main())
