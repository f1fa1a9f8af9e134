"""`python -m featcls.cli` is `featcls`."""

import sys

from featcls.cli import main

if __name__ == "__main__":
    sys.argv[0] = "featcls"  # as which a run remembers the command
    main()
