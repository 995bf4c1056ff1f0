"""Write `examples/<template>` anew: generate, run every stage, keep what an owner would commit.

    python examples/regenerate.py [TEMPLATE ...]

The folder of an example is replaced only when every stage has passed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scaffolder import catalog, environment

EXAMPLES = Path(__file__).parent
ANSWERS = {"author_name": "The scaffolder authors"}
# What an owner would run once beyond the stages, and what that needs: its reports are part of the example.
BEYOND = {
    "helpdesk-chatbot": (
        ("python", "-m", "helpdesk", "bench", "--growth", "10"),
        ("python", "-m", "helpdesk", "bench", "--imports"),
        ("python", "-m", "helpdesk", "bench", "--load", "10"),
    ),
    "recommender": (
        ("uv", "pip", "install", "--quiet", "--python", ".venv", "--group", "engines"),
        ("python", "-m", "recommender", "bench", "--engines"),
        ("python", "-m", "recommender", "bench", "--growth", "100"),
        ("python", "-m", "recommender", "bench", "--index"),
        ("python", "-m", "recommender", "bench", "--load", "2000"),
    ),
}


def committed_files(folder: Path) -> list[str]:
    """Return what git has or would take of a folder: all that no .gitignore names, relative to it."""
    listing = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in names if name and (folder / name).is_file())


def generate(template: str, dest: Path) -> None:
    """Generate `template` at `dest` and run all its stages; CalledProcessError when one of them fails."""
    flags = [flag for key, value in ANSWERS.items() for flag in ("-d", f"{key}={value}")]
    command = [sys.executable, "-m", "scaffolder", "new", template, str(dest)]
    subprocess.run([*command, "--defaults", *flags, "--no-git", "--run"], check=True)


def go_beyond(template: str, project: Path) -> None:
    """Run what `BEYOND` has for `template`, in the project's own environment."""
    programs = {"uv": environment.find_uv(), "python": str(environment.project_python(project))}
    for program, *arguments in BEYOND.get(template, ()):
        subprocess.run([programs[program], *arguments], cwd=project, check=True)


def regenerate(template: str) -> None:
    """Replace one example by a fresh one."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / template
        generate(template, project)
        go_beyond(template, project)
        subprocess.run(["git", "init", "--quiet", str(project)], check=True)
        example = EXAMPLES / template
        shutil.rmtree(example, ignore_errors=True)
        for name in committed_files(project):
            (example / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, example / name)


if __name__ == "__main__":
    for name in sys.argv[1:] or [template.name for template in catalog.templates()]:
        regenerate(name)
