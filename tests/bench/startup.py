"""Start-up of `scaffolder --help` and `scaffolder list`, as multiples of a typer hello-world's.

Run it by hand:

python tests/bench/startup.py [ROUNDS]

The commands are interleaved, so that a busy machine slows all of them; read the ratios.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Without byte code, which the first round writes, both would be measured compiling themselves.
VARIABLES = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
LIMIT = 1.3
HELLO = '''
import typer

app = typer.Typer()


@app.command()
def hello(name: str = "World") -> None:
    """Say hello."""
    typer.echo(f"Hello {name}")


app()
'''


def seconds(command: list[str]) -> float:
    """Return how long `command` takes."""
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, env=VARIABLES, check=True)
    return time.perf_counter() - begin


def main(rounds: int = 11) -> int:
    """Print medians and ratios; return 1 when a ratio is over the limit."""
    with tempfile.TemporaryDirectory() as folder:
        hello = Path(folder, "hello.py")
        hello.write_text(HELLO, encoding="utf-8")
        ours = [sys.executable, "-m", "scaffolder"]
        commands = {
            "hello --help": [sys.executable, str(hello), "--help"],
            "scaffolder --help": [*ours, "--help"],
            "hello": [sys.executable, str(hello)],
            "scaffolder list": [*ours, "list"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command)  # warms the caches
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(seconds(command))
    median = {name: statistics.median(times) for name, times in taken.items()}
    for name, value in median.items():
        print(f"{name:<18} {value * 1000:6.0f} ms  (median of {rounds})")
    ratios = {
        "--help": median["scaffolder --help"] / median["hello --help"],
        "list": median["scaffolder list"] / median["hello"],
    }
    for name, ratio in ratios.items():
        print(f"{name:<18} {ratio:6.2f} x typer's hello-world (at most {LIMIT})")
    return int(max(ratios.values()) > LIMIT)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
