"""A saved probe on a catalogue: a table of predicted classes with their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ztfexplore import embedding
from ztfexplore.catalogue import Catalogue
from ztfexplore.errors import ProbeError
from ztfexplore.saved_probe import SavedProbe

METADATA = ("candid", "object_id", "survey", "label")
PROBABILITY = "probability_"


def predict(catalogue: Catalogue, probe: SavedProbe, everything: bool = False) -> tuple[pa.Table, dict[str, Any]]:
    """What a probe says of the alerts without a label, or of all.

    Returns:
        a table, one row an alert in the order of the catalogue: candid (int64), object_id, survey, label (null where
        there is none), predicted, probability_CLASS for each class, margin (the largest probability less the second),
        entropy (nats; 0 is certain) and fitted_on (whether a label of the same object was used to fit the probe);
        and a report ready for JSON: encoder, rows, not_embedded (how many were left out), predicted by class, notes.

    Raises:
        CatalogueError: if the probe's encoder has embedded nothing here.
        ProbeError: if the embeddings were made by other weights than those the probe was fitted on.
    """
    vectors = embedding.read(catalogue, probe.encoder)
    made_by = vectors.metadata.get("weights_sha256")
    if made_by != probe.weights_sha256:
        raise ProbeError(
            f"catalogue {catalogue.path}: the embeddings of {probe.encoder} were made by weights {made_by}, "
            f"the probe was fitted on those of {probe.weights_sha256}; fit it again"
        )
    table = catalogue.table(METADATA)
    unlabelled = table.column("label").is_null().to_numpy()
    wanted = np.ones(len(unlabelled), dtype=bool) if everything else unlabelled
    embedded = np.isfinite(vectors.values).all(axis=1)
    rows, missing = np.flatnonzero(wanted & embedded), int((wanted & ~embedded).sum())
    table = _with_predictions(table.take(pa.array(rows)), probe, probe.predict_proba(vectors.values[rows]))
    names, counts = np.unique(table.column("predicted").to_numpy().astype(str), return_counts=True)
    found = dict(zip(names.tolist(), counts.tolist(), strict=True))
    report = {
        "encoder": probe.encoder,
        "rows": len(rows),
        "not_embedded": missing,
        "predicted": {name: found.get(name, 0) for name in probe.classes},
        "notes": _notes(catalogue, probe, len(rows), missing, everything),
    }
    return table, report


def _with_predictions(table: pa.Table, probe: SavedProbe, probabilities: np.ndarray) -> pa.Table:
    """A table with columns added for probabilities (n, c): predicted, one a class, margin, entropy, fitted_on."""
    ordered = np.sort(probabilities, axis=1)
    positive = np.where(probabilities > 0, probabilities, 1.0)  # p ln p goes to 0 with p
    entropy = np.abs((positive * np.log(positive)).sum(axis=1))
    predicted = np.asarray(probe.classes, dtype=str)[probabilities.argmax(axis=1)]
    used = set(probe.object_ids)
    columns = {"predicted": pa.array(predicted.tolist(), pa.string())}
    columns |= {
        PROBABILITY + name: pa.array(column) for name, column in zip(probe.classes, probabilities.T, strict=True)
    }
    columns |= {"margin": pa.array(ordered[:, -1] - ordered[:, -2]), "entropy": pa.array(entropy)}
    columns["fitted_on"] = pa.array([name in used for name in table.column("object_id").to_pylist()], pa.bool_())
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def _notes(catalogue: Catalogue, probe: SavedProbe, rows: int, missing: int, everything: bool) -> list[str]:
    notes = []
    if missing:
        notes.append(
            f"left out, without an embedding: {missing}; "
            f"'ztfexplore embed --catalogue {catalogue.path} --encoder {probe.encoder}' makes them"
        )
    if not rows + missing:
        notes.append("no alerts here" if everything else "no alert without a label here; --all predicts every alert")
    return notes
