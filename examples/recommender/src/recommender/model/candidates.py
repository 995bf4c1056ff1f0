"""Which models there are, and the settings that are tried of each."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from .als import ImplicitAls
from .ease import Ease
from .engines import engine
from .knn import ItemKnn
from .mf import Biases, ExplicitMf
from .popularity import Popularity, Random

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ..params import Params
    from .base import Recommender

Settings = dict[str, float]

BASELINE = Popularity.name
RATING_MODELS = (Biases.name, ExplicitMf.name)  # guess ratings, so they need some
# The order of all tables.
ORDER = (Random.name, BASELINE, *RATING_MODELS, ItemKnn.name, ImplicitAls.name, Ease.name)
STORED: dict[str, type[Recommender]] = {
    kind.name: kind for kind in (Popularity, ItemKnn, ExplicitMf, ImplicitAls, Ease)
}


def grid(params: Params, *, explicit: bool, items: int) -> dict[str, list[Settings]]:
    """Return the settings to try, by model, in the order of the tables.

    Args:
        params: of the project.
        explicit: whether there are ratings; without, models of ratings are left out.
        items: of the catalogue; EASE is left out where its matrix would not fit.
    """
    found: dict[str, list[Settings]] = {Popularity.name: [{}]}
    if explicit:
        found[Biases.name] = [{"regularisation": value} for value in params.mf.regularisation]
        found[ExplicitMf.name] = [{"regularisation": value} for value in params.mf.regularisation]
    found[ItemKnn.name] = [{"neighbours": value} for value in params.knn.neighbours]
    found[ImplicitAls.name] = [
        {"factors": factors, "alpha": alpha, "regularisation": regularisation}
        for factors, alpha, regularisation in product(
            params.als.factors, params.als.alpha, params.als.regularisation
        )
    ]
    if items <= params.ease.largest_catalogue:
        found[Ease.name] = [{"regularisation": value} for value in params.ease.regularisation]
    return found


def make(name: str, settings: Mapping[str, float], params: Params, *, explicit: bool = True) -> Recommender:
    """Make an unfitted model.

    Args:
        name: as `grid` has it, or `random`.
        settings: one of the grid's.
        params: of the project.
        explicit: False weighs entries by how often an item was had.
    """
    seed, mf, als = params.seed, params.mf, params.als
    makers: dict[str, Callable[[], Recommender]] = {
        Random.name: lambda: Random(seed),
        Popularity.name: Popularity,
        Biases.name: lambda: Biases(settings["regularisation"]),
        ExplicitMf.name: lambda: ExplicitMf(mf.factors, settings["regularisation"], mf.sweeps, seed),
        ItemKnn.name: lambda: ItemKnn(int(settings["neighbours"]), params.knn.shrinkage),
        ImplicitAls.name: lambda: ImplicitAls(
            int(settings["factors"]),
            settings["alpha"],
            settings["regularisation"],
            als.sweeps,
            seed,
            graded=not explicit,
            engine=engine(als.engine, params.threads),
        ),
        Ease.name: lambda: Ease(settings["regularisation"]),
    }
    return makers[name]()


def restore(name: str, arrays: Mapping[str, NDArray[Any]]) -> Recommender:
    """Return the stored model."""
    return STORED[name].restore(arrays)
