"""How long do the steps take, from alert packets to maps? Ingest, embed and project, in a temporary catalogue.

Times are of the library calls alone, without starting Python and importing torch. The catalogue is deleted.

Usage: python benchmarks/pipeline.py SOURCE... [--encoder simclr] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import _results  # noqa: E402
from ztfexplore.catalogue.catalogue import Catalogue  # noqa: E402
from ztfexplore.catalogue.ingest import ingest  # noqa: E402
from ztfexplore.embeddings import embedding, projection  # noqa: E402
from ztfexplore.sources import read_sources  # noqa: E402


def seconds(do: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    do()
    return round(time.perf_counter() - start, 2)


def measure(sources: list[Path], encoder: str) -> dict[str, Any]:
    """Seconds of each step, and alerts per second of the first two."""
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Catalogue.create(Path(folder) / "catalogue")
        rejects = Path(folder) / "rejects.csv"
        taken = {"ingest": seconds(lambda: ingest(read_sources(sources), catalogue, {}, rejects))}
        loaded = embedding.load_encoder(catalogue, encoder)
        taken["embed"] = seconds(lambda: embedding.embed(catalogue, loaded))
        taken["project"] = seconds(lambda: projection.project(catalogue, loaded.name))
        count = len(catalogue)
    rates = {f"{step}_per_s": round(count / taken[step]) for step in ("ingest", "embed")}
    return {"alerts": count, "encoder": encoder, **{f"{step}_s": value for step, value in taken.items()}, **rates}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, help="as of ztfexplore ingest")
    parser.add_argument("--encoder", default="simclr", help="a name or a folder [simclr]")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    _results.add_options(parser)
    options = parser.parse_args()
    found = measure(options.sources, options.encoder)
    _results.write(options, f"{found['alerts']} alerts", found)
    print(json.dumps(found) if options.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
