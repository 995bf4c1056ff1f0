"""The front end speaks of the service as it is: its API description is the service's own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from projects import ROOT

from sentiment.serving import openapi
from sentiment.serving.requests import RequestReader

if TYPE_CHECKING:
    from sentiment.params import Params

WEB = ROOT / "web"


def test_the_description_is_the_services_own(settings: Params) -> None:
    """After a change: `python -m sentiment openapi > web/openapi.json`, then `npm run types` in web/."""
    known = json.loads((WEB / "openapi.json").read_text(encoding="utf-8"))
    found = openapi.document(ROOT, RequestReader(settings.service))
    found["info"]["title"] = known["info"]["title"]  # each project has its own
    assert known == found


def test_the_types_name_every_shape() -> None:
    types = (WEB / "src" / "api.ts").read_text(encoding="utf-8")
    shapes = json.loads((WEB / "openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    for name in shapes:
        assert re.search(rf"^\s+{name}: ", types, re.MULTILINE), name


def test_versions_are_exact_and_the_lock_names_no_server() -> None:
    package = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    assert '"resolved"' not in (WEB / "package-lock.json").read_text(encoding="utf-8")


def test_the_page_loads_nothing_from_elsewhere() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
