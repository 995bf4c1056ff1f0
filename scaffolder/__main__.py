"""`python -m scaffolder`, and the `scaffolder` command."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line and exit with its status."""
    for name in ("SIGTERM", "SIGHUP"):  # a closed terminal must end a stage's processes as Ctrl-C does
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    try:
        if sys.argv[1:2] == ["status"]:
            from scaffolder.uncommitted import begin_early

            begin_early(sys.argv[2:])
        from scaffolder.cli.app import execute

        sys.exit(execute())
    except KeyboardInterrupt:  # while modules were still being loaded
        sys.exit(130)


if __name__ == "__main__":
    main()
