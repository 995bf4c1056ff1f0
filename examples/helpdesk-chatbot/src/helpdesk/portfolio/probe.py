"""Ask a service whether it is ready; standard library only, so that a container's health check costs little.

Usage: python -m <package>.probe [URL [SECONDS]]
"""

from __future__ import annotations

import sys
import time
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from .errors import ProjectError

URL = "http://127.0.0.1:8080/readyz"
ATTEMPT_S = 5.0  # an answer later than this counts as none
PAUSE_S = 0.2


def wait_ready(url: str = URL, timeout_s: float = 0.0) -> str:
    """Ask `url` until it answers 200; return one line that says so.

    Args:
        url: the readiness address, http only.
        timeout_s: seconds to go on asking; 0 asks once.

    Raises:
        ProjectError: it did not answer 200 in time; the message has the last answer.
    """
    if not url.startswith("http://"):
        raise ProjectError(f"{url}: expected an address that starts with http://")
    started = time.monotonic()
    while answer := _trouble(url):
        waited = time.monotonic() - started
        if waited >= timeout_s:
            raise ProjectError(f"{url}: not ready after {waited:.1f} s: {answer}")
        time.sleep(min(PAUSE_S, timeout_s - waited))
    return f"{url}: ready after {time.monotonic() - started:.1f} s"


def _trouble(url: str) -> str:
    """Ask once; return why the service is not ready, empty when it is."""
    opener = build_opener(ProxyHandler({}))  # the service is here, never behind the proxy of the environment
    try:
        with opener.open(url, timeout=ATTEMPT_S) as answer:
            return "" if answer.status == 200 else f"status {answer.status}"
    except HTTPError as error:
        error.close()
        return f"status {error.code}"
    except URLError as error:
        return str(error.reason)
    except (HTTPException, OSError, ValueError) as error:
        return str(error) or type(error).__name__


def main(argv: list[str] | None = None) -> int:
    """Probe once, or for as long as asked; the exit status is what a health check wants."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        seconds = float(arguments[1]) if len(arguments) > 1 else 0.0
        wait_ready(arguments[0] if arguments else URL, seconds)
    except (ProjectError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
