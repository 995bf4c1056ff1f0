"""What the verb `serve` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..asgi import server
from ..portfolio import store
from . import app

if TYPE_CHECKING:
    from pathlib import Path

    from ..params import Params


def serve(root: Path, params: Params, host: str, port: int) -> None:
    """Serve the project at `root` until SIGTERM or Ctrl-C.

    Raises:
        ModelMissing: nothing was trained yet.
        ModelTampered: a stored file is not the one that training wrote.
        ProjectError: the address cannot be listened on.
    """
    store.current(root)
    server.check_port(host, port)
    server.run(app.create_app(root, settings=params), host, port)
