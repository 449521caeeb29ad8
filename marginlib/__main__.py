"""The command ``marginlib``, also as ``python -m marginlib``."""

import sys

try:
    import signal
except KeyboardInterrupt:
    sys.exit(130)


def main() -> int:
    """Run the command; to interrupt it while it still loads ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from marginlib import cli

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
