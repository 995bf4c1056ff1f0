"""What the benchmarks of `update` and `status` share: a scaffolder with two versions, and its projects.

Everything lies in a temporary folder: a copy of this checkout as an installation, a home, and the fleet.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from scaffolder import checkout

ROOT = Path(__file__).parent.parent.parent
TEMPLATE = "predictive-maintenance"
PROJECT = Path("templates", TEMPLATE, "project")
URL = "https://portfolio-scaffolder.invalid/scaffolder.git"
MAKE = """
import sys
from pathlib import Path
from scaffolder import history
from scaffolder.create import new_project
folder, count = Path(sys.argv[1]), int(sys.argv[2])
for number in range(count):
    answers = {"project_name": f"Pumps {number}", "author_name": f"Ada {number}"}
    settings = {"ask": False, "git": True, "version": history.versions()[-2]}
    new_project("predictive-maintenance", folder / f"p{number:03}", answers=answers, **settings)
"""


@dataclass(frozen=True)
class Used:
    """What a command took."""

    wall_s: float
    cpu_s: float
    memory_mib: float  # the most at any time, of all its processes together; shared pages counted once
    usual_mib: float  # the median over time; the most depends on how many looks met a process just begun


@dataclass(frozen=True)
class Bench:
    """A machine of its own."""

    folder: Path

    @property
    def fleet(self) -> Path:
        """Where the projects are."""
        return self.folder / "fleet"

    @property
    def projects(self) -> list[Path]:
        """They themselves."""
        return sorted(self.fleet.iterdir())

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every command; byte code is written, or each start would compile itself."""
        kept = ("GIT_", "XDG_", "COPIER_", "PYTHONDONTWRITEBYTECODE")
        env = {name: value for name, value in os.environ.items() if not name.startswith(kept)}
        home = str(self.folder / "home")
        return env | {"HOME": home, "PYTHONPATH": str(self.folder / "installed"), "GIT_CONFIG_NOSYSTEM": "1"}

    def run(self, *command: str | Path, cwd: Path | None = None, accept: tuple[int, ...] = (0,)) -> str:
        """Run a command and return its output."""
        words, folder = [str(word) for word in command], cwd or self.folder
        done = subprocess.run(
            words, cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode not in accept:
            raise SystemExit(f"{words} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def measure(self, *command: str, cwd: Path, accept: tuple[int, ...] = (0,)) -> Used:
        """Run a command and return what it took."""
        log = self.folder / "log"
        begin = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            most = _Watch(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            most.stop()
        if process.returncode not in accept:
            raise SystemExit(f"{command} failed: {log.read_text()}")
        return Used(wall, usage.ru_utime + usage.ru_stime, max(most.seen), statistics.median(most.seen))

    def reset(self) -> None:
        """Put every project back to its last commit."""
        for path in self.projects:
            self.run("git", "reset", "--quiet", "--hard", cwd=path)
            self.run("git", "clean", "--quiet", "-fd", cwd=path)

    def git_processes(self, *command: str, cwd: Path) -> int:
        """Return how many git processes a command starts, git's own children among them."""
        traces = self.folder / "traces"
        traces.mkdir()
        configuration = self.folder / "home" / ".gitconfig"
        before = configuration.read_text()
        configuration.write_text(f"{before}[trace2]\n\teventTarget = {traces}\n")
        try:
            self.run(*command, cwd=cwd)
            return len(list(traces.iterdir()))
        finally:
            configuration.write_text(before)
            shutil.rmtree(traces)


class _Watch(threading.Thread):
    """Looks at the memory of a session's processes ten times a second, where the system tells it."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session = session
        self.seen = [0.0]  # MiB
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self.seen.append(sum(_kib(folder) for folder in self._folders()) / 1024)

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _folders(self) -> list[Path]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                facts = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(facts[3]) == self.session:
                found.append(folder)
        return found


def _kib(folder: Path) -> int:
    try:
        found = re.search(r"(?m)^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def prepare(folder: Path, count: int) -> Bench:
    """Return a machine with `count` projects of the version before the newest, two files edited in each."""
    bench = Bench(folder)
    installed = folder / "installed"
    for name in checkout.list_files(ROOT):
        if not name.startswith(("examples/", "tests/")):
            (installed / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, installed / name, follow_symlinks=False)
    (folder / "home").mkdir()
    bench.fleet.mkdir()
    configuration = folder / "home" / ".gitconfig"
    configuration.write_text("[user]\n\tname = Bench\n\temail = bench@example.com\n")
    _release(bench, installed)
    store = bench.run(sys.executable, "-m", "scaffolder.history", "store").strip()
    with configuration.open("a") as file:
        file.write(f'[url "{Path(store).as_uri()}"]\n\tinsteadOf = {URL}\n')
    bench.run(sys.executable, "-c", MAKE, bench.fleet, str(count))
    for path in bench.projects:
        _edit(bench, path)
    return bench


def _release(bench: Bench, installed: Path) -> None:
    """Release the templates as they are, where they differ from the newest release, and changed ones."""
    bench.run("git", "init", "--quiet", cwd=installed)
    versions = bench.run(sys.executable, "-m", "scaffolder.history", "list").split()
    major, minor, patch = map(int, versions[-1].split("."))
    release = (sys.executable, "-m", "scaffolder.history", "add")
    bench.run(*release, f"{major}.{minor}.{patch + 1}", accept=(0, 1))
    project = installed / PROJECT
    (project / "RUNBOOK.md").write_text("# Runbook\n\nWhat to do at night.\n")
    (project / "Procfile").unlink()
    for name, text in (("DECISIONS.md", "## And at night?"), ("src/maintenance/__main__.py", "# Changed.")):
        (project / name).write_text(f"{(project / name).read_text()}\n{text}\n")
    readme = project / "README.md.jinja"
    readme.write_text("<!-- {{ project_name }}, from the template -->\n" + readme.read_text())
    bench.run(*release, f"{major}.{minor + 1}.0")
    shutil.rmtree(installed / ".git")  # it is an installation, not a checkout


def _edit(bench: Bench, path: Path) -> None:
    for name in ("README.md", "tests/test_features.py"):
        file = path / name
        file.write_text(f"{file.read_text()}\n# Mine, in {path.name}.\n")
    bench.run("git", "commit", "--quiet", "--all", "-m", "Mine", cwd=path)
