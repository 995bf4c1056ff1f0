"""The rules of the family evidence: on the examples as they are, and with one thing in them made wrong."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder import history
from scaffolder.answers import Answers
from scaffolder.check.facts import loading, rendering
from scaffolder.check.families import evidence
from scaffolder.check.portfolio import Portfolio
from scaffolder.engine.render import render
from scaffolder.engine.source import locate

from .check_samples import make_repository
from .check_verdicts import EXAMPLES, METRICS, ROOT, amend, copy_example, edit, failed, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PUMPS = "predictive-maintenance"
PNG = (ROOT / "examples" / PUMPS / "reports/figures/cost.png").read_bytes


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example predictive-maintenance."""
    return copy_example(PUMPS, tmp_path)


@pytest.fixture
def foreign(project: Path) -> Path:
    """The same, of which nobody knows any more from which template it was made."""
    (project / ".copier-answers.yml").unlink()
    return project


def only(repository: Path, rule: str) -> str:
    """Return the message of the one required rule that fails."""
    found = failed(repository, evidence)
    assert list(found) == [rule], found
    return found[rule]


def one_digit_more(text: str, pattern: str) -> tuple[str, int]:
    """Return a text in which the last digit of what matches is another one, with its line."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found, pattern
    at = found.end() - 1
    return f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}", text.count("\n", 0, at) + 1


def doctor(path: Path, pattern: str) -> int:
    """Change one digit in a file and return its line."""
    text, line = one_digit_more(path.read_text(encoding="utf-8"), pattern)
    path.write_text(text, encoding="utf-8", newline="")
    return line


# ---- whole repositories


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_required_rule_passes_on_an_example(name: str) -> None:
    said = verdicts(ROOT / "examples" / name, evidence)
    assert {rule: one for rule, one in said.items() if one.result is False} == {}
    assert said["EV101"].text.startswith("README.md, MODEL_CARD.md, reports/star.md: ")
    assert "rendered anew" in said["EV101"].text
    assert said["EV105"].result is True


def test_without_evidence_only_that_is_missed(tmp_path: Path) -> None:
    found = verdicts(make_repository(tmp_path / "pumps"), evidence)
    assert {rule for rule, one in found.items() if one.result is False} == {"EV100"}
    assert set(found) == {"EV100", "EV106", "EV108"}


def test_evidence_of_another_schema_says_which(project: Path) -> None:
    amend(project, lambda found: found.update(schema=2))
    assert "found schema 2" in only(project, "EV100")


def test_half_written_evidence_says_so(project: Path) -> None:
    text = (project / METRICS).read_text()
    (project / METRICS).write_text(text[: len(text) // 2])
    assert "only half of it" in only(project, "EV100")


# ---- EV101


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("README.md", r"^\*\*Result on(?:.*\n)*?.*?\d\.\d{3}"),
        ("README.md", r"^\| .*\| \d\.\d{3}"),
        ("README.md", r"^Difference to .*: [+-]\d\.\d{3}"),
        ("README.md", r"^\*Synthetic data: .*, \d+"),
        ("MODEL_CARD.md", r"^\| .*\| \d\.\d{3}"),
        ("reports/star.md", r"\d\.\d{3}"),
    ],
)
def test_one_digit_that_was_changed_is_found_by_file_and_line(
    name: str, path: str, pattern: str, tmp_path: Path
) -> None:
    repository = copy_example(name, tmp_path)
    line = doctor(repository / path, pattern)
    message = only(repository, "EV101")
    assert f"`{path}:{line}`: `shown " in message
    assert message.count("shown") == 1


def test_a_digit_outside_of_the_blocks_is_the_owners(project: Path) -> None:
    doctor(project / "README.md", r"^- \*\*What makes it hard(?:.*\n)*?.*?\d\.\d\d")
    assert failed(project, evidence) == {}


def test_what_a_run_measured_anew_is_missed_in_the_texts(project: Path) -> None:
    amend(project, lambda found: found["run"].update(seed=124))
    assert "`README.md:" in only(project, "EV101")


def test_lines_that_came_or_went_are_found(project: Path) -> None:
    star = project / "reports/star.md"
    star.write_text(f"{star.read_text()}It saved 40 % of all costs.\n")
    assert "`shown 'It saved 40 % of all" in only(project, "EV101")


def test_a_text_that_is_gone_is_missed(project: Path) -> None:
    (project / "MODEL_CARD.md").unlink()
    assert "`MODEL_CARD.md:1`" in only(project, "EV101")


def test_prose_of_the_owner_is_rendered_like_that_of_the_template(project: Path) -> None:
    sentence = "In short: {headline[value]:.2f}, with {data[rows]:,} rows."
    prose = project / "prose" / "star.md"
    prose.write_text(f"{prose.read_text()}\n{sentence}\n")
    assert "expected 'In short: 0.92, with 10,000" in only(project, "EV101")
    star = project / "reports" / "star.md"
    star.write_text(f"{star.read_text()}\nIn short: 0.92, with 10,000 rows.\n")
    assert failed(project, evidence) == {}


def test_line_ends_of_windows_are_no_difference(project: Path) -> None:
    for path in (project / "README.md", project / "prose/star.md", project / "reports/star.md"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert failed(project, evidence) == {}


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        (
            "prose/star.md",
            "{headline[nothing]}\n",
            "prose/star.md: {headline[nothing]} is not in the evidence",
        ),
        ("prose/star.md", "{\n", "a brace that is text is doubled"),
        ("prose/star.md", "Accuracy is 0.99.\n", "0.99 is typed in"),
        ("prose/star.md", "{title.__class__}\n", "{title.__class__} is not in the evidence"),
        ("prose/star.md", "{data[rows]:999999999}\n", "is no format of a figure"),
        ("prose/star.md", "{data[rows]:{run[seed]}}\n", "is no format of a figure"),
        ("prose/star.md", "x" * 5_000, "a line has more than 4000 characters"),
        ("prose/star.md", "word\n" * 50_000, "more than 200000 characters in all"),
        ("prose/star.md", "{tables[results]}\n" * 8_000, "are too much to compare"),
        ("prose/readme-more.md", "More.\n", "no block for prose/readme-more.md"),
        ("README.md", "# Pumps\n<!-- evidence:headline -->\n", "no <!-- /evidence:headline -->"),
        ("README.md", "# Pumps\n", "no block for prose/readme-headline.md"),
        ("portfolio.toml", "[[figures]]\npath = '../../etc/passwd'\nalt = 'x'\n", "no path inside"),
        ("portfolio.toml", "[[figures]]\npath = 'gone.png'\nalt = 'x'\n", "no figure gone.png"),
        ("portfolio.toml", "figures = 3\n", "while rendering"),
    ],
)
def test_texts_that_cannot_be_rendered_say_why(project: Path, path: str, text: str, says: str) -> None:
    (project / path).write_text(text)
    message = failed(project, evidence)["EV101"]
    assert says in message
    assert "Traceback" not in message
    assert "scaffolder-" not in message  # the temporary folder


def test_prose_that_is_gone_is_named(project: Path) -> None:
    (project / "prose/model-card.md").unlink()
    assert "prose/model-card.md: no such file" in only(project, "EV101")


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
@pytest.mark.parametrize("path", ["prose/star.md", "reports/star.md", "LICENSE"])
def test_a_link_that_leads_out_of_the_repository_is_not_followed(project: Path, path: str) -> None:
    secret = project.parent / "secret.md"
    secret.write_text("the secret is 0.1234\n")
    (project / path).unlink()
    (project / path).symlink_to(secret)
    message = only(project, "EV101")
    assert "a link that leads out of the repository" in message
    assert "secret is" not in message


def test_code_of_the_project_is_never_run(project: Path) -> None:
    ran = project.parent / "ran"
    for name in ("report", "prose", "report_tables", "evidence", "errors", "files", "__init__"):
        path = project / "src/maintenance/portfolio" / f"{name}.py"
        path.write_text(f"open({str(ran)!r}, 'w').close()\n{path.read_text()}")
    verdicts(project, evidence)
    assert not ran.exists()


def test_a_renderer_of_the_owner_is_compared_number_by_number(project: Path) -> None:
    tables = project / "src/maintenance/portfolio/report_tables.py"
    edit(tables, 'return f"{value:.3f}" if abs', 'return f"{value:.4f}" if abs')
    assert "each line as rendered anew" in verdicts(project, evidence)["EV101"].text  # as long as it is right
    edit(project / "README.md", "| 0.924 | 0.869 to 0.962 |", "| 0.9235 | 0.8687 to 0.9622 |")
    said = verdicts(project, evidence)["EV101"]
    assert said.result is True
    assert "report_tables.py is the owner's" in said.text
    edit(project / "README.md", "| 0.9235 |", "| 0.9335 |")
    assert "`0.9335 is in no figure of the evidence`" in only(project, "EV101")


def test_a_repository_of_unknown_origin_is_compared_number_by_number(foreign: Path) -> None:
    said = verdicts(foreign, evidence)["EV101"]
    assert said.result is True
    assert "its template is not known here" in said.text
    edit(foreign / "README.md", "**0.924**", "**0.9241**")
    assert "`README.md:9`: `0.9241 is in no figure of the evidence`" in only(foreign, "EV101")


def test_a_repository_of_unknown_origin_may_have_no_blocks(foreign: Path) -> None:
    for page in rendering.PAGES:
        (foreign / page).unlink()
    readme = foreign / "README.md"
    readme.write_text(
        "# Pumps\n\n## Model metrics\n\nIn 2026, v1.2.3, hit@10: synthetic 92.4 % (0.9235), +0.334.\n"
    )
    assert verdicts(foreign, evidence)["EV101"].result is True
    edit(readme, "92.4 %", "93.4 %")
    assert "`README.md:5`: `93.4 % is in no figure" in only(foreign, "EV101")
    readme.write_text("# Pumps\n\nNothing is said of synthetic numbers such as 0.1234.\n")
    said = verdicts(foreign, evidence)["EV101"]
    assert said.result is None
    assert "no part of it is rendered from evidence" in said.text


def test_a_version_that_is_not_known_is_compared_number_by_number(project: Path) -> None:
    edit(project / ".copier-answers.yml", "_commit: v0.5.0", "_commit: v99.0.0")
    assert "not known here" in verdicts(project, evidence)["EV101"].text


@pytest.mark.parametrize("version", history.versions())
def test_the_renderer_of_every_released_version_works(version: str, tmp_path: Path) -> None:
    source = locate(version)
    for template in source.templates():
        made = render(source.tree(template), Answers(template, {}), ask=False, defaults={})
        folder = tmp_path / template
        for path, file in made.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file.content)
        for path in (ROOT / "examples" / template / "reports").rglob("*.*"):
            place = folder / path.relative_to(ROOT / "examples" / template)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
        portfolio = Portfolio(folder)
        renderer = rendering.renderer(portfolio)
        assert renderer is not None
        assert renderer.changed_in(portfolio) is None
        expected = renderer.expected(portfolio)
        assert set(expected) == {"README.md", *rendering.PAGES}
        for path, text in expected.items():
            (folder / path).write_text(text, encoding="utf-8", newline="")
        assert verdicts(folder, evidence)["EV101"].result is True
        doctor(folder / "reports/star.md", r"\d\.\d{3}")
        assert "`reports/star.md:" in failed(folder, evidence)["EV101"]


def test_a_very_long_text_is_compared_in_no_time(project: Path) -> None:
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "same\n" * 300_000)
    edit(readme, "**0.924**", "**0.925**")
    assert "`README.md:9`" in only(project, "EV101")


# ---- EV102, EV103, EV104


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: found["headline"]["baseline"].update(name="xgboost-physics"), "the model itself"),
        (
            lambda found: found["headline"]["baseline"].update(name="made-up"),
            "of made-up, so it was not measured",
        ),
        (lambda found: found["headline"]["baseline"].update(value=0.5), "has 0.5 for logistic-regression"),
        (lambda found: found["headline"]["difference"].update(value=0.4), "difference is 0.4, but"),
        (lambda found: found["headline"].update(protocol="blocked-5"), "metrics has 0.448"),
    ],
)
def test_a_baseline_that_was_not_measured(
    project: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    amend(project, change)
    assert says in failed(project, evidence)["EV102"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: found["headline"].update(ci95=[0.95, 0.96]), "headline: 0.923543 is outside"),
        (lambda found: found["headline"].update(ci95=[0.96, 0.86]), "ends in the wrong order"),
        (lambda found: found["headline"].update(ci95=[0.923543] * 2), "the interval is a point"),
        (
            lambda found: found["headline"]["difference"].update(ci95=[0.334483] * 2),
            "the interval is a point",
        ),
        (lambda found: found["metrics"][3].update(ci95=None), "no interval"),
        (lambda found: found["slices"][0].update(value=0.1), "slice type L: 0.1 is outside"),
    ],
)
def test_an_interval_that_is_none(
    project: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    amend(project, change)
    assert says in failed(project, evidence).get("EV103", "")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: found["data"].update(name="Data "), "names nothing"),
        (lambda found: found["data"].update(rows=0), "data.rows is 0"),
        (lambda found: found["data"].update(sha256="0" * 64), "no hash of data"),
    ],
)
def test_data_that_nobody_could_name(
    project: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    amend(project, change)
    assert says in failed(project, evidence)["EV104"]


def test_a_readme_that_keeps_quiet_about_synthetic_data(project: Path) -> None:
    readme = project / "README.md"
    readme.write_text(re.sub("synthetic", "plant", readme.read_text(), flags=re.IGNORECASE))
    assert "`README.md:55`: the data were synthetic" in failed(project, evidence)["EV104"]


# ---- EV105


def anchor(found: dict[str, Any]) -> dict[str, Any]:
    """Return the band of the model under `stratified-5x` of synthetic data."""
    row: dict[str, Any] = found["anchors"][4]
    assert (row["model"], row["source"], row["verdict"]) == ("xgboost-physics", "synthetic", "inside")
    return row


def leak(found: dict[str, Any]) -> None:
    """Let the score be better than honest work can be."""
    anchor(found)["value"] = 0.999
    for row in found["metrics"]:
        if (row["name"], row["protocol"], row["model"]) == (
            "average_precision",
            "stratified-5x",
            "xgboost-physics",
        ):
            row["value"] = 0.999


def test_a_score_above_its_band_is_a_suspected_leak(project: Path) -> None:
    amend(project, lambda found: (leak(found), anchor(found).update(verdict="above")))
    message = failed(project, evidence)["EV105"]
    assert "anchors[4] average_precision/stratified-5x/xgboost-physics" in message
    assert "0.999 is above the band 0.78 to 0.985: suspected leak" in message


def test_a_verdict_that_does_not_follow_from_the_figures(project: Path) -> None:
    amend(project, leak)
    message = failed(project, evidence)["EV105"]
    assert "suspected leak" in message
    assert "says inside, but 0.999 is above" in message


def test_a_band_that_was_loosened_in_the_evidence(project: Path) -> None:
    amend(project, lambda found: (leak(found), anchor(found).update(high=1.0)))
    message = failed(project, evidence)["EV105"]
    assert "band loosened to 0.78 to 1; anchors.toml has 0.78 to 0.985" in message
    assert "0.999 is above the band 0.78 to 0.985: suspected leak" in message


def test_bands_that_the_owner_widened_are_told(project: Path) -> None:
    edit(project / "anchors.toml", "high = 0.985", "high = 1.0")
    amend(project, lambda found: (leak(found), anchor(found).update(high=1.0)))
    said = verdicts(project, evidence)["EV105"]
    assert said.result is True
    told = "wider than the template has them: average_precision/stratified-5x/xgboost-physics 0.78 to 1"
    assert said.text.endswith(told)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda found: anchor(found).update(value=0.9),
            "has the value 0.9, but xgboost-physics has 0.924685",
        ),
        (lambda found: anchor(found).update(value=None), "expected one with its value"),
        (lambda found: anchor(found).update(low=0.95), "band moved to 0.95 to 0.985"),
        (lambda found: anchor(found).update(model="made-up"), "is not in anchors.toml"),
        (lambda found: anchor(found).update(verdict="not applicable"), "says not applicable, but"),
        (lambda found: anchor(found).pop("source"), "is not in anchors.toml"),
        (lambda found: found["anchors"][0].update(verdict="inside"), "is a band of real data"),
    ],
)
def test_an_anchor_that_does_not_hold(
    project: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    amend(project, change)
    assert says in failed(project, evidence)["EV105"]


def test_a_score_below_its_band_is_a_weak_model(project: Path) -> None:
    def change(found: dict[str, Any]) -> None:
        leak(found)
        anchor(found).update(value=0.1, verdict="below")
        for row in found["metrics"]:
            row["value"] = 0.1 if row["value"] == 0.999 else row["value"]

    amend(project, change)
    assert "0.1 is below the band 0.78 to 0.985: a weak model" in failed(project, evidence)["EV105"]


def test_bands_without_the_file_that_they_come_from(project: Path) -> None:
    (project / "anchors.toml").unlink()
    assert "there is no anchors.toml" in only(project, "EV105")


@pytest.mark.parametrize(
    "text", ["[[anchor]\n", "anchor = 3\n", "[[anchor]]\nlow = nan\n", "a = " + "9" * 5000]
)
def test_bands_in_a_file_that_is_broken(project: Path, text: str) -> None:
    (project / "anchors.toml").write_text(text)
    assert "anchors.toml" in only(project, "EV105")


def test_a_run_without_bands_says_what_it_left_out(project: Path) -> None:
    amend(project, lambda found: (leak(found), found["anchors"].clear()))
    said = verdicts(project, evidence)["EV105"]
    assert said.result is None
    assert "not judged by the run: average_precision/stratified-5x/xgboost-physics is 0.999" in said.text


# ---- EV106


def risks(tmp_path: Path, text: str, name: str = "src/pumps/load.py") -> list[str]:
    return list(loading.risks(Portfolio(make_repository(tmp_path / "pumps", {name: text}))))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import pickle\n", "1: import pickle"),
        ("import os, pickle as p\n", "1: import pickle"),
        ("from pickle import loads\n", "1: from pickle import loads"),
        ("import cloudpickle\n", "1: import cloudpickle"),
        ("def load():\n    import dill\n", "2: import dill"),
        ("try:\n    import cPickle\nexcept ImportError:\n    pass\n", "2: import cPickle"),
        ("import shelve\n", "1: import shelve"),
        ("import joblib\n\nm = joblib.load('m')\n", "3: joblib.load"),
        ("from joblib import load as read\n", "1: from joblib import load"),
        ("import joblib as j\nread = j.load\n", "2: joblib.load"),
        ("import pandas as pd\n\n\npd.read_pickle('x')\n", "4: pandas.read_pickle"),
        ("frame.to_pickle('x')\n", "1: .to_pickle"),
        ("import numpy as np\nnp.load('x', allow_pickle=True)\n", "2: numpy.load(allow_pickle=...)"),
        ("from numpy import load\nload('x', None, True)\n", "2: numpy.load(allow_pickle=...)"),
        ("import numpy\nnumpy.load('x', allow_pickle=risky)\n", "2: numpy.load(allow_pickle=...)"),
        ("import torch\ntorch.load('x')\n", "2: torch.load without weights_only=True"),
        ("import torch as t\nt.load('x', weights_only=False)\n", "2: torch.load without weights_only=True"),
        ("from torch import load\nload('x')\n", "2: torch.load without weights_only=True"),
        ("__import__('pickle')\n", "1: import of pickle"),
        ("import importlib as i\ni.import_module('dill')\n", "2: import of dill"),
    ],
)
def test_what_runs_code_on_loading_is_found(tmp_path: Path, text: str, found: str) -> None:
    assert risks(tmp_path, text) == [f"src/pumps/load.py:{found}"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("src/a.py", '"""No pickle.load here, nor import pickle."""\n# import pickle\n'),
        ("src/a.py", "import joblib\njoblib.Parallel(2)\n"),
        (
            "src/a.py",
            "import numpy as np\nnp.load('x', allow_pickle=False)\nnp.load('x')\nnp.load('x', 'r')\n",
        ),
        ("src/a.py", "import torch\ntorch.load('x', weights_only=True)\n"),
        ("src/a.py", "from . import pickle\nfrom .pickle import load\n"),
        ("src/a.py", "pickle = 3\ntorch.load('x')\nimport pickled\n"),
        ("src/a.py", "import pickle(\n"),
        ("tests/test_a.py", "import pickle\n"),
        ("tests/make.py", "import pickle\n"),
        ("notebooks/a.py", "import pickle\n"),
        ("conftest.py", "import pickle\n"),
    ],
)
def test_what_runs_no_code_on_loading_is_nothing(tmp_path: Path, name: str, text: str) -> None:
    assert risks(tmp_path, text, name) == []


@pytest.mark.parametrize("name", ["models/m.pkl", "m.PICKLE", "a b/m.joblib", "m.pkl.gz", "modèle/m.dill"])
def test_a_pickled_file_is_found(tmp_path: Path, name: str) -> None:
    assert risks(tmp_path, "x", name) == [f"{name}: a pickled file"]


def test_a_file_that_is_often_pickled_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "pumps", {"a.sav": "x", "b.sav": ""})
    (repository / "b.sav").write_bytes(b"\x80\x04\x95")
    assert list(loading.risks(Portfolio(repository))) == ["b.sav: a pickled file"]


def test_a_pickle_in_a_project_is_found_by_name(project: Path) -> None:
    predictor = project / "src/maintenance/serving/predictor.py"
    edit(predictor, "\nimport ", "\nimport pickle\nimport ")
    (project / "model.pkl").write_bytes(b"\x80\x04.")
    message = only(project, "EV106")
    line = predictor.read_text().split("\n").index("import pickle") + 1
    assert f"`src/maintenance/serving/predictor.py:{line}`: `import pickle`" in message
    assert "`model.pkl`: `a pickled file`" in message


# ---- EV107


def store(project: Path, content: bytes, stated: bytes) -> Path:
    """Put a model into the project, with evidence about `stated`."""
    path = project / "models" / "m" / "model.ubj"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    digest = hashlib.sha256(stated).hexdigest()
    found = {"path": "models/m/model.ubj", "bytes": len(stated), "sha256": digest}
    amend(project, lambda evidence: evidence.update(artifact=found))
    return path


def test_the_model_that_was_measured(project: Path) -> None:
    store(project, b"model", b"model")
    assert verdicts(project, evidence)["EV107"].result is True


@pytest.mark.parametrize(("content", "says"), [(b"longer model", "12 bytes, but"), (b"madel", "sha256 ")])
def test_another_model_than_the_one_that_was_measured(project: Path, content: bytes, says: str) -> None:
    store(project, content, b"model")
    message = failed(project, evidence)["EV107"]
    assert message.startswith(f"`models/m/model.ubj`: `{says}")


def test_a_model_that_git_does_not_keep_is_not_missed(project: Path) -> None:
    said = verdicts(project, evidence)["EV107"]
    assert said.result is None
    assert "is not here: git has no models; 'scaffolder run' trains one" in said.text


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_a_model_outside_of_the_repository_is_not_read(project: Path) -> None:
    path = store(project, b"model", b"model")
    outside = project.parent / "model.ubj"
    path.rename(outside)
    path.symlink_to(outside)
    assert "leads out of the repository" in failed(project, evidence)["EV107"]


def test_a_path_of_a_model_that_leads_out(project: Path) -> None:
    store(project, b"model", b"model")
    amend(project, lambda found: found["artifact"].update(path="models/../../m"))
    assert "leads out of the repository" in failed(project, evidence)["EV107"]


# ---- EV108


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no PNG"),
        (b"<html></html>", "is no PNG"),
        (None, "is not there"),
        (PNG()[:2000], "only half of one"),
        (b"\xff\xd8\xff\xe0 half of a photo", "only half of one"),
        (b"<svg><script>alert(1)</script>", "only half of one"),
    ],
)
def test_a_figure_that_is_none(project: Path, content: bytes | None, says: str) -> None:
    path = project / "reports/figures/slices.png"
    path.unlink() if content is None else path.write_bytes(content)
    message = failed(project, evidence)["EV108"]
    assert "`portfolio.toml`: `figure 4: reports/figures/slices.png" in message
    assert says in message


def test_a_figure_of_50_mb_is_not_read(project: Path) -> None:
    with (project / "reports/figures/slices.png").open("ab") as file:
        file.truncate(50_000_000)
    assert "slices.png has 50 MB, expected at most 10" in only(project, "EV108")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ("[[figures]]\npath = '{}'\n", "no alt that describes"),
        ("[[figures]]\npath = '{}'\nalt = 'slices.png'\n", "no alt that describes"),
        ("[[figures]]\npath = '{}'\nalt = 3\n", "no alt that describes"),
        ("[[figures]]\nalt = 'A long description'\n", "has no path"),
        ("[[figures]]\npath = '/etc/passwd'\nalt = 'A long description'\n", "leads out"),
        ("[[figures]]\npath = 'a/../../b.png'\nalt = 'A long description'\n", "leads out"),
        ("[[figures]]\npath = 'C:\\\\b.png'\nalt = 'A long description'\n", "leads out"),
        ("figures = 'x'\n", "expected figures as"),
        ("figures = [1]\n", "expected figures as"),
        ("figures = [\n", "no TOML"),
    ],
)
def test_figures_that_are_named_wrongly(project: Path, facts: str, says: str) -> None:
    (project / "portfolio.toml").write_text(facts.format("reports/figures/slices.png"))
    assert says in failed(project, evidence)["EV108"]


def test_pictures_of_every_kind(tmp_path: Path) -> None:
    pictures = {
        "a.svg": b"<?xml version='1.0'?>\n<!-- x --><svg xmlns='http://www.w3.org/2000/svg'></svg>\n",
        "b.gif": b"GIF89a" + b"x" * 20 + b";",
        "c.jpg": b"\xff\xd8\xff\xe0" + b"x" * 20 + b"\xff\xd9",
        "d.webp": b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0",
        "e.png": PNG(),
    }
    rows = "".join(f"[[figures]]\npath = '{name}'\nalt = 'What it shows'\n" for name in pictures)
    repository = make_repository(tmp_path / "pumps", {"portfolio.toml": rows})
    for name, content in pictures.items():
        (repository / name).write_bytes(content)
    assert verdicts(repository, evidence)["EV108"].result is True


# ---- what is hostile


def test_markup_in_the_evidence_stays_text(project: Path) -> None:
    attack = "<img src=x onerror=alert(1)>` **x** \x1b[31m\u202e"
    amend(project, lambda found: found["headline"]["baseline"].update(name=attack))
    message = failed(project, evidence)["EV102"]
    inside = re.findall(r"`([^`]*)`", message)
    assert any("<img src=x onerror=alert(1)>' **x**" in one for one in inside)
    assert "<img" not in re.sub(r"`[^`]*`", "", message)
    assert not re.search("[\x1b\u202e]", message)


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_links_in_a_circle_and_odd_names_end(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "mein Projekt ü", {"src/größe 水.py": "import pickle\n"})
    (repository / "loop").symlink_to(repository)
    (repository / "src/circle.py").symlink_to(repository / "src/circle.py")
    (repository / "README.md").symlink_to("README.md")
    os.mkfifo(repository / "pipe.py")
    found = failed(repository)
    assert "`src/größe 水.py:1`: `import pickle`" in found["EV106"]
    assert "GD100" in found


@pytest.mark.parametrize(
    "text",
    ["def f(:\n", "\0", "(" * 100_000, "x = " + "-" * 100_000 + "1", "a" + ".b" * 50_000, "\\d = '\\d'"],
)
def test_python_that_is_none_ends(tmp_path: Path, text: str, recwarn: pytest.WarningsRecorder) -> None:
    files = {"src/a.py": f"# pickle\n{text}\n", "tests/test_data.py": text}
    verdicts(make_repository(tmp_path / "pumps", files))
    assert [str(one.message) for one in recwarn] == []


def test_json_in_a_hundred_thousand_brackets_ends(project: Path) -> None:
    (project / METRICS).write_text("[" * 100_000)
    assert "not JSON" in only(project, "EV100")


def test_every_message_is_one_line(project: Path) -> None:
    amend(project, lambda found: found["data"].update(name="a\nb\r\u2028c"))
    (project / "README.md").write_text("# x\n")
    (project / "portfolio.toml").write_text("figures = [\n")
    for message in failed(project).values():
        assert len(message.splitlines()) == 1, message
    assert json.dumps(failed(project))
