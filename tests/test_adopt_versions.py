"""`adopt` over every version of a template, after one file in five was edited: how often it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder import history
from scaffolder.adopt import Origin, find_origin
from scaffolder.adopting.owned import NotAdoptable
from scaffolder.answers import Answers
from scaffolder.engine.render import render
from scaffolder.engine.source import locate

from .adoptions import LICENCES, WORDS, as_cookiecutter, chance, make_lost, make_template, random_answers

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = 30
pytestmark = pytest.mark.slow


class Tally:
    """How many versions and answers were right, and how sure the wrong ones were."""

    def __init__(self) -> None:
        self.versions: list[bool] = []
        self.right: list[float] = []
        self.wrong: list[float] = []
        self.bold: list[str] = []  # wrong, and not marked unsure

    def add(self, origin: Origin, *, is_version: bool, answers: dict[str, object]) -> None:
        self.versions.append(is_version)
        if not is_version and origin.is_sure:
            self.bold.append(f"{origin.path.name}: {origin.version}")
        for answer in origin.answers:
            is_right = answers.get(answer.key, answer.value) == answer.value
            (self.right if is_right else self.wrong).append(answer.certainty)
            if not is_right and answer.is_sure:
                self.bold.append(f"{origin.path.name}: {answer}")

    def check(self) -> None:
        assert sum(self.versions) >= 0.9 * len(self.versions)
        assert len(self.right) >= 0.9 * (len(self.right) + len(self.wrong))
        assert not self.bold
        sure = sorted(self.right)[len(self.right) // 2]
        assert all(certainty < sure for certainty in self.wrong)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("change", "is_copier"), [(dict, True), (as_cookiecutter, False)], ids=["copier", "cookiecutter"]
)
def test_of_a_toy_template_nine_versions_and_answers_of_ten_are_exact(
    change, is_copier, seed, home, tmp_path
) -> None:
    template = make_template(tmp_path / "template", VERSIONS, change)
    tally = Tally()
    for number in range(VERSIONS):
        rng = chance(1000 * seed + number)
        answers = random_answers(rng, is_copier=is_copier)
        project = make_lost(tmp_path / f"p{number}", str(template), f"v1.{number}.0", answers, rng)
        origin = find_origin(project, str(template))
        tally.add(origin, is_version=origin.version == f"1.{number}.0", answers=answers)
    tally.check()


def own_cases() -> list[tuple[str, str, int]]:
    return [
        (template, version, seed)
        for version in history.versions()
        for template in locate(version).templates()
        for seed in range(2)
    ]


def test_of_our_own_templates_nine_versions_and_answers_of_ten_are_exact(home: Path, tmp_path: Path) -> None:
    """No template is named: all versions of all of them are compared.

    Where two versions make the same files the newer one is as good.
    """
    tally = Tally()
    for template, version, seed in own_cases():
        rng = chance(seed)
        answers: dict[str, object] = {
            "project_name": f"{rng.choice(WORDS).title()} {rng.choice(WORDS)}",
            "author_name": f"{rng.choice(WORDS).title()} {rng.choice(WORDS).title()}",
            "licence": rng.choice(LICENCES),
        }
        asked = render(
            locate(version).tree(template), Answers(template, {}), ask=False, defaults={}
        ).answers.values
        answers |= {key: rng.choice([True, False]) for key, value in asked.items() if isinstance(value, bool)}
        project = make_lost(tmp_path / f"{template}-{version}-{seed}", template, version, answers, rng)
        origin = find_origin(project)
        assert origin.template == template
        tally.add(origin, is_version=version in (origin.version, *origin.same), answers=answers)
    tally.check()


def test_our_own_templates_are_not_taken_for_each_other(home: Path, tmp_path: Path) -> None:
    """A project of one template has nothing to do with another template, though both share parts."""
    project = make_lost(tmp_path / "project", "sentiment", "0.5.0", {}, chance(1))
    with pytest.raises(
        NotAdoptable, match=r"the best guess is predictive-maintenance .* only \d+% of its lines"
    ):
        find_origin(project, "predictive-maintenance")
