"""`python -m pgpool_py` is the command `pgpool-py`."""

import sys

from pgpool_py.cli.main import main

sys.exit(main())
