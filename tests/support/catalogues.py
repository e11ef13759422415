"""Catalogues made ready for the pages."""

from __future__ import annotations

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import encoder

ENCODERS = ("simclr", "s-simclr")


def embed_and_project(catalogue: Catalogue) -> Catalogue:
    """Embed and project with both encoders."""
    for name in ENCODERS:
        embedding.embed(catalogue, encoder.load(name))
        projection.project(catalogue, name)
    return catalogue
