from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.showcase.owner import LINKS, NAME, Certificate, Link, Owner, OwnerFileError, read_owner

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """
name = "  Ada \\t Example "
headline = "Engineer"
value_proposition = "I measure."
projects = ["b", "a"]
url = "https://ada.example/portfolio/"

[links]
GitHub = "https://github.com/ada"
"E-mail" = "mailto:ada@example.org"

[[certificates]]
title = "AWS Certified Machine Learning Engineer - Associate"
issuer = "Amazon Web Services"
year = 2026
url = "https://aws.example/c?id=1"

[[certificates]]
title = "MLOps"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "portfolio.owner.toml"


def complaint(file: Path, text: str | bytes) -> str:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(OwnerFileError) as caught:
        read_owner(file)
    said = str(caught.value)
    assert said.startswith(f"{file}: ")
    assert "\n" not in said
    return said.removeprefix(f"{file}: ")


def test_a_whole_profile(file: Path) -> None:
    file.write_text(WHOLE, encoding="utf-8")
    assert read_owner(file) == Owner(
        name="Ada Example",
        headline="Engineer",
        value_proposition="I measure.",
        links=(Link("GitHub", "https://github.com/ada"), Link("E-mail", "mailto:ada@example.org")),
        certificates=(
            Certificate(
                "AWS Certified Machine Learning Engineer - Associate",
                "Amazon Web Services",
                2026,
                "https://aws.example/c?id=1",
            ),
            Certificate("MLOps"),
        ),
        projects=("b", "a"),
        url="https://ada.example/portfolio/",
    )


def test_a_name_is_enough(file: Path) -> None:
    file.write_text('\ufeffname = "Ada"', encoding="utf-8")
    assert read_owner(file) == Owner("Ada")


def test_markup_stays_the_text_that_it_is_and_controls_go(file: Path) -> None:
    file.write_text('name = "<b>Ada</b>\\u0000\\u202e\\nExample"', encoding="utf-8")
    assert read_owner(file).name == "<b>Ada</b> Example"


def test_no_file(file: Path) -> None:
    with pytest.raises(OwnerFileError, match='there is no such file; write one, beginning with name = "Your'):
        read_owner(file)
    file.mkdir()
    with pytest.raises(OwnerFileError):
        read_owner(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'name is missing: write name = "Your Name" at the top'),
        ('name = " "', "name is missing"),
        ("name = 3", "name: expected a text in quotes, not 3"),
        ('name = "Ada"\nheadine = "x"', "unknown key 'headine'; did you mean 'headline'?"),
        ('name = "Ada"\nx = "x"', "unknown key 'x'; known: name, headline"),
        ('name = "Ada"\n[[certificates]]\ntitel = "x"', "'certificates[1].titel'; did you mean 'title'?"),
        (
            'name = "Ada"\n[[certificates]]\nyear = 2026',
            "certificates[1].title is missing: the certificate's",
        ),
        (
            'name = "Ada"\n[[certificates]]\ntitle = "x"\nyear = "2026"',
            "certificates[1].year: expected a year",
        ),
        ('name = "Ada"\n[[certificates]]\ntitle = "x"\nyear = true', "certificates[1].year: expected a year"),
        ('name = "Ada"\n[certificates]\ntitle = "x"', "certificates: expected a list of tables, each under"),
        ('name = "Ada"\ncertificates = ["x"]', "certificates[1]: expected a table under [[certificates]]"),
        ('name = "Ada"\nlinks = ["https://a.example"]', "links: expected a table under [links]"),
        ('name = "Ada"\n[links]\nGitHub = 1', "links.GitHub: expected a text in quotes, not 1"),
        ('name = "Ada"\nprojects = "a"', 'projects: expected a list of texts, such as ["a", "b"]'),
        ('name = "Ada"\nprojects = ["a", 2]', "projects[2]: expected a text in quotes, not 2"),
        (f'name = "{"a" * (NAME + 1)}"', f"name has {NAME + 1} characters; shorten it to {NAME}"),
        ('name = "Ada', "no TOML: "),
        (b'name = "Ad\xe4"', "not UTF-8 text (byte 10)"),
        (f"x = {'[' * 5000}", "no TOML: "),
        (b"#" * 200_001, "larger than 200 kB"),
    ],
)
def test_what_is_wrong_is_said(file: Path, text: str | bytes, expected: str) -> None:
    assert expected in complaint(file, text)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.example",
            "//a.example",
            "a.example",
            "https://",
        ),
        *(
            "https:///path",
            "mailto:",
            "mailto:ada",
            "http://[",
            "https://a.example:port/",
            "file:///etc/passwd",
        ),
    ],
)
def test_a_link_leads_to_the_web_or_to_a_mailbox(file: Path, address: str) -> None:
    said = complaint(file, f'name = "Ada"\n[links]\nGitHub = "{address}"')
    assert said.startswith("links.GitHub: expected an address that begins with http:, https:, mailto:, not ")


def test_a_published_address_holds_no_password(file: Path) -> None:
    said = complaint(file, 'name = "Ada"\nurl = "https://ada:secret@a.example"')
    assert "no user name or password" in said
    assert "secret" not in said


def test_an_address_is_never_more_than_an_address(file: Path) -> None:
    file.write_text('name = "Ada"\n[links]\nA = \'https://a.example/"><script>\'', encoding="utf-8")
    assert read_owner(file).links == (Link("A", "https://a.example/%22%3E%3Cscript%3E"),)


def test_the_site_and_certificates_have_no_mail_address(file: Path) -> None:
    assert "https:" in complaint(file, 'name = "Ada"\nurl = "mailto:a@b.c"')
    said = complaint(file, 'name = "Ada"\n[[certificates]]\ntitle = "x"\nurl = "mailto:a@b.c"')
    assert said.startswith("certificates[1].url: expected an address that begins with http:, https:, not ")


def test_there_are_only_so_many_links(file: Path) -> None:
    links = "\n".join(f'"link {number}" = "https://a.example"' for number in range(LINKS + 1))
    assert (
        complaint(file, f'name = "Ada"\n[links]\n{links}')
        == f"links has {LINKS + 1} entries; at most 20 are shown"
    )
