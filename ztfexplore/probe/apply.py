"""A saved probe on a catalogue: a table of predicted classes with their probabilities."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ztfexplore.catalogue import schema
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import embedding
from ztfexplore.errors import ProbeError
from ztfexplore.probe.features import inputs
from ztfexplore.probe.saved import SavedProbe

METADATA = ("candid", "object_id", "survey", "label")
SCHEMA = pa.schema([(name, schema.full_schema().field(name).type) for name in METADATA])
PROBABILITY = "probability_"


def predict(
    source: Snapshot | Catalogue, probe: SavedProbe, everything: bool = False
) -> tuple[pa.Table, dict[str, Any]]:
    """The predictions of a probe for the alerts without a label, or for all alerts.

    Args:
        source: a snapshot, whose labels count; of a catalogue, people's newest count first.
        everything: whether alerts that have a label are predicted too.

    Returns:
        a table, one row per alert in the order of the catalogue: candid (int64), object_id, survey, label (null where
        there is none), predicted, probability_CLASS for each class, margin (the largest probability minus the second),
        entropy (nats; 0 is certain) and fitted_on (whether a label of the same object was used to fit the probe);
        and a report ready for JSON: encoder, rows, not_embedded (how many were left out), predicted by class, labels_by
        and labels_used (see `Snapshot.labels_report`), notes.

    Raises:
        CatalogueError: if the probe's encoder has embedded nothing here.
        ProbeError: if the embeddings come from different weights than those that the probe was fitted on.
    """
    snapshot = as_snapshot(source)
    catalogue, frame = snapshot.catalogue, snapshot.frame
    values = embeddings_for(catalogue, probe)
    unlabelled = frame["label"].isna().to_numpy()
    wanted = np.ones(len(unlabelled), dtype=bool) if everything else unlabelled
    embedded = np.ones(len(wanted), dtype=bool) if values is None else np.isfinite(values).all(axis=1)
    rows, missing = np.flatnonzero(wanted & embedded), int((wanted & ~embedded).sum())
    taken = frame.iloc[rows]
    table = pa.Table.from_pandas(taken[list(METADATA)], schema=SCHEMA, preserve_index=False)
    table = _with_predictions(table, probe, probabilities(probe, taken, values, rows))
    names, counts = np.unique(table.column("predicted").to_numpy().astype(str), return_counts=True)
    found = dict(zip(names.tolist(), counts.tolist(), strict=True))
    report = {
        "encoder": probe.encoder,
        "rows": len(rows),
        "not_embedded": missing,
        "predicted": {name: found.get(name, 0) for name in probe.classes},
        **snapshot.labels_report(),
        "notes": _notes(catalogue, probe, len(rows), missing, everything),
    }
    return table, report


def embeddings_for(catalogue: Catalogue, probe: SavedProbe) -> np.ndarray | None:
    """The embeddings that a probe needs, float32 (n, dim); None if it uses metadata alone.

    Raises:
        CatalogueError: if the probe's encoder has embedded nothing here.
        ProbeError: if the embeddings come from different weights than those that the probe was fitted on.
    """
    if not probe.embedding_dim:
        return None
    vectors = embedding.read_embedding(catalogue, probe.encoder)
    made_by = vectors.metadata.get("weights_sha256")
    if made_by != probe.weights_sha256:
        raise ProbeError(
            f"catalogue {catalogue.path}: the embeddings of {probe.encoder} were made by weights {made_by}, "
            f"but the probe was fitted on embeddings by weights {probe.weights_sha256}; fit it again"
        )
    return vectors.values


def probabilities(
    probe: SavedProbe, taken: pd.DataFrame, embeddings: np.ndarray | None, rows: np.ndarray
) -> np.ndarray:
    """Class probabilities of some rows, float64 (m, c).

    Args:
        taken: their metadata.
        embeddings: of all rows, from `embeddings_for`.
        rows: their row numbers (m,).
    """
    return probe.predict_proba(inputs(probe, taken, None if embeddings is None else embeddings[rows]))


def uncertainty(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How uncertain predictions are: (margin, entropy), each (n,), of probabilities (n, c).

    The margin is the largest probability minus the second largest; the entropy is in nats, 0 if certain.
    """
    ordered = np.sort(probabilities, axis=1)
    positive = np.where(probabilities > 0, probabilities, 1.0)  # p ln p goes to 0 with p
    return ordered[:, -1] - ordered[:, -2], np.abs((positive * np.log(positive)).sum(axis=1))


def table_bytes(table: pa.Table, ending: str) -> bytes:
    """A table as the content of a .csv or .parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink) if ending == ".parquet" else pyarrow.csv.write_csv(table, sink)
    return sink.getvalue()


def _with_predictions(table: pa.Table, probe: SavedProbe, probabilities: np.ndarray) -> pa.Table:
    """A table with the columns of `predict` added, from probabilities (n, c)."""
    margin, entropy = uncertainty(probabilities)
    predicted = np.asarray(probe.classes, dtype=str)[probabilities.argmax(axis=1)]
    used = set(probe.object_ids)
    columns = {"predicted": pa.array(predicted.tolist(), pa.string())}
    columns |= {
        PROBABILITY + name: pa.array(column) for name, column in zip(probe.classes, probabilities.T, strict=True)
    }
    columns |= {"margin": pa.array(margin), "entropy": pa.array(entropy)}
    columns["fitted_on"] = pa.array([name in used for name in table.column("object_id").to_pylist()], pa.bool_())
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def _notes(catalogue: Catalogue, probe: SavedProbe, rows: int, missing: int, everything: bool) -> list[str]:
    notes = []
    if missing:
        notes.append(
            f"left out because they have no embedding: {missing}; "
            f"'ztfexplore embed --catalogue {catalogue.path} --encoder {probe.encoder}' makes the embeddings"
        )
    if not rows + missing:
        notes.append(
            "there are no alerts here" if everything else "every alert here has a label; --all predicts them too"
        )
    return notes
