"""`jukedrummer` and `python -m jukedrummer`: catches Ctrl-C also during slow imports."""

import sys


def main() -> None:
    """Run the command line. Ctrl-C prints one line and exits with status 130."""
    try:
        from jukedrummer.cli import main

        main()
    except KeyboardInterrupt:
        print("jukedrummer: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
