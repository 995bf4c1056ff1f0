"""A generated front end: built, tested, and driven in a real browser against the real service."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from .cases import cases
from .tools import run, template_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

NPM = shutil.which("npm")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def project(renderer, tmp_path_factory) -> Path:
    """A project with a small trained model and its front end installed."""
    if NPM is None:
        pytest.skip("npm is not installed")
    made = renderer(next(case for case in cases("sentiment") if case.answers["web"]))
    folder = tmp_path_factory.mktemp("front-end") / "project"
    shutil.copytree(made.path, folder)
    settings = folder / "params.toml"
    text = settings.read_text(encoding="utf-8").replace("rows = 4000 #", "rows = 1200 #")
    settings.write_text(text.replace("epochs = 10 #", "epochs = 3 #"), encoding="utf-8")
    for verb in ("data", "train"):
        done = run(template_python("sentiment"), "-m", "sentiment", verb, cwd=folder, PYTHONPATH="src")
        assert done.returncode == 0, done.stdout
    done = run(NPM, "ci", "--no-audit", "--no-fund", cwd=folder / "web", timeout_s=600)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture
def address(project) -> Iterator[str]:
    """Where the built front end and its service answer."""
    assert NPM
    done = run(NPM, "run", "build", cwd=project / "web")
    assert done.returncode == 0, done.stdout
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    python = template_python("sentiment")
    command = [str(python), "-m", "sentiment", "serve", "--port", str(port)]
    env = {**os.environ, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=project, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as service:
        ready = run(python, "-m", "sentiment.portfolio.probe", f"http://127.0.0.1:{port}/readyz", "60",
                    cwd=project, PYTHONPATH="src")  # fmt: skip
        assert ready.returncode == 0, ready.stdout
        yield f"http://127.0.0.1:{port}/"
        service.terminate()
        assert service.wait(30) == 0


@pytest.mark.parametrize("script", ["lint", "test"])
def test_its_own_checks_pass(project, script):
    done = run(NPM, "run", script, cwd=project / "web", timeout_s=600)
    assert done.returncode == 0, done.stdout


def test_its_types_are_made_from_the_description(project):
    before = (project / "web/src/api.ts").read_bytes()
    done = run(NPM, "run", "types", cwd=project / "web")
    assert done.returncode == 0, done.stdout
    assert (project / "web/src/api.ts").read_bytes() == before


def test_it_works_in_a_real_browser_and_axe_finds_nothing(project, address):
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    done = run(NPM, "run", "e2e", "--", address, cwd=project / "web", timeout_s=600, CHROMIUM=CHROMIUM)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ok    axe finds nothing") == 4
