"""SimCLR: two views of a stamp attract each other, all other stamps of the batch repel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ztfexplore.training.config import METHODS, Method, TrainConfig

if TYPE_CHECKING:
    from ztfexplore.training.objectives import Objective


class SimCLR(Method):
    """Chen et al. 2020, equation 1 (NT-Xent)."""

    name = "simclr"
    title = "SimCLR"
    paper = "Chen et al. 2020, arXiv:2002.05709"
    learned = "learned without labels"
    values: ClassVar = {"simulated": 12_000, "simulated_share": 0.6, "epochs": 40}
    advice = "raise the temperature (now {temperature}) or lower the learning rate"

    def build(self, config: TrainConfig, backbone: Any, classes: int) -> Objective:
        """One loss for SimCLR and S-SimCLR: without labels every stamp is its own class."""
        from ztfexplore.training.objectives import Contrastive

        return Contrastive(backbone.embedding_dim, config.projector, config.temperature)


METHODS.register(SimCLR(), order=10)
