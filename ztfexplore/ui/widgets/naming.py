"""What encoders and objects are called on the pages."""

from __future__ import annotations

from ztfexplore.ui.server.view import View

TITLES = {
    "simclr": "SimCLR",
    "s-simclr": "S-SimCLR",
    "simsiam": "SimSiam",
    "supervised": "supervised (cross-entropy)",
    "galaxies-simsiam": "SimSiam (galaxies)",
    "pca": "PCA of the pixels",
    "random": "random weights",
}
LEARNED = {
    "simclr": "*SimCLR* learned without labels",
    "s-simclr": "*S-SimCLR* learned with labels",
    "simsiam": "*SimSiam* learned without labels and without negatives",
    "supervised": "*supervised* is a classifier's network: a yardstick",
    "galaxies-simsiam": "*SimSiam* learned from galaxies, without labels",
    "pca": "*PCA of the pixels* is a yardstick",
    "random": "*random weights* learned nothing: a yardstick",
}


def title(encoder: str) -> str:
    """An encoder's name as the papers write it."""
    return TITLES.get(encoder, encoder)


def nouns(view: View) -> tuple[str, str]:
    """What the objects of a catalogue are called, one and several."""
    found = {survey.nouns for survey in view.surveys}
    return found.pop() if len(found) == 1 else ("object", "objects")
