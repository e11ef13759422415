"""The two kinds of augmentations, and the random draws they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Generator, Tensor


def uniform(n: int, low: float, high: float, generator: Generator) -> Tensor:
    """n draws between low and high, (n,)."""

    import torch

    return low + (high - low) * torch.rand(n, generator=generator)


def chance(n: int, probability: float, generator: Generator) -> Tensor:
    """n draws that are True with the given probability, bool (n,)."""

    import torch

    return torch.rand(n, generator=generator) < probability


def still(n: int) -> Tensor:
    """Shifts of zero, (n, 2)."""

    import torch

    return torch.zeros(n, 2)


@runtime_checkable
class Geometric(Protocol):
    """Moves pixels: a linear map of output coordinates to input coordinates, and a shift in pixels."""

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """(linear (n, 2, 2), shift (n, 2) in pixels)."""
        ...


class Photometric(Protocol):
    """Works on the view itself: changes pixel values, or moves them within it."""

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """(n, channels, height, width) -> the same shape."""
        ...
