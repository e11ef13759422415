"""The methods' objectives: heads on the backbone and a loss, as in the papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor, nn


class Outcome(NamedTuple):
    """The result of one batch.

    Attributes:
        loss: a scalar to minimise.
        spread: of the vectors that the loss compares: the mean standard deviation of the unit vectors' coordinates
            times the square root of their number; 1 if they fill the sphere, 0 if they have collapsed.
    """

    loss: Tensor
    spread: Tensor


def spread(vectors: Tensor) -> Tensor:
    """The spread of vectors (n, dim), see `Outcome`; Chen & He 2021, section 4.1, monitor collapse with it."""
    return F.normalize(vectors.detach(), dim=1).std(dim=0).mean() * vectors.shape[1] ** 0.5


class Objective(nn.Module):
    """Heads and loss of a method. Its networks are part of checkpoints, so that a training can be resumed."""

    def step(self, backbone: nn.Module, views: tuple[Tensor, Tensor], labels: Tensor) -> Outcome:
        """The loss of a batch.

        Args:
            backbone: (n, channels, crop, crop) -> (n, embedding_dim); the part that is trained and kept.
            views: two of every stamp, (n, channels, crop, crop) each.
            labels: int64 (n,), classes where labels are used, otherwise objects.
        """
        first, second = backbone(torch.cat(views)).chunk(2)
        return self(first, second, labels)

    def after_step(self, backbone: nn.Module, progress: float) -> None:
        """Called after every step of the optimiser; `progress` is the share of all steps done, 0 to 1."""


Networks = Mapping[str, nn.Module]
Loss = Callable[[Networks, nn.Module, tuple[Tensor, Tensor], Tensor], Outcome]


class Composed(Objective):
    """An objective of named networks and two functions, for methods that need more than the embeddings.

    Args:
        networks: by name; for those that are not optimised see `frozen_copy`.
        loss: (networks, backbone, views, labels) -> Outcome, as `Objective.step`.
        update: (networks, backbone, progress), as `Objective.after_step`.
    """

    def __init__(
        self,
        networks: Networks,
        loss: Loss,
        update: Callable[[Networks, nn.Module, float], None] = lambda networks, backbone, progress: None,
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(networks)
        self._loss, self._update = loss, update

    def step(self, backbone: nn.Module, views: tuple[Tensor, Tensor], labels: Tensor) -> Outcome:
        return self._loss(dict(self.networks.items()), backbone, views, labels)

    def after_step(self, backbone: nn.Module, progress: float) -> None:
        with torch.no_grad():
            self._update(dict(self.networks.items()), backbone, progress)


def frozen_copy(network: nn.Module) -> nn.Module:
    """A copy that no optimiser changes."""
    return deepcopy(network).requires_grad_(False)


class Contrastive(Objective):
    """SimCLR and S-SimCLR: one loss (SupCon), which is NT-Xent if every stamp is its own class.

    Chen et al. 2020 (arXiv:2002.05709), equation 1; Khosla et al. 2020 (arXiv:2004.11362), equation 2.
    """

    def __init__(self, embedding_dim: int, widths: tuple[int, ...], temperature: float) -> None:
        super().__init__()
        self.projector = perceptron((embedding_dim, *widths))
        self.loss = SupConLoss(temperature=temperature)

    def forward(self, first: Tensor, second: Tensor, labels: Tensor) -> Outcome:
        """Two views' embeddings (n, embedding_dim) each, and class numbers (n,)."""
        projected = F.normalize(self.projector(torch.cat([first, second])), dim=1)
        return Outcome(self.loss(projected, torch.cat([labels, labels])), spread(projected))


class SimSiam(Objective):
    """Each view predicts the other, with a stop-gradient; no negatives. Chen & He 2021 (arXiv:2011.10566), algorithm 1.

    The projector ends with a batch normalisation and the predictor is a bottleneck, as in the paper. The spread is
    the smaller of that of the embeddings and that of the projections before this normalisation: batch normalisation
    turns identical vectors into rounding noise in all directions, which looks like a healthy spread.
    """

    def __init__(self, embedding_dim: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        out = widths[-1]
        self.projector = perceptron((embedding_dim, *widths))
        self.normalise = nn.BatchNorm1d(out, affine=False)
        self.predictor = perceptron((out, max(out // 4, 1), out))

    def forward(self, first: Tensor, second: Tensor, labels: Tensor) -> Outcome:
        """Two views' embeddings (n, embedding_dim) each; the labels are not used."""
        vectors = torch.cat([first, second])
        raw = self.projector(vectors)
        projected = self.normalise(raw)
        predicted = self.predictor(projected)
        (p1, p2), (z1, z2) = predicted.chunk(2), projected.detach().chunk(2)
        loss = (negative_cosine(p1, z2) + negative_cosine(p2, z1)) / 2
        return Outcome(loss, torch.minimum(spread(vectors), spread(raw)))


def negative_cosine(predicted: Tensor, target: Tensor) -> Tensor:
    """Minus the mean cosine between the rows of two (n, dim) tensors; between -1 and 1."""
    return -F.cosine_similarity(predicted, target, dim=1).mean()


class Supervised(Objective):
    """The baseline: cross-entropy on a linear classifier of the embedding, over the labelled stamps."""

    def __init__(self, embedding_dim: int, classes: int, smoothing: float) -> None:
        super().__init__()
        self.classifier = nn.Linear(embedding_dim, classes)
        self.smoothing = smoothing

    def forward(self, first: Tensor, second: Tensor, labels: Tensor) -> Outcome:
        """Two views' embeddings (n, embedding_dim) each, and class numbers (n,); each view is a sample."""
        vectors = torch.cat([first, second])
        loss = F.cross_entropy(self.classifier(vectors), torch.cat([labels, labels]), label_smoothing=self.smoothing)
        return Outcome(loss, spread(vectors))


def perceptron(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with batch normalisation and ReLU between them, as in SimCLR's projector."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))
