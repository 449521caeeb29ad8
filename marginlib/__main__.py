"""``python -m marginlib``: the same as the ``marginlib`` command."""

import sys

from marginlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
