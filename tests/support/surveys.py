"""A catalogue in which two surveys share candids: what names an alert by its candid alone finds the wrong one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders import encoder
from ztfexplore.sources.simulation.simulate import simulate_alerts

SHARED, ALERTS = 12, 30


def two_surveys(path: Path) -> Catalogue:
    """Thirty simulated alerts, then twelve of ZTF that have the candids of the first twelve, but are other objects.

    All are embedded by 'random' in directions of their own, and have a map.
    """
    made, simulated = Catalogue.create(path), list(simulate_alerts(ALERTS, seed=4))
    ztf = [
        replace(
            alert, survey="ztf", candid=simulated[place].candid, object_id=f"ZTF26aaaaa{chr(97 + place)}", label=None
        )
        for place, alert in enumerate(reversed(simulated[-SHARED:]))
    ]
    made.add([*simulated, *ztf])
    weights = {"weights_sha256": encoder.load("random").weights_sha256, "encoder": "random"}
    rows, rng = np.arange(len(made)), np.random.default_rng(2)
    made.write_vectors(embedding.column("random"), rows, rng.normal(size=(len(made), 8)).astype("f4"), weights)
    places = rng.normal(size=(len(made), 2)).astype("f4")
    made.write_vectors(projection.column("random"), rows, places, {**weights, "trustworthiness": "0.9"})
    return made
