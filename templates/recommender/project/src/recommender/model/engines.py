"""Other implementations of implicit ALS, for `als.engine` in params.toml: the same loss, other machines.

    implicit   C++ in threads; `pip install implicit`
    spark      Spark MLlib, when the log outgrows one machine; `pip install pyspark`, and Java

Each returns the items' factors; whoever asks for a list is folded in by our own code, whatever trained it.
How they compare with our own on your data: `python -m recommender bench --engines`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..portfolio.errors import ModelError
from .als import Factors, ImplicitAls, train_factors

if TYPE_CHECKING:
    from collections.abc import Callable

OWN, IMPLICIT, SPARK = "own", "implicit", "spark"
_SPARK_SETTINGS = {
    # Each step of ALS adds to the plan, which is written recursively: deeper than the usual stack
    "spark.driver.extraJavaOptions": "-Xss16m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


def engine(name: str, threads: int = 1) -> Callable[[sparse.csr_array, ImplicitAls], Factors]:
    """Return the engine called `name` (own, implicit or spark), which may use so many threads.

    Raises:
        ModelError: it is not installed; the message says what to install.
    """
    if missing := lacks(name):
        raise ModelError(f"als.engine is {name}, but {missing}")
    if name == OWN:
        return train_factors
    return partial({IMPLICIT: by_implicit, SPARK: by_spark}[name], threads=threads)


def lacks(name: str) -> str:
    """Say what an engine lacks on this machine, and how it is installed; empty where nothing is missing."""
    if name == IMPLICIT and find_spec("implicit") is None:
        return "implicit is not installed: `pip install implicit`"
    if name == SPARK and find_spec("pyspark") is None:
        return "pyspark is not installed: `pip install pyspark`; it needs Java 17 or newer, too"
    if name == SPARK and not _java():
        return "there is no Java: install version 17 or newer, or set JAVA_HOME to one"
    return ""


def by_implicit(weighed: sparse.csr_array, model: ImplicitAls, threads: int = 1) -> Factors:
    """Train with the library `implicit`; the result does not depend on the number of threads."""
    from implicit.cpu.als import AlternatingLeastSquares

    trained = AlternatingLeastSquares(
        factors=model.factors,
        regularization=model.regularisation,
        alpha=1.0,
        iterations=model.sweeps,
        num_threads=threads,
        random_state=model.seed,
    )
    # There, a value is the confidence itself: 1 + alpha w.
    confidence = sparse.csr_matrix(
        (1 + model.alpha * weighed.data, weighed.indices, weighed.indptr), shape=weighed.shape
    )
    trained.fit(confidence, show_progress=False)
    return np.asarray(trained.item_factors, dtype=np.float32)


def by_spark(weighed: sparse.csr_array, model: ImplicitAls, threads: int = 1) -> Factors:
    """Train with Spark MLlib's ALS, `implicitPrefs=True`, in threads of one Java process.

    Its regularisation is times the number of entries of a row (Zhou et al. 2008); the number in params.toml
    is divided by their mean, so that it weighs about as much as elsewhere.

    Raises:
        ModelError: Spark does not start, or fails.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.ml.recommendation import ALS

    session = spark_session(threads)
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "pairs.csv")
            _write(weighed, file)
            fitted = ALS(
                rank=model.factors,
                maxIter=model.sweeps,
                numUserBlocks=threads,
                numItemBlocks=threads,
                regParam=model.regularisation / (weighed.nnz / weighed.shape[0]),
                implicitPrefs=True,
                alpha=model.alpha,
                userCol="user",
                itemCol="item",
                ratingCol="value",
                seed=model.seed,
            ).fit(session.read.csv(file.as_uri(), schema="user int, item int, value float"))
            rows = fitted.itemFactors.collect()
    except (Py4JError, PySparkException) as error:
        raise ModelError(f"Spark failed: {_first_line(error)}") from None
    found = np.zeros((weighed.shape[1], model.factors), dtype=np.float32)
    for row in rows:
        found[row["id"]] = row["features"]
    return found


@cache
def spark_session(threads: int) -> Any:
    """Start Spark in this process, once: it takes longer than many a fit.

    Raises:
        ModelError: it does not start.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder: Any = SparkSession.builder.master(f"local[{threads}]").appName("recommender")
    for key, value in {**_SPARK_SETTINGS, "spark.sql.shuffle.partitions": str(threads)}.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        reason = _first_line(error)
        raise ModelError(f"Spark does not start: {reason}; is `java` version 17 or newer?") from None
    atexit.register(session.stop)
    return session


def _write(weighed: sparse.csr_array, file: Path) -> None:
    """Write user, item and value of each entry as CSV, which every one of Spark's machines could read."""
    pairs = sparse.coo_array(weighed)
    columns = (pairs.row.tolist(), pairs.col.tolist(), pairs.data.tolist())
    lines = [f"{user},{item},{value:.9g}\n" for user, item, value in zip(*columns, strict=True)]
    file.write_text("".join(lines), encoding="utf-8")


def _java() -> str | None:
    """Return where Java is, as Spark looks for it."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
