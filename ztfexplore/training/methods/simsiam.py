"""SimSiam: each view predicts the other, through which no gradient flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ztfexplore.training.config import METHODS, Method, TrainConfig

if TYPE_CHECKING:
    from ztfexplore.training.objectives import Objective


class SimSiam(Method):
    """Chen & He 2021, algorithm 1."""

    name = "simsiam"
    title = "SimSiam"
    paper = "Chen & He 2021, arXiv:2011.10566"
    learned = "learned without labels and without negatives"
    values: ClassVar = {
        "simulated": 12_000,
        "simulated_share": 0.6,
        "epochs": 30,
        "learning_rate": 1e-3,
        "projector": (512, 512, 512),
    }

    def build(self, config: TrainConfig, backbone: Any, classes: int) -> Objective:
        """A projector, a bottleneck that predicts, and the negative cosine."""
        from ztfexplore.training import objectives

        return objectives.SimSiam(backbone.embedding_dim, config.projector)


METHODS.register(SimSiam(), order=30)
