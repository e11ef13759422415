"""BYOL: an online network predicts the output of a slowly following target network for another view; no negatives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from ztfexplore.training.config import METHODS, Method, Option, TrainConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ztfexplore.training.objectives import Networks, Objective, Outcome


class BYOL(Method):
    """Grill et al. 2020, algorithm 1: equations 1 (the target), 2 (the loss) and section 3.2 (the momentum)."""

    name = "byol"
    title = "BYOL"
    paper = "Grill et al. 2020, arXiv:2006.07733"
    learned = "learned without labels and without negatives, from a slower copy of itself"
    values: ClassVar = {
        "simulated": 12_000,
        "simulated_share": 0.6,
        "epochs": 30,
        "learning_rate": 1e-3,
        "projector": (512, 128),
    }
    options: ClassVar = {
        "momentum": Option(0.99, 0.0, 1.0, "share of the target network kept at the first step, rising to 1")
    }
    advice = "lower the learning rate or raise the momentum (--option momentum=...)"

    def build(self, config: TrainConfig, backbone: Any, classes: int) -> Objective:
        """Projector and predictor of the online network, and a target that starts as its copy."""
        from ztfexplore.training.objectives import Composed, frozen_copy, perceptron

        out = config.projector[-1]
        projector = perceptron((backbone.embedding_dim, *config.projector))
        networks = {
            "projector": projector,
            "predictor": perceptron((out, config.projector[0], out)),
            "target_backbone": frozen_copy(backbone),
            "target_projector": frozen_copy(projector),
        }
        base = self.option(config, "momentum")
        return Composed(
            networks, loss, lambda networks, backbone, progress: update(networks, backbone, momentum(base, progress))
        )


def loss(networks: Networks, backbone: nn.Module, views: tuple[Tensor, Tensor], labels: Tensor) -> Outcome:
    """Equation 2, summed over both orders of the views; labels are not used."""
    import torch

    from ztfexplore.training.objectives import Outcome, negative_cosine, spread

    both = torch.cat(views)
    vectors = backbone(both)  # (2 n, embedding_dim)
    projected, least = vectors, spread(vectors)
    for layer in networks["projector"].children():
        projected = layer(projected)  # (2 n, widths[i])
        # Batch normalisation turns identical vectors into rounding noise, which looks healthy: the smallest spread of
        # all layers reveals it.
        least = torch.minimum(least, spread(projected))
    q1, q2 = networks["predictor"](projected).chunk(2)
    with torch.no_grad():
        z1, z2 = networks["target_projector"](networks["target_backbone"](both)).chunk(2)
    # |q / |q| - z / |z||^2 = 2 - 2 cos(q, z)
    return Outcome(4 + 2 * negative_cosine(q1, z2) + 2 * negative_cosine(q2, z1), least)


def momentum(base: float, progress: float) -> float:
    """Section 3.2: from `base` at the first step to 1 at the last, along half a cosine."""
    return 1 - (1 - base) * (math.cos(math.pi * progress) + 1) / 2


def update(networks: Networks, backbone: nn.Module, keep: float) -> None:
    """Equation 1: the target keeps this share of itself and gets the rest from the online network."""
    pairs = ((networks["target_backbone"], backbone), (networks["target_projector"], networks["projector"]))
    for target, online in pairs:
        for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
            slow.mul_(keep).add_(fast, alpha=1 - keep)


METHODS.register(BYOL(), order=50)
