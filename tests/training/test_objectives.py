"""The objectives: each loss against its paper in plain loops, and against the libraries that others use."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from lightly.loss import NegativeCosineSimilarity
from lightly.loss import NTXentLoss as LightlyNTXent
from pytorch_metric_learning.losses import NTXentLoss
from torch import Tensor, nn

from ztfexplore.training.data import class_numbers
from ztfexplore.training.objectives import Contrastive, SimSiam, Supervised, negative_cosine, perceptron, spread
from ztfexplore.training.train import COLLAPSED

TEMPERATURES = (0.07, 0.2, 1.0)


def vectors(n: int, dim: int = 4, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def numbers(labels: list[str | None], objects: list[int] | None = None) -> Tensor:
    """What the loss pulls together, as a training makes it: classes by name, the unlabelled by their object."""
    column = pd.Series(labels, dtype=object)
    owners = np.arange(len(labels)) if objects is None else np.array(objects)
    return torch.from_numpy(class_numbers(column, sorted(set(column.dropna())), owners))


def bare_contrastive(temperature: float) -> Contrastive:
    """With nothing between the embeddings and the loss."""
    made = Contrastive(4, (4, 4), temperature)
    made.projector = nn.Identity()
    return made


# --- the papers, in loops -------------------------------------------------------------------------------------------


def nt_xent(z: np.ndarray, temperature: float) -> float:
    """Chen et al. 2020, equation 1 and algorithm 1: z[i] and z[i + n] are views of the same stamp."""
    total, n = 0.0, len(z) // 2
    for i in range(2 * n):
        positive = (i + n) % (2 * n)
        similarities = [np.dot(z[i], other) / np.linalg.norm(z[i]) / np.linalg.norm(other) for other in z]
        denominator = sum(math.exp(similarities[k] / temperature) for k in range(2 * n) if k != i)
        total -= math.log(math.exp(similarities[positive] / temperature) / denominator)
    return total / (2 * n)


def supcon_out(z: np.ndarray, labels: list[int], temperature: float) -> float:
    """Khosla et al. 2020, equation 2 (the sum outside the logarithm) of unit vectors, the mean over anchors."""
    total, everything = 0.0, range(len(z))
    for i in everything:
        positives = [p for p in everything if p != i and labels[p] == labels[i]]
        denominator = sum(math.exp(np.dot(z[i], z[a]) / temperature) for a in everything if a != i)
        inner = sum(math.log(math.exp(np.dot(z[i], z[p]) / temperature) / denominator) for p in positives)
        total -= inner / len(positives)
    return total / len(z)


def simsiam_loss(p1: np.ndarray, p2: np.ndarray, z1: np.ndarray, z2: np.ndarray) -> float:
    """Chen & He 2021, algorithm 1: L = D(p1, z2) / 2 + D(p2, z1) / 2, D by its lines for a mini-batch."""

    def distance(p: np.ndarray, z: np.ndarray) -> float:
        total = 0.0
        for row, other in zip(p, z, strict=True):
            row, other = row / math.sqrt(sum(row**2)), other / math.sqrt(sum(other**2))
            total += sum(a * b for a, b in zip(row, other, strict=True))
        return -total / len(p)

    return distance(p1, z2) / 2 + distance(p2, z1) / 2


def smoothed_cross_entropy(logits: np.ndarray, labels: list[int], smoothing: float) -> float:
    """Szegedy et al. 2016, section 7: the target is (1 - s) for the label and s / K for every class beside."""
    total, classes = 0.0, logits.shape[1]
    for row, label in zip(logits, labels, strict=True):
        shares = [math.exp(value) / sum(math.exp(other) for other in row) for value in row]
        for number, share in enumerate(shares):
            target = smoothing / classes + (1 - smoothing if number == label else 0)
            total -= target * math.log(share)
    return total / len(logits)


# --- contrastive ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("n", (2, 7, 16))
def test_simclr_s_loss_is_nt_xent(n, temperature):
    first, second = vectors(n, seed=n), vectors(n, seed=n + 1)
    both, own = torch.cat([first, second]), torch.arange(n)
    found = bare_contrastive(temperature)(first, second, numbers([None] * n)).loss.item()
    assert found == pytest.approx(nt_xent(both.numpy(), temperature), abs=1e-5)
    assert found == pytest.approx(LightlyNTXent(temperature)(first, second).item(), abs=1e-5)
    assert found == pytest.approx(NTXentLoss(temperature)(both, torch.cat([own, own])).item(), abs=1e-5)


def test_simclr_s_gradient_is_lightly_s():
    """What moves the weights is the gradient: in float32, as a training computes it."""
    gradients = []
    for loss in (lambda *views: bare_contrastive(0.2)(*views, torch.arange(16)).loss, LightlyNTXent(0.2)):
        views = [vectors(16, 8, seed).float().requires_grad_() for seed in (1, 2)]
        loss(*views).backward()
        gradients.append(torch.cat([view.grad for view in views]))
    assert gradients[0].abs().max() > 1e-3
    assert torch.allclose(*gradients, atol=1e-6)


@pytest.mark.parametrize("temperature", (0.1, 0.5))
@pytest.mark.parametrize(
    "labels",
    (
        ["SN", "AGN", "SN", "SN", "VS", "AGN"],
        ["SN", None, "SN", None, None, "AGN"],
        [None, None, None],
    ),
    ids=("labelled", "in part", "unlabelled"),
)
def test_s_simclr_s_loss_is_supcon(labels, temperature):
    first, second = (F.normalize(vectors(len(labels), seed=seed), dim=1) for seed in (3, 4))
    classes = numbers(labels)
    expected = supcon_out(torch.cat([first, second]).numpy(), [*classes.tolist()] * 2, temperature)
    assert bare_contrastive(temperature)(first, second, classes).loss.item() == pytest.approx(expected, abs=1e-5)


def test_two_stamps_of_an_object_in_one_batch_are_pulled_together():
    first, second = (F.normalize(vectors(5, seed=seed), dim=1) for seed in (3, 4))
    owners = numbers([None] * 5, [7, 1, 7, 2, 7])
    expected = supcon_out(torch.cat([first, second]).numpy(), [*owners.tolist()] * 2, 0.2)
    assert bare_contrastive(0.2)(first, second, owners).loss.item() == pytest.approx(expected, abs=1e-5)


def test_the_length_of_a_vector_does_not_count():
    first, second, own = vectors(6, seed=1), vectors(6, seed=2), torch.arange(6)
    bare = bare_contrastive(0.2)
    scaled = first * torch.linspace(0.1, 50, 6)[:, None]
    assert bare(scaled, second, own).loss.item() == pytest.approx(bare(first, second, own).loss.item(), abs=1e-6)


def test_the_loss_sees_the_projector_s_output():
    objective = Contrastive(6, (8, 3), 0.2).double()
    seen: list[Tensor] = []
    objective.projector.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    found = objective(vectors(5, 6, 1), vectors(5, 6, 2), torch.arange(5)).loss.item()
    (projected,) = seen
    assert projected.shape == (10, 3)
    assert found == pytest.approx(nt_xent(projected.detach().numpy(), 0.2), abs=1e-5)


def test_a_projector_rectifies_between_its_layers_only():
    kinds = [type(layer) for layer in perceptron((6, 8, 7, 3))]
    hidden = [nn.Linear, nn.BatchNorm1d, nn.ReLU]
    assert kinds == [*hidden, *hidden, nn.Linear]
    assert perceptron((6, 8, 7, 3))(torch.randn(5, 6)).shape == (5, 3)


# --- SimSiam --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", (2, 7, 16))
def test_simsiam_s_loss_is_algorithm_1(n):
    objective = SimSiam(6, (8, 8)).double()
    seen: dict[str, Tensor] = {}
    for name in ("normalise", "predictor"):
        part = getattr(objective, name)
        part.register_forward_hook(lambda _module, _inputs, output, name=name: seen.update({name: output}))
    found = objective(vectors(n, 6, 1), vectors(n, 6, 2), torch.zeros(n)).loss.item()
    (z1, z2), (p1, p2) = (seen[name].detach().chunk(2) for name in ("normalise", "predictor"))
    assert z1.shape == p1.shape == (n, 8)
    assert found == pytest.approx(simsiam_loss(*(part.numpy() for part in (p1, p2, z1, z2))), abs=1e-5)
    lightly = NegativeCosineSimilarity()
    assert found == pytest.approx((lightly(p1, z2).item() + lightly(p2, z1).item()) / 2, abs=1e-5)


def test_the_negative_cosine_is_lightly_s():
    one, other = vectors(20, 6, 1), vectors(20, 6, 2)
    assert negative_cosine(one, other).item() == pytest.approx(NegativeCosineSimilarity()(one, other).item(), abs=1e-5)
    assert negative_cosine(one, 3 * one).item() == pytest.approx(-1)
    assert negative_cosine(one, -one).item() == pytest.approx(1)


def test_no_gradient_flows_through_the_target():
    """With a predictor that ignores its input, the targets are all that depends on the embeddings."""

    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.values = nn.Parameter(vectors(10, 8, 5))

        def forward(self, x: Tensor) -> Tensor:
            return self.values

    objective = SimSiam(6, (8, 8)).double()
    objective.predictor = Fixed()
    first, second = (vectors(5, 6, seed).requires_grad_() for seed in (1, 2))
    loss = objective(first, second, torch.zeros(5)).loss
    loss.backward()
    assert objective.predictor.values.grad.abs().max() > 0
    assert first.grad is None and second.grad is None
    assert all(parameter.grad is None for parameter in objective.projector.parameters())


def test_the_gradient_is_that_of_held_targets():
    """As in the pseudocode: z is a constant where it is the target, a variable where it is predicted from."""
    objective = SimSiam(6, (8, 8)).double()
    objective.projector, objective.normalise = nn.Identity(), nn.Identity()
    objective.predictor = nn.Linear(6, 6).double()
    first, second = (vectors(5, 6, seed).requires_grad_() for seed in (1, 2))
    objective(first, second, torch.zeros(5)).loss.backward()
    held = [vectors(5, 6, seed) for seed in (1, 2)]
    free = [one.clone().requires_grad_() for one in held]
    lightly = NegativeCosineSimilarity()
    p1, p2 = (objective.predictor(one) for one in free)
    ((lightly(p1, held[1]) + lightly(p2, held[0])) / 2).backward()
    assert torch.allclose(first.grad, free[0].grad, atol=1e-12)
    assert torch.allclose(second.grad, free[1].grad, atol=1e-12)


def test_simsiam_looks_at_no_labels():
    objective = SimSiam(6, (8, 8)).eval()
    one, other = vectors(5, 6, 1).float(), vectors(5, 6, 2).float()
    assert objective(one, other, torch.zeros(5)).loss == objective(one, other, torch.arange(5)).loss


def test_simsiam_s_heads_are_the_paper_s():
    """Section 3: batch normalisation after every layer of the projector, a bottleneck of a quarter in the predictor."""
    objective = SimSiam(6, (8, 12))
    assert isinstance(objective.normalise, nn.BatchNorm1d)
    assert [layer.out_features for layer in objective.predictor if isinstance(layer, nn.Linear)] == [3, 12]
    assert isinstance(objective.predictor[-1], nn.Linear)


# --- supervised -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", (0.0, 0.05, 0.3))
def test_supervised_s_loss_is_smoothed_cross_entropy_over_both_views(smoothing):
    objective = Supervised(6, 4, smoothing).double()
    first, second, labels = vectors(5, 6, 1), vectors(5, 6, 2), [0, 3, 1, 3, 2]
    logits = objective.classifier(torch.cat([first, second])).detach().numpy()
    found = objective(first, second, torch.tensor(labels)).loss.item()
    assert found == pytest.approx(smoothed_cross_entropy(logits, labels * 2, smoothing), abs=1e-5)


# --- collapse -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", (8, 64, 512))
def test_the_spread_of_vectors_all_over_the_sphere_is_one(dim):
    assert spread(vectors(2000, dim)).item() == pytest.approx(1, abs=0.02)
    assert spread(vectors(2000, dim) * torch.linspace(1, 9, 2000)[:, None]).item() == pytest.approx(1, abs=0.02)


def test_the_spread_of_vectors_that_are_alike_is_zero():
    assert spread(torch.ones(50, 16)).item() == pytest.approx(0, abs=1e-6)
    assert spread(torch.zeros(50, 16)).item() == 0
    along = torch.linspace(0.1, 9, 50)[:, None] * vectors(1, 16)  # one direction, whatever the lengths
    assert spread(along).item() == pytest.approx(0, abs=1e-6)


def test_the_spread_trains_nothing():
    free = vectors(5).requires_grad_()
    assert not spread(free).requires_grad


OBJECTIVES = {
    "contrastive": lambda: Contrastive(6, (8, 4), 0.2),
    "simsiam": lambda: SimSiam(6, (8, 4)),
    "simsiam, three layers": lambda: SimSiam(6, (64, 64, 64)),
    "supervised": lambda: Supervised(6, 3, 0.05),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_tells_a_collapse(name, seed):
    torch.manual_seed(seed)
    objective, labels = OBJECTIVES[name](), torch.arange(64) % 3
    wide = objective(vectors(64, 6, 1).float(), vectors(64, 6, 2).float(), labels)
    assert wide.loss.requires_grad and wide.loss.shape == () and 0.3 < wide.spread < 1.2
    same = torch.ones(64, 6)
    assert objective(same, same, labels).spread.item() < COLLAPSED / 10
    noisy = same + 1e-6 * vectors(64, 6, 3).float()  # what another processor's rounding looks like
    assert objective(noisy, noisy, labels).spread.item() < COLLAPSED / 10


def test_simsiam_tells_a_projector_that_maps_all_to_one_place():
    """The embeddings differ, the projections do not: the loss is at its lowest and nothing is learned."""
    torch.manual_seed(0)
    objective = SimSiam(6, (8, 4))
    last = objective.projector[-1]
    torch.nn.init.zeros_(last.weight)
    assert objective(vectors(64, 6, 1).float(), vectors(64, 6, 2).float(), torch.arange(64)).spread.item() < COLLAPSED
