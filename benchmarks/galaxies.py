"""Are the neighbours of a galaxy similar in size and shape? Neighbours' agreement against random pairs and PCA.

For each galaxy its 12 nearest by cosine distance, without cutouts that overlap its own: the mean absolute difference
of log10 isophotal area and of ellipticity, with 95 % bootstrap intervals over galaxies, paired where two are compared.
PCA is 64 components of the stretched pixels that the first encoder sees. Isophotal area is that of the detection,
and so a measure of brightness as well; encoders see pixels above each cutout's own sky, in units of its own noise.

Usage: ztfexplore ingest hubble --catalogue data/galaxies
       python benchmarks/galaxies.py [CATALOGUE] --encoder galaxies-simsiam --encoder random [-k 12] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import _results  # noqa: E402
from ztfexplore import paths  # noqa: E402
from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402
from ztfexplore.embeddings import principal_axes  # noqa: E402
from ztfexplore.encoders import encoder, pca  # noqa: E402
from ztfexplore.errors import ZtfexploreError  # noqa: E402
from ztfexplore.evaluation.agreement import NEIGHBOURS, agreement, agreement_table  # noqa: E402


def embeddings(catalogue: Catalogue, names: list[str]) -> dict[str, np.ndarray]:
    """By name, the embeddings of all stamps by these encoders and by PCA of the pixels that the first of them sees."""
    rows = np.arange(len(catalogue))
    stamps = catalogue.stamps(rows)
    loaded = [encoder.load(name) for name in names]
    found = {one.name: one.embed(stamps) for one in loaded}
    return {**found, pca.NAME: principal_axes.fit(catalogue, rows, loaded[0].config.crop).embed(stamps)}


def main() -> None:
    """Print the table, or with --json everything behind it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", nargs="?", type=Path, default=paths.DATA / "galaxies", help="[data/galaxies]")
    parser.add_argument("--encoder", action="append", dest="encoders", help="a name or a folder; may repeat [random]")
    parser.add_argument("-k", type=int, default=NEIGHBOURS, help=f"neighbours of each galaxy [{NEIGHBOURS}]")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    _results.add_options(parser)
    options = parser.parse_args()
    try:
        catalogue = Catalogue.open(options.catalogue)
        found = agreement(catalogue.frame(), embeddings(catalogue, options.encoders or ["random"]), options.k)
    except ZtfexploreError as error:
        sys.exit(str(error))
    _results.write(options, "galaxies", {"agreement": [asdict(one) for one in found]})
    if options.json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        print(f"{found[0].queries} galaxies, {found[0].neighbours} neighbours each\n\n{agreement_table(found)}")


if __name__ == "__main__":
    main()
