"""Catalogue -> a table for other tools: metadata, and an embedding and map if there are any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import embedding, projection
from ztfexplore.files import check_ending, replacing

SUFFIXES = (".parquet", ".csv")
FIRST = ("candid", "object_id", "label")


def export(source: Snapshot | Catalogue, output: Path, encoder: str | None = None) -> int:
    """Write candid, object_id, label, metadata (survey among them) and, for an encoder, its embedding, map_x and map_y.

    If people's labels count and there are some, `label_given` holds those that came with the data.

    Parquet holds the embedding as one list column, CSV as embedding_0, embedding_1, and so on. An encoder that
    has no map yet gives no map columns.

    Returns:
        number of rows.

    Raises:
        ZtfexploreError: if the file's ending is unknown, it cannot be written, or nothing is embedded.
    """
    check_ending(output, *SUFFIXES)
    snapshot = as_snapshot(source)
    catalogue = snapshot.catalogue
    table = _with_people(catalogue.table(), snapshot)
    table = table.select([*FIRST, *(name for name in table.column_names if name not in FIRST)])
    if encoder is not None:
        table = _with_encoder(table, catalogue, encoder, as_list=output.suffix == ".parquet")
    write_table(table, output)
    return table.num_rows


def _with_people(table: pa.Table, snapshot: Snapshot) -> pa.Table:
    """Labels as people have them, and as `label_given` and `label_source_given` those that came with the data; the same
    table if nobody has labelled anything."""
    if not snapshot.by_person.any():
        return table
    for name in ("label", "label_source"):
        given, merged = table.column(name), snapshot.frame[name].astype(object)
        values = pa.array(merged.where(merged.notna(), None), pa.string())
        table = table.set_column(table.schema.get_field_index(name), name, values).append_column(f"{name}_given", given)
    return table


def write_table(table: pa.Table, output: Path) -> None:
    """A table as Parquet or CSV, by the file's ending; an existing file stays intact until the new one is complete.

    Raises:
        ZtfexploreError: if the ending is unknown, or the file cannot be written.
    """
    check_ending(output, *SUFFIXES)
    with replacing(output) as partial:
        pq.write_table(table, partial) if output.suffix == ".parquet" else pyarrow.csv.write_csv(table, partial)


def _with_encoder(table: pa.Table, catalogue: Catalogue, encoder: str, as_list: bool) -> pa.Table:
    vectors = embedding.read_embedding(catalogue, encoder)
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
        return table  # the map belongs to an embedding by other weights
    for name, values in zip(("map_x", "map_y"), points.values.T, strict=True):
        table = table.append_column(name, pa.array(values, mask=np.isnan(values)))
    return table
