"""One way to end every verb: a summary line, or one line that says what is wrong.

Exit status: 0 done, 1 something to put right, 2 wrong usage (argparse), 130 interrupted. Results go to
stdout, everything else to stderr.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from .errors import ProjectError

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence


def run(parser: ArgumentParser, argv: Sequence[str] | None = None) -> int:
    """Parse `argv`, call the verb's function and return the exit status.

    Each verb of `parser` names its function with `set_defaults(func=...)`. The function takes the parsed
    arguments and returns its summary (printed as the last line), an exit status, or nothing. An exception
    that is neither a ProjectError nor the operating system's is a bug and keeps its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a pipe on Windows cannot encode every character
    args = parser.parse_args(argv)
    if not hasattr(args, "func"):
        parser.error("say what to do; --help lists the verbs")
    try:
        result = args.func(args)
        if isinstance(result, str):
            print(result)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:
        # The reader, such as `head`, has what it wanted; Python flushes again at exit and needs a place to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ProjectError as error:
        return _fail(f"error: {error}", 1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"error: {place}{error.strerror or error}", 1)
    return result if isinstance(result, int) else 0


def _fail(line: str, status: int) -> int:
    print(" ".join(line.split()), file=sys.stderr)
    return status
