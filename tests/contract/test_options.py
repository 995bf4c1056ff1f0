"""What an option does: it leaves out whole files, its own and no others, and never cuts into code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cases import cases
from .tools import TEMPLATES

if TYPE_CHECKING:
    from .conftest import Rendered

WEB = {
    ".github/workflows/web.yml",
    "tests/test_web.py",
    *(
        f"web/{path.relative_to(TEMPLATES / 'sentiment/project/web').as_posix()}"
        for path in sorted((TEMPLATES / "sentiment/project/web").rglob("*"))
        if path.is_file() and not {"node_modules", "dist"} & set(path.parts)
    ),
}
PAGE = {
    "tests/test_page.py",
    "tests/test_page_in_browser.py",
    *(
        f"src/recommender/serving/web/{path.name}"
        for path in (TEMPLATES / "recommender/project/src/recommender/serving/web").iterdir()
    ),
}
PAGE_MODULES = (
    "agent_pages",
    "chat_pages",
    "examples",
    "log_in",
    "page_route",
    "pages",
    "rendering",
    "sessions",
    "shown",
    "ticket_pages",
)
PAGES = {
    "tests/test_pages.py",
    "tests/test_pages_in_browser.py",
    "tests/test_sessions.py",
    *(f"src/helpdesk/serving/{name}.py" for name in PAGE_MODULES),
    *(
        f"src/helpdesk/serving/web/{path.name}"
        for path in (TEMPLATES / "helpdesk-chatbot/project/src/helpdesk/serving/web").iterdir()
    ),
}
# For each template and each of its yes/no questions: the files that a no leaves out.
LEFT_OUT = {
    "helpdesk-chatbot": {"pages": PAGES},
    "predictive-maintenance": {
        "airflow": {".github/workflows/airflow.yml", "dags/maintenance_daily.py", "tests/test_dag.py"},
        "beanstalk": {".ebextensions/service.config", ".ebignore", "requirements.txt", "Procfile"},
    },
    "recommender": {"page": PAGE},
    "sentiment": {"web": WEB},
}
# Texts in which an answer may show.
TEXTS = {".copier-answers.yml", "LICENSE", "README.md"}


def test_every_option_is_listed_here(template):
    options = {name for name, value in cases(template)[0].answers.items() if isinstance(value, bool)}
    assert set(LEFT_OUT[template]) == options


def test_a_no_leaves_out_its_files_and_no_others(default_project, renderer, template):
    for case in cases(template):
        missing = set(default_project.names) - set(renderer(case).names)
        off = [name for name in LEFT_OUT[template] if not case.answers[name]]
        assert missing == set().union(*(LEFT_OUT[template][name] for name in off)), case


def test_no_file_differs_but_the_texts(default_project, renderer, template):
    for case in cases(template):
        other = renderer(case)
        both = set(default_project.names) & set(other.names)
        changed = {name for name in both if content(default_project, name) != content(other, name)}
        assert changed <= TEXTS, case


def test_no_text_names_a_file_that_was_left_out(project):
    """Where an option is off, nobody is sent to what is not there."""
    off = [option for option in LEFT_OUT[project.case.template] if not project.case.answers[option]]
    names = [name for option in off for name in LEFT_OUT[project.case.template][option]]
    for path in project.files("*.md", "*.mk", "Makefile", ".github/workflows/*"):
        assert [name for name in names if name in project.text(path)] == [], path


def content(project: Rendered, name: str) -> bytes:
    return (project.path / name).read_bytes()
