"""`jukedrummer` and `python -m jukedrummer`: Ctrl-C is understood before all that takes time is loaded."""

import sys


def main() -> None:
    """Run the command line; where it is interrupted, one line and status 130."""
    try:
        from jukedrummer.cli import main

        main()
    except KeyboardInterrupt:
        print("jukedrummer: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
