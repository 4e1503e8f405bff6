"""Parquet: the same table as the CSV, in columns with their types, for whoever counts millions of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from api.draining import Drain
from api.event_columns import COLUMNS, Row, row_of
from api.exports import Format
from api.extract import Extract

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_TOGETHER = 50_000
"""Rows of a group, whatever the pages they were read in: the bytes depend on it."""


def _pieces(extract: Extract) -> Iterator[bytes]:
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415 - heavy, and few ask for it

    origin, file, waiting = extract.checkpoint.origin, Drain(), list[Row]()
    schema = _schema().with_metadata(
        {f"bitacora.{name}": str(value) for name, value in extract.stamp.items()}
    )
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for page in extract.pages():
            waiting += [row_of(stored, origin) for stored in page]
            while len(waiting) >= ROWS_TOGETHER:
                writer.write_batch(_batch(schema, waiting[:ROWS_TOGETHER]), ROWS_TOGETHER)
                del waiting[:ROWS_TOGETHER]
                yield file.drain()
        if waiting:
            writer.write_batch(_batch(schema, waiting), ROWS_TOGETHER)
    yield file.drain()


def _schema() -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415 - see above

    kinds: dict[str, Any] = {
        "integer": pa.int64(),
        "string": pa.string(),
        "object": pa.string(),
        "datetime": pa.timestamp("us", "UTC"),
    }
    return pa.schema([(name, kinds[kind]) for name, (kind, _) in COLUMNS.items()])


def _batch(schema: pa.Schema, rows: Sequence[Row]) -> pa.RecordBatch:
    import pyarrow as pa  # noqa: PLC0415 - see above

    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


FORMAT = Format("parquet", "application/vnd.apache.parquet", "parquet", 1, _pieces)
"""The events as a table for analysis."""
