"""What a catalogue holds, in numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot, as_snapshot
from ztfexplore.embeddings import embedding, projection


def describe(source: Snapshot | Catalogue) -> dict[str, Any]:
    """Counts by survey, label and band (all in alerts), the range of dates (MJD), and what each encoder has done.

    Returns:
        a dictionary ready for JSON, with `Snapshot.labels_report` in it.
    """
    snapshot = as_snapshot(source)
    catalogue, frame = snapshot.catalogue, snapshot.frame
    return {
        "catalogue": str(catalogue.path),
        "version": catalogue.version,
        "alerts": len(frame),
        "objects": int(frame["object_id"].nunique()),
        "surveys": _counts(frame["survey"]),
        "labels": _counts(frame["label"].fillna("unlabelled")),
        **snapshot.labels_report(),
        "bands": _counts(frame["band"].fillna("none")),
        "mjd": [float(frame["mjd"].min()), float(frame["mjd"].max())] if frame["mjd"].notna().any() else None,
        "encoders": {name: _encoder(catalogue, name) for name in embedding.embedded_by(catalogue)},
    }


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(key): int(value) for key, value in column.value_counts().sort_index().items()}


def _encoder(catalogue: Catalogue, name: str) -> dict[str, Any]:
    vectors, mapped = embedding.read_embedding(catalogue, name), name in projection.mapped(catalogue)
    return {
        "embedded": int(vectors.present.sum()),
        "embedding_dim": vectors.values.shape[1],
        "weights_sha256": vectors.metadata.get("weights_sha256"),
        "trustworthiness": projection.read_map(catalogue, name).trustworthiness if mapped else None,
    }
