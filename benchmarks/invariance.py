"""Which augmentations has an encoder become invariant to? The table behind the Augmentations page's second chart, CSV.

Of 200 objects drawn with a fixed seed: the median distance by which each augmentation moves them (4 views each, at its
default strength), over the median distance between random objects, with a 95 % interval by bootstrap over objects.

Usage: python benchmarks/invariance.py CATALOGUE [--encoder NAME ...] [--output FILE.csv]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402
from ztfexplore.embeddings import embedding  # noqa: E402
from ztfexplore.embeddings.neighbours import NeighbourIndex  # noqa: E402
from ztfexplore.encoders import encoder  # noqa: E402
from ztfexplore.evaluation import invariance_summary  # noqa: E402


def main() -> None:
    """Measure every encoder that was asked for, or the first two networks of the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", type=Path, help="whose objects are moved")
    parser.add_argument("--encoder", action="append", help="may be given several times [the catalogue's networks]")
    parser.add_argument("--output", type=Path, help="file for the table [standard output]")
    arguments = parser.parse_args()
    catalogue = Catalogue.open(arguments.catalogue)
    names = arguments.encoder or [name for name in embedding.embedded_by(catalogue) if name != embedding.PCA]
    table = pd.concat([measure(catalogue, name) for name in names], ignore_index=True)
    if arguments.output:
        table.to_csv(arguments.output, index=False)
    else:
        print(table.to_csv(index=False), end="")


def measure(catalogue: Catalogue, name: str) -> pd.DataFrame:
    """One encoder's rows."""
    frame, network = catalogue.frame(), encoder.load(name)
    index = NeighbourIndex.of(frame, embedding.read_embedding(catalogue, name).values)
    with tqdm(total=invariance_summary.steps_of_summary(network), desc=name, disable=None) as bar:
        return invariance_summary.summarise_catalogue(catalogue, frame, index, network, bar.update).table


if __name__ == "__main__":
    main()
