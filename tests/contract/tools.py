"""Running the programs that judge a project, and the environment that a template's own code needs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from filelock import FileLock
from uv import find_uv_bin

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATES = REPOSITORY / "templates"
ENVIRONMENTS = REPOSITORY / ".cache" / "envs"
# Where pip is told of a folder of wheels, uv takes them, too: torch's own index may be out of reach there.
LOCAL_WHEELS = (
    {"UV_FIND_LINKS": os.environ["PIP_FIND_LINKS"], "UV_NO_CONFIG": "1"}
    if "PIP_FIND_LINKS" in os.environ
    else {}
)


def run(
    *command: str | Path, cwd: Path, timeout_s: float = 300, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run `command` in `cwd` with `env` added to the environment; both outputs in `stdout`."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1", "PYTHONUTF8": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_s,
        check=False,
    )


def tool(name: str) -> str:
    """Return the path of a program that the `dev` extra installs beside this Python."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    assert found, f"{name} is not installed; install the project with its dev extra"
    return found


@cache
def template_python(template: str, *groups: str) -> Path:
    """Return the Python of an environment with a template's locked requirements; kept in .cache/envs.

    Args:
        template: the template's name.
        groups: dependency groups of its pyproject.toml to add, such as `airflow`.
    """
    project = TEMPLATES / template / "project"
    torch = ["-r", "requirements-torch.txt"] if (project / "requirements-torch.txt").is_file() else []
    wanted = (project / "requirements-dev.txt").read_bytes() + repr(
        (groups, torch, sys.version_info)
    ).encode()
    if groups:
        wanted += (project / "pyproject.toml").read_bytes()
    folder = ENVIRONMENTS / "-".join([template, *groups, hashlib.sha256(wanted).hexdigest()[:12]])
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = folder / "complete"
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):  # the slow tier may run beside this one
        if not complete.exists():
            extra = [part for group in groups for part in ("--group", group)]
            _uv(project, "venv", "--clear", "--python", sys.executable, folder)
            _uv(project, "pip", "install", "--python", python, "-r", "requirements-dev.txt", *torch, *extra)
            complete.touch()
    return python


def _uv(project: Path, *arguments: str | Path) -> None:
    done = run(find_uv_bin(), *arguments, "--quiet", cwd=project, timeout_s=900, **LOCAL_WHEELS)
    assert done.returncode == 0, done.stdout
