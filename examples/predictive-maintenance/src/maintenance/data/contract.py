"""What a file of readings must look like, and one clear line for every way in which it does not.

Files carry the column names of the AI4I 2020 data set; inside the package the canonical names are used.
Nothing is repaired or dropped here: a file is right, or it is refused with the column, the values and the
line numbers.
"""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandera.pandas as pa

    from ..params import Ranges

MODES = ("twf", "hdf", "pwf", "osf", "rnf")
HEADER: Mapping[str, str] = {
    "uid": "UDI",
    "product_id": "Product ID",
    "type": "Type",
    "air_temperature_k": "Air temperature [K]",
    "process_temperature_k": "Process temperature [K]",
    "speed_rpm": "Rotational speed [rpm]",
    "torque_nm": "Torque [Nm]",
    "wear_min": "Tool wear [min]",
    "failure": "Machine failure",
    **{mode: mode.upper() for mode in MODES},
}
_TEXT = ("product_id", "type")
_LABELS = ("failure", *MODES)
_KELVIN = ("air_temperature_k", "process_temperature_k")
_SHOWN = 3  # values and line numbers that a message lists
BOM = b"\xef\xbb\xbf"


def parse(content: bytes, name: str, *, labelled: bool = True) -> pd.DataFrame:
    """Read the bytes of a CSV file with the AI4I header into canonical columns; numbers are float64.

    Args:
        content: the whole file, UTF-8 without a byte-order mark.
        name: how messages call the file.
        labelled: False when the failure is not known yet, as on the day of the readings.

    Raises:
        DataError: not UTF-8, a byte-order mark, wrong columns, a cell that should be a number and is not.
    """
    if content.startswith(BOM):
        raise DataError(
            f"{name}: starts with a byte-order mark; expected plain UTF-8 (save it without the mark)"
        )
    table = read_table(content, name)
    needed = [column for column in HEADER if column not in _LABELS or (labelled and column == "failure")]
    refuse_columns(table, name, needed=[HEADER[column] for column in needed], known=list(HEADER.values()))
    table = table.rename(columns={header: column for column, header in HEADER.items()})
    return numbers(table[[column for column in HEADER if column in table]], name)


def read_table(content: bytes, name: str) -> pd.DataFrame:
    """Read CSV bytes as text cells.

    Raises:
        DataError: not UTF-8, not a CSV table, or without a row.
    """
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not UTF-8 at byte {error.start}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{name}: not a CSV table: {str(error).strip().splitlines()[-1]}") from None
    if table.empty:
        raise DataError(f"{name}: no rows below the header")
    return table


def refuse_columns(table: pd.DataFrame, name: str, *, needed: list[str], known: list[str]) -> None:
    """Raise `DataError` naming the columns that are missing and those that nobody asked for."""
    missing = [column for column in needed if column not in table]
    unknown = [str(column) for column in table if column not in known]
    faults = [f"no column {', '.join(missing)}"] if missing else []
    faults += [f"unknown column {', '.join(unknown)}"] if unknown else []
    if faults:
        raise DataError(f"{name}: {'; '.join(faults)}; expected {', '.join(known)}")


def numbers(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Turn every column but the texts into float64; an empty cell becomes NaN, which `validate` reports."""
    result = table.copy()
    for column in (column for column in table if column not in _TEXT):
        result[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
        wrong = result[column].isna() & (table[column].str.strip() != "")
        if wrong.any():
            raise DataError(f"{name}: {_fault(str(column), table[column][wrong])}; expected a number")
    return result


def validate(frame: pd.DataFrame, ranges: Ranges, name: str, *, labelled: bool = True) -> pd.DataFrame:
    """Check every value of a parsed table; returns it with whole-number labels.

    Raises:
        DataError: for example `readings.csv: 3 rows with speed_rpm 0 (lines 14, 80, 95); expected 1000 to
        3000`.
    """
    # pandera needs almost two seconds to import: only those who validate pay for it.
    import pandera.errors

    frame = frame.astype({column: "float64" for column in frame if column not in _TEXT})
    try:
        checked = _schema(frame, ranges, labelled=labelled).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        raise DataError(f"{name}: {_summary(errors.failure_cases, asdict(ranges))}") from None
    return whole_numbers(checked)


def whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Give identifiers and labels of a validated table their integer type."""
    return frame.astype({column: "int64" for column in ("uid", *_LABELS) if column in frame})


def _schema(frame: pd.DataFrame, ranges: Ranges, *, labelled: bool) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    columns = {
        "uid": pa.Column(float, unique=True, report_duplicates="exclude_first"),
        "product_id": pa.Column(str, pa.Check.str_matches(r"^[LMH]\d+$")),
        "type": pa.Column(str, pa.Check.isin(["L", "M", "H"])),
    }
    for column, (low, high) in asdict(ranges).items():
        columns[column] = pa.Column(float, pa.Check.in_range(low, high))
    for column in _LABELS:
        # The modes may be absent: an owner's own data need not have them.
        if column in frame or (labelled and column == "failure"):
            columns[column] = pa.Column(float, pa.Check.isin([0, 1]))
    return pa.DataFrameSchema(columns, strict=True)


def _summary(cases: pd.DataFrame, ranges: Mapping[str, tuple[float, float]]) -> str:
    """Put pandera's failure cases into one line: a part for each column, the first three of them."""
    expected = {
        "uid": "a number that no other row has",
        "product_id": "L, M or H and digits",
        "type": "L, M or H",
        **{column: f"{low:g} to {high:g}" for column, (low, high) in ranges.items()},
    }
    parts = []
    for column, group in cases.groupby("column", sort=False):
        values = group.set_index("index")["failure_case"].sort_index()
        text = f"{_fault(str(column), values)}; expected {expected.get(str(column), '0 or 1')}"
        if column in _KELVIN and pd.to_numeric(values, errors="coerce").between(-60, 120).all():
            text += " kelvin, these look like degrees Celsius"
        parts.append(text)
    more = f"; and {len(parts) - _SHOWN} columns more" if len(parts) > _SHOWN else ""
    return "; ".join(parts[:_SHOWN]) + more


def _fault(column: str, values: pd.Series[str] | pd.Series[float]) -> str:
    """`3 rows with speed_rpm 0 (lines 14, 80, 95)`; line 1 of the file is the header."""
    rows = f"{len(values)} row{'s' if len(values) > 1 else ''}"
    lines = [str(index + 2) for index in values.index[:_SHOWN]]
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    where = f"(line{'s' if len(values) > 1 else ''} {', '.join(lines)}{more})"
    if values.isna().all():
        return f"{rows} without {column} {where}"
    distinct = [
        f"{value:g}" if isinstance(value, float) else repr(value) for value in values.dropna().unique()
    ]
    shown = ", ".join(distinct[:_SHOWN]) + (", ..." if len(distinct) > _SHOWN else "")
    return f"{rows} with {column} {shown} {where}"


def to_csv(frame: pd.DataFrame) -> bytes:
    """Write canonical columns as a CSV file with the AI4I header; the same bytes on every platform."""
    columns = [column for column in HEADER if column in frame]
    # Ten significant digits hide the float noise of a computed value, and lose nothing that a sensor shows.
    text = (
        frame[columns]
        .set_axis([HEADER[column] for column in columns], axis=1)
        .to_csv(index=False, lineterminator="\n", float_format="%.10g")
    )
    return text.encode("utf-8")
