"""`run` through the front door: lines, the live table, JSON, failures and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from scaffolder import environment
from scaffolder.cli.app import execute
from scaffolder.cli.stage_view import stage_view
from scaffolder.stages import STAGES, StageResult

TOY = Path(__file__).parent / "data" / "toy-project"
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@pytest.fixture(scope="session")
def toy_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment without packages of its own that finds pytest in ours."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = environment.project_python(folder.parent)
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


@pytest.fixture
def toy(tmp_path: Path, toy_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A toy project, `toy` in the folder where the test stands."""
    shutil.copytree(TOY, tmp_path / "toy")
    shutil.copytree(toy_environment, tmp_path / "toy" / ".venv", symlinks=True)
    monkeypatch.chdir(tmp_path)
    return Path("toy")


def replace_verb(project: Path, verb: str, code: str) -> None:
    (project / "verbs").mkdir(exist_ok=True)
    (project / "verbs" / f"{verb}.py").write_text(code, encoding="utf-8")


def test_off_a_terminal_each_finished_stage_is_one_line(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["run", "toy", "--from", "data"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["environment", "skipped"],
        *([name, "passed"] for name in STAGES[1:]),
    ]
    assert re.fullmatch(r"train +passed +\d+\.\d s  train went well", lines[2])
    assert re.fullmatch(r"6 stages passed in \d+ s\n", shown.err)


def test_the_project_is_the_folder_one_stands_in(
    toy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_verb(toy, "report", "raise SystemExit('error: no evidence')")
    monkeypatch.chdir(toy)
    assert execute(["run", "--from", "report"]) == 1
    assert capsys.readouterr().err.endswith("; to repeat: scaffolder run --from report\n")


def test_json_is_an_array_with_every_stage(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["run", "toy", "--from", "report", "--json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert [stage["name"] for stage in found] == list(STAGES)
    assert found[4].keys() == {"name", "state", "seconds", "result"}
    assert found[4]["result"] == "report went well"
    assert "report" in shown.err  # the lines for people


def test_a_failure_shows_the_end_of_the_log_and_how_to_repeat(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The pause puts the two streams in order: each is read by itself.
    lines = "import sys, time\nfor n in range(40): print('line', n)\ntime.sleep(0.5)\n"
    code = f"{lines}sys.exit('error: \\x1b[2Jno model')"
    replace_verb(toy, "train", code)
    assert execute(["run", "toy", "--from", "train", "--json"]) == 1
    shown = capsys.readouterr()
    assert [stage["state"] for stage in json.loads(shown.out)] == [
        *["skipped"] * 2,
        "failed",
        *["skipped"] * 4,
    ]
    assert "  | line 39\n" in shown.err
    assert "  | line 20\n" not in shown.err
    assert "\x1b" not in shown.err
    log = Path("toy", ".scaffolder", "logs", "train.log").absolute()
    assert shown.err.endswith(
        f"error: train failed; its log is {log}; to repeat: scaffolder run --from train toy\n"
    )


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        pytest.param(["nowhere"], 1, "nowhere is not a generated project", id="no-folder"),
        pytest.param(["."], 1, "is not a generated project", id="no-project"),
        pytest.param(
            ["bare", "--from", "train"], 1, "no environment at .venv; run without --from", id="no-venv"
        ),
        pytest.param(
            ["toy", "--from", "trian"], 2, "'trian' is not one of 'environment', 'data'", id="stage"
        ),
    ],
)
def test_bad_input_is_one_line(
    toy: Path, capsys: pytest.CaptureFixture[str], args: list[str], status: int, words: str
) -> None:
    shutil.copytree(TOY, "bare")
    assert execute(["run", *args]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert words in shown.err


def test_a_log_that_cannot_be_written_is_one_line(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (toy / ".scaffolder").write_text("a file in the way", encoding="utf-8")
    assert execute(["run", "toy", "--from", "report"]) == 1
    shown = capsys.readouterr()
    assert re.fullmatch(r"error: .*\.scaffolder.*: (file exists|not a directory)\n", shown.err)


class Terminal:
    """`scaffolder` in a pseudo-terminal of 80 columns."""

    def __init__(self, *args: str, **variables: str) -> None:
        import signal

        import pexpect

        self.ended = pexpect.EOF
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "scaffolder", *args],
            encoding="utf-8",
            timeout=60,
            dimensions=(30, 80),
            env={**os.environ, "TERM": "xterm-256color", **variables},
            # A test run in the background ignores Ctrl-C, or hang-ups; its children would inherit that.
            preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGHUP)],
        )

    def finish(self) -> tuple[int, str]:
        """Return the exit status and what was printed since the last expectation."""
        self.child.expect(self.ended)
        self.child.close()
        return self.child.exitstatus, self.child.before


@on_posix
def test_on_a_terminal_a_table_follows_the_stages(toy: Path) -> None:
    replace_verb(toy, "train", "import time; print('epoch 1', flush=True); time.sleep(1.5); print('trained')")
    terminal = Terminal("run", "toy", "--from", "train")
    terminal.child.expect("waiting")
    terminal.child.expect("running")
    terminal.child.expect("epoch 1")
    status, rest = terminal.finish()
    assert status == 0
    final = rest.rpartition("Stage")[2]
    assert re.search(r"train.*passed.*\d\.\d s.*trained", final)
    assert "running" not in final
    assert "5 stages passed" in final


@on_posix
def test_what_a_stage_prints_cannot_break_the_table(toy: Path) -> None:
    noise = "'\\x1b[2J\\x1b[H\\x1b]0;evil\\x07' + 'wide ' * 200 + '[bold]x[/bold] :smile:'"
    replace_verb(
        toy, "train", f"import time; print({noise}, flush=True); time.sleep(0.8); print('a [red]b[/red]')"
    )
    status, shown = Terminal("run", "toy", "--from", "train").finish()
    assert status == 0
    assert "\x1b[2J" not in shown
    assert "evil" not in shown
    assert "a [red]b[/red]" in shown
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).splitlines()
    assert max(map(len, lines)) <= 80


