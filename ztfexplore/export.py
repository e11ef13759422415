"""Catalogue -> a table for other tools: metadata, and embedding and map where they are."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ztfexplore import embedding, projection
from ztfexplore.catalogue import Catalogue
from ztfexplore.errors import ZtfexploreError

SUFFIXES = (".parquet", ".csv")
FIRST = ("candid", "object_id", "label")


def export(catalogue: Catalogue, output: Path, encoder: str | None = None) -> int:
    """Write candid, object_id, label, metadata and, for an encoder, its embedding, map_x and map_y.

    Parquet holds the embedding as one list column, CSV as embedding_0, embedding_1, and so on. An encoder that
    has no map yet gives no map columns.

    Returns:
        number of rows.

    Raises:
        ZtfexploreError: if the file's ending is unknown, it cannot be written, or nothing is embedded.
    """
    if output.suffix not in SUFFIXES:
        raise ZtfexploreError(f"output {output}: must end in {' or '.join(SUFFIXES)}")
    table = catalogue.table()
    table = table.select([*FIRST, *(name for name in table.column_names if name not in FIRST)])
    if encoder is not None:
        table = _with_encoder(table, catalogue, encoder, as_list=output.suffix == ".parquet")
    try:
        _write(table, output)
    except OSError as error:
        raise ZtfexploreError(f"output {output}: cannot be written ({error.strerror or error})") from error
    return table.num_rows


def _write(table: pa.Table, output: Path) -> None:
    """Under another name first: a file that was there before is whole until the new one is."""
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, partial) if output.suffix == ".parquet" else pyarrow.csv.write_csv(table, partial)
        partial.replace(output)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _with_encoder(table: pa.Table, catalogue: Catalogue, encoder: str, as_list: bool) -> pa.Table:
    vectors = embedding.read(catalogue, encoder)
    mask = ~vectors.present
    if as_list:
        flat = pa.array(vectors.values.ravel())
        lists = pa.FixedSizeListArray.from_arrays(flat, vectors.values.shape[1], mask=pa.array(mask))
        table = table.append_column("embedding", lists)
    else:
        for index, values in enumerate(vectors.values.T):
            table = table.append_column(f"embedding_{index}", pa.array(values, mask=mask))
    if projection.column(encoder) not in catalogue.vector_columns(projection.PREFIX):
        return table  # export works before project
    points = catalogue.vectors(projection.column(encoder))
    if points.metadata.get("weights_sha256") != vectors.metadata.get("weights_sha256"):
        return table  # the map is that of an embedding by other weights
    for name, values in zip(("map_x", "map_y"), points.values.T, strict=True):
        table = table.append_column(name, pa.array(values, mask=np.isnan(values)))
    return table
