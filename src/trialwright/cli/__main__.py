"""`python -m trialwright.cli` is the same as `trialwright`."""

import sys

from trialwright.cli import main

sys.exit(main())
