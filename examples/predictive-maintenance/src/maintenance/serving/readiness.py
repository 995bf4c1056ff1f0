"""The one model of a running service, or the reason why there is none yet."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from .. import params
from ..data import ingestion
from ..model import fitting
from ..portfolio.errors import ModelMissing, ProjectError
from .predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("maintenance.service")


class Loader:
    """Loads the model of the project at `root`; `state` says how far it is, or what is wrong."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.predictor: Predictor | None = None
        self.state = "loading the model"

    def load(self, *, train_if_missing: bool = False) -> None:
        """Load the current model; where there is none, train a first one in the background if wanted."""
        try:
            self.predictor = Predictor.load(self._root)
        except ModelMissing as error:
            if train_if_missing:
                self.state = f"training a first model on {self._first_data()}"
                threading.Thread(target=self._train, name="first-model", daemon=True).start()
            else:
                self._fail(error)
        except (ProjectError, OSError) as error:
            self._fail(error)
        else:
            self.state = "model loaded, golden prediction repeated"
            LOG.info("ready", extra={"model": self.predictor.model.version})

    def _train(self) -> None:
        """Make a first model; meanwhile predictions are refused with 503."""
        LOG.warning("no model: %s; every answer will name its data", self.state)
        try:
            settings = params.load(self._root)
            if not self._has_readings():
                ingestion.ingest(self._root, settings)
            fitting.train(self._root, settings)
        except (ProjectError, OSError) as error:
            self._fail(error)
        else:
            self.load()

    def _has_readings(self) -> bool:
        return (self._root / ingestion.READINGS).is_file()

    def _first_data(self) -> str:
        return f"the readings in {ingestion.READINGS}" if self._has_readings() else "synthetic data"

    def _fail(self, error: Exception) -> None:
        self.state = str(error)
        LOG.error("not ready", extra={"reason": self.state})
