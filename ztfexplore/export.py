"""Catalogue -> a table for other tools: metadata, and embedding and map where they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ztfexplore import embedding, projection
from ztfexplore.catalogue import Catalogue
from ztfexplore.errors import CatalogueError, ZtfexploreError

SUFFIXES = (".parquet", ".csv")


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
    table = pa.Table.from_pandas(_leading(catalogue.frame()), preserve_index=False)
    if encoder is not None:
        table = _with_encoder(table, catalogue, encoder, as_list=output.suffix == ".parquet")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, output) if output.suffix == ".parquet" else pyarrow.csv.write_csv(table, output)
    except OSError as error:
        raise ZtfexploreError(f"output {output}: cannot be written ({error.strerror or error})") from error
    return table.num_rows


def _leading(frame: pd.DataFrame) -> pd.DataFrame:
    first = ["candid", "object_id", "label"]
    return frame[first + [name for name in frame.columns if name not in first]]


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
    try:
        points = projection.read(catalogue, encoder).points
    except CatalogueError:  # export works before project
        return table
    for index, name in enumerate(("map_x", "map_y")):
        table = table.append_column(name, pa.array(points[:, index], mask=pd.isna(points[:, index])))
    return table