@on_posix
def test_no_color_leaves_the_words(toy: Path) -> None:
    status, shown = Terminal("run", "toy", "--from", "report", NO_COLOR="1").finish()
    assert status == 0
    assert "passed" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown)


@on_posix
def test_a_dumb_terminal_gets_lines(toy: Path) -> None:
    status, shown = Terminal("run", "toy", "--from", "report", TERM="dumb").finish()
    assert status == 0
    assert "\x1b" not in shown
    assert re.search(r"^report +passed", shown, re.MULTILINE)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def vanishes(pid: int) -> bool:
    end = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_alive(pid)


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("pids", os.getpid(), child.pid, "end", flush=True)
time.sleep(600)
"""


@on_posix
@pytest.mark.parametrize("how", ["ctrl-c", "terminate", "hang-up"])
def test_an_interrupted_run_leaves_no_process(toy: Path, how: str) -> None:
    import signal

    replace_verb(toy, "train", FAMILY)
    terminal = Terminal("run", "toy", "--from", "train")
    terminal.child.expect(r"pids (\d+) (\d+) end")
    family = [int(pid) for pid in terminal.child.match.groups()]
    assert all(map(is_alive, family))
    if how == "ctrl-c":
        terminal.child.sendintr()
    else:
        terminal.child.kill(signal.SIGTERM if how == "terminate" else signal.SIGHUP)
    status, shown = terminal.finish()
    assert status == 130
    assert "interrupted; to go on: scaffolder run --from train toy" in shown
    assert re.search(r"train.*interrupted", shown)
    assert re.search(r"evaluate.*skipped", shown)
    assert all(map(vanishes, family))


@on_posix
def test_ctrl_c_ends_the_service_too(toy: Path) -> None:
    replace_verb(toy, "serve", FAMILY)
    terminal = Terminal("run", "toy", "--from", "serve")
    terminal.child.expect(r"pids (\d+) (\d+) end")
    family = [int(pid) for pid in terminal.child.match.groups()]
    terminal.child.sendintr()
    assert terminal.finish()[0] == 130
    assert all(map(vanishes, family))


def test_lines_do_not_repeat_a_running_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with stage_view(sys.stdout) as update:
        update(StageResult("train", "running", 0.1, "epoch 1"))
        update(StageResult("train", "passed", 12.34, "done"))
    assert capsys.readouterr().out == "train        passed        12.3 s  done\n"
