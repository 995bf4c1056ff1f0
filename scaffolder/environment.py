"""A project's own environment, `.venv`: where its interpreter is, and the uv commands that make it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from pathlib import Path

VENV = ".venv"
TORCH = "requirements-torch.txt"  # apart from the others, since torch's CPU build has an index of its own
OLDEST_PYTHON = (3, 11)
PROBE_TIMEOUT_S = 20

# Set by an activated environment or an embedding program; each of them would lead a project's Python astray.
_FOREIGN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__")


class UvMissing(ScaffolderError):
    """The uv program that makes environments is not there."""

    def __init__(self) -> None:
        super().__init__(
            "uv is missing, which makes a project's environment; install it with 'pip install uv'"
        )


class NoEnvironment(ScaffolderError):
    """A stage was asked for that needs an environment, and there is none."""

    def __init__(self) -> None:
        super().__init__(f"no environment at {VENV}; run without --from")


def project_python(root: Path) -> Path:
    """Return where the interpreter of the project at `root` lies, whether it is there or not."""
    return root / VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_usable(root: Path) -> bool:
    """Return True when the project's interpreter starts and is new enough."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    command = [str(project_python(root)), "-I", "-c", check]
    try:
        return not subprocess.run(
            command, capture_output=True, timeout=PROBE_TIMEOUT_S, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_commands(root: Path) -> list[list[str]]:
    """Return the commands that make the environment of the project at `root`, or bring it up to date.

    Raises:
        UvMissing: no uv binary was found.
    """
    uv = find_uv()
    create = [uv, "venv", "--allow-existing", "--python", sys.executable, VENV]
    install = [uv, "pip", "install", "--python", VENV]
    torch = ["-r", TORCH] if (root / TORCH).is_file() else []
    return [
        *([] if is_usable(root) else [create]),
        [*install, "-r", "requirements-dev.txt", *torch],
        [*install, "--no-deps", "-e", "."],
    ]


def find_uv() -> str:
    """Return the path of the uv program.

    Raises:
        UvMissing: it is not there.
    """
    import uv

    try:
        return str(uv.find_uv_bin())
    except FileNotFoundError:
        raise UvMissing from None


def describe(root: Path) -> str:
    """Return the version of the environment's Python and the number of packages installed in it."""
    lines = (root / VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    settings = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    version = settings.get("version_info") or settings.get("version", "")
    library = "Lib" if sys.platform == "win32" else "lib/python*"
    packages = len(list((root / VENV).glob(f"{library}/site-packages/*.dist-info")))
    return f"Python {version}, {packages} package{'s' * (packages != 1)}"


def clean_variables() -> dict[str, str]:
    """Return the variables for a project's commands: ours without the pollution, UTF-8, output unbuffered."""
    kept = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
