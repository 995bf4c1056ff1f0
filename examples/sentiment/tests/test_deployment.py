"""What goes to AWS: the template is valid, and the images take what they need and no more."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from projects import ROOT


def test_sam_template_is_valid() -> None:
    linter = Path(sys.executable).with_name("cfn-lint.exe" if sys.platform == "win32" else "cfn-lint")
    if not linter.exists() or find_spec("cfnlint") is None:
        pytest.skip("cfn-lint is not installed here")
    done = subprocess.run(
        [linter, ROOT / "infra" / "template.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_failures_that_the_function_answers_itself_raise_an_alarm() -> None:
    """The handler turns every failure into a 5xx, so Lambda's own count of errors would stay at nothing."""
    text = (ROOT / "infra" / "template.yaml").read_text(encoding="utf-8")
    alarms = [part for part in text.split("\n\n") if "AWS::CloudWatch::Alarm" in part]
    assert len(alarms) == 3
    assert any("Namespace: AWS/ApiGateway" in alarm and "MetricName: 5xx" in alarm for alarm in alarms)


def test_what_serves_needs_no_torch() -> None:
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", locked, re.MULTILINE))
    assert {"onnxruntime", "tokenizers", "numpy", "aws-lambda-powertools"} <= names
    assert not names & {"torch", "transformers", "scikit-learn", "scipy", "matplotlib", "onnx"}


def test_every_requirement_has_hashes_but_torch_which_is_pinned() -> None:
    for name in ("requirements.lock", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert len(re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)) > 20
        for requirement in re.split(r"\n(?=[a-z0-9])", text):
            if "==" in requirement.partition("\n")[0] and not requirement.startswith("#"):
                assert "--hash=sha256:" in requirement
    assert re.search(
        r"^torch==[\d.]+$", (ROOT / "requirements-torch.txt").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_images_are_without_root_rights_and_secrets() -> None:
    service = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    function = (ROOT / "Dockerfile.lambda").read_text(encoding="utf-8")
    assert "\nUSER 10001\n" in service
    assert "\nHEALTHCHECK " in service
    assert 'CMD ["sentiment.serving.aws.handler"]' in function
    for text in (service, function):
        bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
        assert all(":" in base and not base.endswith(":latest") for base in bases)
        assert "SECRET" not in text
        assert "--require-hashes" in text


def test_package_is_found_where_the_configuration_says() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["uv"]["pip"]["torch-backend"] == "cpu"
    assert "torch" not in str(settings["project"]["dependencies"])
