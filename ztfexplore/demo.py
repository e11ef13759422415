"""The built-in demo: simulated stamps, embedded by both encoders, with both maps. No network, no data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from ztfexplore.alert import Alert
from ztfexplore.catalogue import Catalogue
from ztfexplore.paths import MODELS
from ztfexplore.projection import column, mapped

COUNT = 1500
SEED = 0
ENCODERS = ("simclr", "s-simclr")

# (what is being done, share of the whole that is done, 0 to 1)
OnStep = Callable[[str, float], object]


def build(path: Path, on_step: OnStep = lambda text, share: None, count: int = COUNT) -> Catalogue:
    """Make the demo catalogue, or finish one that was cut off; what is there is not made again.

    Args:
        path: the catalogue's folder.
        on_step: told what is being done and how far it is.
        count: objects to simulate.
    """
    if is_complete(path):
        return Catalogue.open(path)
    # Torch and GalSim take seconds to load: a demo that is there opens without them.
    from ztfexplore import embedding, encoder, projection

    catalogue = Catalogue.create(path)
    if len(catalogue) < count:
        _simulate(catalogue, count, on_step)
    for index, name in enumerate(ENCODERS):
        on_step(f"Embedding with {name}", 0.4 + 0.15 * index)
        embedding.embed(catalogue, encoder.load(name))
    for index, name in enumerate(ENCODERS):
        on_step(f"Drawing the map of {name}", 0.7 + 0.15 * index)
        projection.project(catalogue, name)
    on_step("Done", 1.0)
    return catalogue


def is_complete(path: Path) -> bool:
    """Whether the demo at `path` has its maps, by the weights that are shipped now; False as well if there is none."""
    if not any(path.glob("_versions/*.manifest")):
        return False
    catalogue = Catalogue.open(path)
    current = [
        name
        for name in mapped(catalogue)
        if catalogue.vector_metadata(column(name)).get("weights_sha256") == _shipped_weights(name)
    ]
    return set(ENCODERS) <= set(current)


def _shipped_weights(name: str) -> str | None:
    """The hash on a shipped encoder's card, read without loading torch; None if it is not shipped."""
    card = MODELS / name / "card.json"
    return json.loads(card.read_text(encoding="utf-8"))["weights_sha256"] if card.exists() else None


def _simulate(catalogue: Catalogue, count: int, on_step: OnStep) -> None:
    from ztfexplore.ingest import ingest
    from ztfexplore.sources import simulated

    def counted() -> Iterator[Alert]:
        for index, alert in enumerate(simulated.read(count, SEED)):
            if index % 50 == 0:
                on_step(f"Simulating stamps, {index} of {count}", 0.4 * index / count)
            yield alert

    ingest(counted(), catalogue)
