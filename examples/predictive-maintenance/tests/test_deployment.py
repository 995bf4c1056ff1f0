"""What carries the service elsewhere: the WSGI entry, the image, the files for Elastic Beanstalk."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from maintenance import params
from maintenance.__main__ import _parser
from maintenance.serving.server import gunicorn_settings

ROOT = Path(__file__).resolve().parents[1]


def beanstalk(name: str) -> str:
    """Read a file that projects have which were made with Elastic Beanstalk."""
    path = ROOT / name
    if not path.is_file():
        pytest.skip("this project has no files for Elastic Beanstalk")
    return path.read_text(encoding="utf-8")


def test_wsgi_entry_serves_the_project_of_the_working_directory(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained)
    application = runpy.run_path(str(ROOT / "wsgi.py"))["application"]
    assert application.test_client().get("/readyz").status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork; Windows serves with waitress")
def test_gunicorn_knows_every_setting_and_takes_its_value(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gunicorn.config import Config

    monkeypatch.chdir(trained)
    settings = gunicorn_settings(params.load(trained).service)
    handed_out = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    config = Config()
    for name, value in settings.items():
        config.set(name, value)
        assert handed_out[name] == value
    assert (config.settings["workers"].get(), config.worker_class_str) == (1, "gthread")


def test_image_is_not_root_pinned_checked_and_hash_locked() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base) for base in bases)
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    assert "--require-hashes" in text
    for word in ("HEALTHCHECK", "CMD"):
        assert re.search(rf"\b{word} .*\[\"portfolio\"", text.replace("\\\n", " ")), word


def test_each_command_of_image_and_procfile_is_one_that_the_package_has() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for command in re.findall(r'CMD \["portfolio", (.*)\]', text):
        assert _parser().parse_args(shlex.split(command.replace(",", " "))).func
    web = re.fullmatch(r"web: env PYTHONPATH=src python -m maintenance (.+)\n", beanstalk("Procfile"))
    assert web
    asked = _parser().parse_args(shlex.split(web[1]))
    assert (asked.host, asked.port, asked.train_if_missing) == ("127.0.0.1", 8000, True)


def test_beanstalk_asks_for_readiness_and_takes_the_model_along() -> None:
    settings = yaml.safe_load(beanstalk(".ebextensions/service.config"))
    assert list(settings) == ["option_settings"]
    assert all(name.startswith("aws:") for name in settings["option_settings"])
    balancer = settings["option_settings"]["aws:elasticbeanstalk:environment:process:default"]
    assert balancer["HealthCheckPath"] == "/readyz"
    left_out = beanstalk(".ebignore").splitlines()
    assert ".venv/" in left_out
    assert not any("models" in line for line in left_out if not line.startswith("#"))


def test_beanstalk_installs_the_locked_versions() -> None:
    plain = [line for line in beanstalk("requirements.txt").splitlines() if not line.startswith("#")]
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert plain == re.findall(r"^([a-z].*?) \\$", locked, re.MULTILINE)
