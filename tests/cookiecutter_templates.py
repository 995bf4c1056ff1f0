"""Cookiecutter templates in git repositories on disk, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from .conftest import git
from .foreign_templates import Link, commit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOP = "{{cookiecutter.slug}}"


def template(
    settings: Mapping[str, object], files: Mapping[str, str | bytes], **beside: str | bytes
) -> dict[str, str | bytes]:
    """Return the files of a template's repository; `files` lie in the folder that a project is made from."""
    questions = settings if "slug" in settings else {"slug": "project", **settings}
    inside = {f"{TOP}/{name}": content for name, content in files.items()}
    return {"cookiecutter.json": json.dumps(questions, ensure_ascii=False), **inside, **beside}


def plain(**settings: object) -> dict[str, str | bytes]:
    """Return a small template with one question."""
    return template({"name": "World", **settings}, {"hello.txt": "Hello {{ cookiecutter.name }}\n"})


LATIN = "Grüße".encode("latin-1")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR {{ cookiecutter.name }}"

# What plain cookiecutter makes of these with `--no-input` is what we make of them.
FEATURES: dict[str, dict[str, str | bytes]] = {
    "texts and defaults that refer to others": template(
        {
            "name": "Ada's App",
            "slug": "{{ cookiecutter.name | slugify }}",
            "module": "{{ cookiecutter.slug.replace('-', '_') }}",
            "year": 2024,
            "ratio": 1.50,
            "nothing": None,
            "empty": "",
        },
        {
            "{{cookiecutter.module}}/__init__.py": '"""{{ cookiecutter.name }}"""\n',
            "values.txt": "{{cookiecutter.year}} {{cookiecutter.ratio}} {{cookiecutter.nothing}}"
            "[{{cookiecutter.empty}}]",
            "größe naïve.txt": "{{ cookiecutter.name }} größer 日本\n",
        },
    ),
    "choices, booleans and dictionaries": template(
        {
            "licence": ["MIT", "BSD-3", "{{ cookiecutter.slug }}-own"],
            "web": True,
            "docs": False,
            "kinds": {"png": {"name": "{{ cookiecutter.slug }}", "sizes": ["1", "2"]}, "bmp": {"name": "b"}},
        },
        {
            "a.txt": "{{cookiecutter.licence}}{% if cookiecutter.web %} web{% endif %}"
            "{% if cookiecutter.docs %} docs{% endif %}\n",
            "kinds.txt": "{% for key, kind in cookiecutter.kinds|dictsort %}{{ key }}={{ kind.name }}\n"
            "{% endfor %}{{ cookiecutter.kinds | jsonify }}",
            "all.txt": "{{ _cookiecutter.licence }} {{ _cookiecutter.web }}",
            "{% if cookiecutter.docs %}docs.md{% endif %}": "left out",
            "{% if cookiecutter.web %}web.md{% endif %}": "there",
        },
    ),
    "private variables": template(
        {
            "name": "x",
            "_raw": "{{ cookiecutter.name }}",
            "__made": "{{ cookiecutter.name * 3 }}",
            "__list": ["{{ cookiecutter.name }}"],
            "__map": {"a": "{{ cookiecutter.name }}"},
            "_numbers": [1, 2],
        },
        {
            "a.txt": "{{ cookiecutter._raw }} {{ cookiecutter.__made }} {{ cookiecutter.__list[0] }}"
            " {{ cookiecutter.__map.a }} {{ cookiecutter._numbers | sum }}\n"
        },
    ),
    "copy without render": template(
        {"_copy_without_render": ["*.html", "raw", "deep/*/kept", "{{cookiecutter.slug}}.txt"]},
        {
            "page.html": "{{ not.known }}",
            "page.txt": "{{ cookiecutter.slug }}",
            "{{cookiecutter.slug}}.html": "{{ not.known }}",
            "raw/{{cookiecutter.slug}}/a.txt": "{{ not.known }} {% broken",
            "raw/b.sh": "{{ not.known }}",
            "deep/one/kept/a.txt": "{% raw",
            "deep/one/made/a.txt": "{{ cookiecutter.slug }}",
            "{{cookiecutter.slug}}.txt": "{{ not.known }}",
        },
    ),
    "line ends": template(
        {},
        {
            "crlf.txt": b"{{ cookiecutter.slug }}\r\none\r\n",
            "mixed.txt": b"one\r\ntwo\nthree\rfour\n",
            "cr.txt": b"one\rtwo\r",
            "none.txt": b"{{ cookiecutter.slug }}",
            "empty.txt": b"",
            "later.txt": b"x" * 9000 + b"\r\n",
            "no-end.txt": b"a\nb",
        },
    ),
    "line ends that are set": template({"_new_lines": "\r\n"}, {"a.txt": "one\ntwo\n", "b.bin": PNG}),
    "binaries and modes": template(
        {"name": "n"},
        {
            "logo.png": PNG,
            "data.bin": bytes(range(256)),
            "run.sh": "#!/bin/sh\necho {{ cookiecutter.name }}\n",
        },
    ),
    "Jinja's settings": template(
        {
            "name": "n",
            "_jinja2_env_vars": {
                "lstrip_blocks": True,
                "trim_blocks": True,
                "comment_start_string": "<#",
                "comment_end_string": "#>",
            },
            "_extensions": ["jinja2.ext.do", "jinja2.ext.loopcontrols"],
        },
        {
            "a.txt": "{% for n in range(9) %}\n    {% if n > 2 %}\n    {% break %}\n    {% endif %}\n"
            "{{ n }}\n{% endfor %}\n<# gone #>{# stays #}",
            "b.txt": "{% set found = [] %}{% do found.append(cookiecutter.name) %}{{ found }}",
        },
    ),
    "includes and inheritance": template(
        {"name": "n"},
        {
            "a.txt": "{% extends 'base.txt' %}{% block body %}{{ cookiecutter.name }}{% endblock %}",
            "b.txt": "{% include 'sub/part.txt' %}{% import 'macros.txt' as m %}{{ m.twice('x') }}",
            "sub/part.txt": "part of {{ cookiecutter.name }}\n",
        },
        **{
            "templates/base.txt": "<{% block body %}{% endblock %}>\n",
            "templates/macros.txt": "{% macro twice(text) %}{{ text }}{{ text }}{% endmacro %}",
        },
    ),
    "variables that a text changes": template(
        {"name": "n"},
        {
            "a.txt": "{% set _ = cookiecutter.update({'name': 'changed'}) %}{{ cookiecutter.name }}",
            "b/z.txt": "{{ cookiecutter.name }}",
            "{{cookiecutter.name}}.txt": "name",
        },
    ),
    "old style of nested templates": {
        "cookiecutter.json": json.dumps({"template": ["Package (./package)", "Site (./site)"]}),
        "package/cookiecutter.json": json.dumps({"slug": "p"}),
        f"package/{TOP}/a.txt": "package {{ cookiecutter.slug }}",
        "site/cookiecutter.json": json.dumps({"slug": "s"}),
        f"site/{TOP}/a.txt": "site",
    },
    "nested templates": {
        "cookiecutter.json": json.dumps(
            {
                "templates": {
                    "site": {"path": "./kinds/site", "title": "A site", "description": "For the web"},
                    "package": {"path": "./kinds/package", "title": "A package"},
                }
            }
        ),
        "kinds/site/cookiecutter.json": json.dumps({"slug": "s", "colour": ["red", "blue"]}),
        f"kinds/site/{TOP}/a.txt": "site {{ cookiecutter.colour }} {% include 'shared.txt' %}",
        "kinds/site/templates": Link("../../shared"),
        "kinds/package/cookiecutter.json": json.dumps({"slug": "p"}),
        f"kinds/package/{TOP}/a.txt": "package",
        "shared/shared.txt": "shared\n",
    },
    "links": template(
        {"_copy_without_render": ["copied"], "name": "n"},
        {
            "real.txt": "{{ cookiecutter.name }}",
            "link.txt": Link("real.txt"),
            "tool.sh": "#!/bin/sh\n",
            "tool": Link("tool.sh"),
            "folder/a.txt": "a",
            "to-folder": Link("folder"),
            "copied": Link("folder"),
            "outer.txt": Link("../LICENSE"),
        },
        LICENSE="Free {{ cookiecutter.name }}\n",
    ),
}


def cookiecutter_copy(source: Path, into: Path, *args: str) -> Path:
    """Run plain cookiecutter on a folder, without hooks and the user's own configuration."""
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config", "--accept-hooks", "no"]
    home = into.parent / "home-of-cookiecutter"
    home.mkdir(exist_ok=True)
    into.mkdir()
    subprocess.run(
        [*command, "--output-dir", str(into), str(source), *args],
        check=True,
        capture_output=True,
        env={**os.environ, "HOME": str(home)},
    )
    return next(into.iterdir())


__all__ = ["FEATURES", "TOP", "Link", "commit", "cookiecutter_copy", "git", "plain", "template"]
