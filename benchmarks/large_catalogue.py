"""A catalogue as large as a survey's, to measure pages on: repeated simulated alerts with invented embeddings.

Each row has an id, a place and a magnitude of its own; its stamp is one of some hundred simulated ones, cut to its
centre. The embeddings are noisy clusters of 64 numbers and the maps their first two axes: this says nothing
about encoders, only about how long pages take.

Usage: python benchmarks/large_catalogue.py PATH --rows 100000
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import lance
import numpy as np
import pandas as pd
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ztfexplore.alerts.stamps import centre_crop  # noqa: E402
from ztfexplore.catalogue import schema  # noqa: E402
from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402
from ztfexplore.embeddings import embedding, projection  # noqa: E402
from ztfexplore.sources.simulation.simulate import simulate_alerts  # noqa: E402

ENCODERS = ("simclr", "s-simclr")
BASE = 400
CROP = 21  # pixels
CHUNK = 20_000
CLUSTERS = 40
DIM = 64
FIRST_CANDID = 2_000_000_000_000_000_000


def base_table() -> pa.Table:
    """Rows of BASE simulated alerts with small stamps and without history."""
    table = schema.to_table(list(simulate_alerts(BASE, seed=11)))
    stamps = [np.ascontiguousarray(centre_crop(stamp, CROP), dtype="<f4") for stamp in schema.to_stamps(table)]
    columns = {
        "stamp": pa.array([stamp.tobytes() for stamp in stamps], pa.large_binary()),
        "stamp_shape": pa.array([list(stamp.shape) for stamp in stamps], pa.list_(pa.int32(), 3)),
        "candidate": pa.array(["{}"] * len(stamps)),
        "history": pa.array([[]] * len(stamps), schema.full_schema().field("history").type),
    }
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), schema.full_schema().field(name), column)
    return table


def chunk_of(base: pa.Table, start: int, count: int, rng: np.random.Generator) -> pa.Table:
    """`count` rows with ids from `start` on."""
    table = base.take(pa.array(rng.integers(len(base), size=count)))
    ids = np.arange(start, start + count)
    own = {
        "candid": FIRST_CANDID + ids,
        "object_id": pa.array([f"BIG{number // 2:08d}" for number in ids]),  # two alerts per object
        "ra": rng.uniform(0, 360, count),
        "dec": np.degrees(np.arcsin(rng.uniform(-0.4, 1, count))),
        "mjd": rng.uniform(60_000, 60_400, count),
        "magnitude": rng.uniform(15, 20.5, count),
    }
    for name, values in own.items():
        field = schema.full_schema().field(name)
        table = table.set_column(table.schema.get_field_index(name), field, pa.array(values, field.type))
    return table


def build(path: Path, rows: int, seed: int = 0) -> Catalogue:
    """Write the catalogue, unless it exists with this many rows."""
    catalogue = Catalogue.create(path)
    if len(catalogue) == rows and set(projection.mapped(catalogue)) == set(ENCODERS):
        return catalogue
    rng, base = np.random.default_rng(seed), base_table()
    for start in range(len(catalogue), rows, CHUNK):
        lance.write_dataset(chunk_of(base, start, min(CHUNK, rows - start), rng), str(path), mode="append")
        print(f"\r{min(start + CHUNK, rows):,} of {rows:,} rows", end="", file=sys.stderr)
    catalogue.refresh()
    centres = rng.normal(0, 1, (CLUSTERS, DIM)).astype(np.float32)
    cluster = pd.factorize(catalogue.frame(["object_id"])["object_id"])[0] % CLUSTERS
    for name in ENCODERS:
        vectors = centres[cluster] + rng.normal(0, 0.6, (rows, DIM)).astype(np.float32)
        metadata = {"weights_sha256": "0" * 64, "encoder": name}
        everything = np.arange(rows)
        catalogue.write_vectors(embedding.column(name), everything, vectors, metadata)
        points = np.ascontiguousarray(vectors[:, :2] * 4 + rng.normal(0, 0.3, (rows, 2)), dtype=np.float32)
        marks = {"weights_sha256": "0" * 64, "seed": "0", "trustworthiness": "nan"}
        catalogue.write_vectors(projection.column(name), everything, points, marks)
    print(file=sys.stderr)
    return catalogue


def main() -> None:
    """Build it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    build(options.path, options.rows)


if __name__ == "__main__":
    main()
