"""Stamps to augment, and what to measure on their views."""

from __future__ import annotations

import torch


def seeded(seed: int = 0) -> torch.Generator:
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def random_stamps(n: int, channels: int = 3, size: int = 35) -> torch.Tensor:
    """Noise, the same every time, (n, channels, size, size)."""
    return torch.randn(n, channels, size, size, generator=seeded(99))


def star(n: int, size: int = 35, sigma: float = 2.0, x: float = 0.0, y: float = 0.0) -> torch.Tensor:
    """n times the same Gaussian, off the centre by (x, y) pixels, in one channel."""
    place = torch.arange(size) - (size - 1) / 2
    image = torch.exp(-0.5 * (((place[None] - x) ** 2 + (place[:, None] - y) ** 2) / sigma**2))
    return image.repeat(n, 1, 1, 1)


def centroids(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(x, y) of each image's light in pixels from its centre, each (n,)."""
    place = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    light = images.sum(dim=(1, 2, 3))
    return (images * place).sum(dim=(1, 2, 3)) / light, (images * place[:, None]).sum(dim=(1, 2, 3)) / light


def widths(images: torch.Tensor) -> torch.Tensor:
    """Standard deviation of each image's light along x (pixels), (n,)."""
    place = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    return ((images * place**2).sum(dim=(1, 2, 3)) / images.sum(dim=(1, 2, 3))).sqrt()
