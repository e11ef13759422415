"""The supervised baseline: the same network learns to classify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ztfexplore.training.config import METHODS, Method, TrainConfig

if TYPE_CHECKING:
    from ztfexplore.training.objectives import Objective


class Supervised(Method):
    """Cross-entropy on a linear classifier of the embedding, with smoothed labels."""

    name = "supervised"
    title = "supervised (cross-entropy)"
    paper = "cross-entropy; the baseline"
    learned = "learned to classify, with labels: a baseline"
    uses_labels = True
    labelled_only = True
    values: ClassVar = {"simulated": 12_000, "epochs": 12, "balanced": True, "weight_decay": 1e-3}

    def build(self, config: TrainConfig, backbone: Any, classes: int) -> Objective:
        """A linear classifier."""
        from ztfexplore.training import objectives

        return objectives.Supervised(backbone.embedding_dim, classes, config.smoothing)


METHODS.register(Supervised(), order=40)
