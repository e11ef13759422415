"""The built-in catalogues: simulated alerts and real galaxies, embedded, with maps. Needs no network and no data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ztfexplore.alerts.alert import Alert
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings.projection import column, mapped
from ztfexplore.encoders import cards
from ztfexplore.errors import CatalogueError
from ztfexplore.progress import OnStep, no_step

COUNT = 1500
SEED = 0
ENCODERS = ("simclr", "s-simclr")


def build(path: Path, on_step: OnStep = no_step, count: int = COUNT) -> Catalogue:
    """Make the demo catalogue, or complete one that was interrupted; nothing is made twice.

    Args:
        path: the catalogue's folder.
        on_step: called with what is being done and the share done (0 to 1).
        count: objects to simulate.
    """
    if is_complete(path):
        return Catalogue.open(path)
    # Torch and GalSim take seconds to import: a complete demo opens without them.
    catalogue = Catalogue.create(path)
    if len(catalogue) < count:
        _simulate(catalogue, count, on_step)
    _embed_and_project(catalogue, ENCODERS, 0.4, on_step)
    return catalogue


def build_galaxies(path: Path, on_step: OnStep = no_step) -> Catalogue:
    """Make the catalogue of galaxies in the Hubble picture, or complete it, as `build` does for the demo.

    Raises:
        CatalogueError: if the installed scikit-image does not include the picture.
    """
    from ztfexplore.catalogue.ingest import ingest
    from ztfexplore.sources import hubble

    on_step("Detecting galaxies", 0.0)
    catalogue = Catalogue.create(path)
    _, rejected = ingest(hubble.read_hubble(), catalogue)
    if not len(catalogue):
        raise CatalogueError(rejected[0].message if rejected else "no galaxy was detected")
    _embed_and_project(catalogue, cards.made_for([HUBBLE.name]), 0.1, on_step)
    return catalogue


def _embed_and_project(catalogue: Catalogue, names: Sequence[str], start: float, on_step: OnStep) -> None:
    """Columns and maps of these encoders; `start` is the share of the whole that is already done."""
    from ztfexplore.embeddings import embedding, projection

    share = (1 - start) / (2 * len(names))
    for index, name in enumerate(names):
        on_step(f"Embedding with {name}", start + share * index)
        embedding.embed(catalogue, embedding.load_encoder(catalogue, name))
    for index, name in enumerate(names, start=len(names)):
        on_step(f"Drawing the map of {name}", start + share * index)
        projection.project(catalogue, name)
    on_step("Done", 1.0)


def is_complete(path: Path) -> bool:
    """Whether the demo at `path` exists and has its maps, made with the weights shipped now."""
    if not any(path.glob("_versions/*.manifest")):
        return False
    catalogue = Catalogue.open(path)
    current = [
        name
        for name in mapped(catalogue)
        if catalogue.vector_metadata(column(name)).get("weights_sha256") == cards.weights_of(name)
    ]
    return set(ENCODERS) <= set(current)


def _simulate(catalogue: Catalogue, count: int, on_step: OnStep) -> None:
    from ztfexplore.catalogue.ingest import ingest
    from ztfexplore.sources.simulation.simulate import simulate_alerts

    def counted() -> Iterator[Alert]:
        for index, alert in enumerate(simulate_alerts(count, SEED)):
            if index % 50 == 0:
                on_step(f"Simulating stamps, {index} of {count}", 0.4 * index / count)
            yield alert

    ingest(counted(), catalogue)
