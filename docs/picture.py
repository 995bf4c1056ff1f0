"""Draw the README's picture: the index of a built gallery, and beside it a project's page in the dark.

    python docs/picture.py GALLERY        usually by `nox -s gallery -- --picture`

Needs playwright, and Chromium: the one on PATH, else playwright's own.
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from scaffolder.showcase.preview import Server

TARGET = Path(__file__).parent / "gallery.png"
MOST = 250_000  # bytes
VIEWS = (("index.html", "light"), ("projects/predictive-maintenance/index.html", "dark"))
WIDTH, HEIGHT, SHOWN = 1100, 1300, 620  # pixels of a view, and the width to which it is drawn
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def views(address: str) -> list[Image.Image]:
    """Return a picture of each view."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for page, scheme in VIEWS:
            tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
            tab.goto(address + page)
            tab.wait_for_load_state("networkidle")
            found.append(Image.open(io.BytesIO(tab.screenshot())).convert("RGB"))
        browser.close()
    return found


def draw(gallery: Path) -> bytes:
    """Return the picture as PNG."""
    server = Server(gallery, 0, live=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shown = SHOWN, HEIGHT * SHOWN // WIDTH
    drawn = [view.resize(shown, Image.Resampling.LANCZOS) for view in views(server.address)]
    server.shutdown()
    whole = Image.new("RGB", (shown[0] * len(drawn), shown[1]))
    for number, view in enumerate(drawn):
        whole.paste(view, (number * shown[0], 0))
    held = io.BytesIO()
    whole.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    return held.getvalue()


if __name__ == "__main__":
    content = draw(Path(sys.argv[1]))
    if len(content) > MOST:
        sys.exit(f"{TARGET} would have {len(content):,} bytes; at most {MOST:,}")
    TARGET.write_bytes(content)
