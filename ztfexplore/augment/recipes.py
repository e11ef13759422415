"""Named augmentations and recipes of them: batched, a draw of its own for every sample, seeded. Knows no labels.

Stamps come normalised: float32 (n, channels, height, width), flux above the sky in units of the sky noise, so that
noise and flux have their physical meaning. Geometric augmentations are 2x3 matrices, composed and applied in one
resampling; photometric ones follow on the cropped view.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ztfexplore.augment.draws import Geometric, Photometric, chance, uniform
from ztfexplore.augment.simclr import ColourJitter, Grayscale, ResizedCrop

# --- geometric -----------------------------------------------------------------------------------------------------


def _still(n: int) -> Tensor:
    return torch.zeros(n, 2)


@dataclass(frozen=True)
class Rotate:
    """Turn by any angle: the sky has no up.

    Attributes:
        degrees: the largest turn, either way.
    """

    degrees: float = 180.0

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        angle = uniform(n, -self.degrees, self.degrees, generator) * (math.pi / 180)
        cos, sin = angle.cos(), angle.sin()
        return torch.stack([cos, -sin, sin, cos], dim=1).view(n, 2, 2), _still(n)


@dataclass(frozen=True)
class Flip:
    """Mirror left and right with this probability; with Rotate, any mirror image."""

    probability: float = 0.5

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        mirrored = chance(n, self.probability, generator)
        linear = torch.eye(2).repeat(n, 1, 1)
        linear[mirrored, 0, 0] = -1.0
        return linear, _still(n)


@dataclass(frozen=True)
class Shift:
    """Move the object off the centre by up to this many pixels along each axis (centroids are that uncertain)."""

    pixels: float = 1.0

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        x = uniform(n, -self.pixels, self.pixels, generator)
        y = uniform(n, -self.pixels, self.pixels, generator)
        return torch.eye(2).repeat(n, 1, 1), torch.stack([x, y], dim=1)


@dataclass(frozen=True)
class Zoom:
    """Change the pixel scale, as seeing and distance do: between 1/factor and factor."""

    factor: float = 1.15

    def draw(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        scale = torch.exp(uniform(n, -1, 1, generator) * math.log(self.factor))
        return torch.eye(2)[None] * scale[:, None, None], _still(n)


# --- photometric ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blur:
    """Worsen the seeing: a Gaussian of up to `sigma` pixels, the same for all channels of a stamp."""

    sigma: float = 1.0
    probability: float = 0.5

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, _, height, width = x.shape
        sigma = uniform(n, min(0.1, self.sigma), self.sigma, generator)
        applied = chance(n, self.probability, generator)
        sigma = torch.where(applied, sigma, 0.0).clamp(min=1e-3)  # so narrow that nothing moves
        rows, columns = _gaussian_matrices(height, sigma), _gaussian_matrices(width, sigma)
        # (n, 1, h, h) @ (n, c, h, w) @ (n, 1, w, w): a blur of its own for every sample, without a loop
        return rows[:, None] @ x @ columns[:, None].transpose(2, 3)


def _gaussian_matrices(size: int, sigma: Tensor) -> Tensor:
    """Blurring along one axis as matrices (n, size, size), rows summing to 1 (also at the edges)."""
    distance = torch.arange(size)[:, None] - torch.arange(size)[None]
    weights = torch.exp(-0.5 * (distance[None] / sigma[:, None, None]) ** 2)
    return weights / weights.sum(dim=2, keepdim=True)


@dataclass(frozen=True)
class SkyNoise:
    """Add noise of up to `sigma` times the stamp's own sky noise, drawn for every channel."""

    sigma: float = 1.0

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, channels = x.shape[:2]
        level = uniform(n * channels, 0, self.sigma, generator).view(n, channels, 1, 1)
        return x + level * torch.randn(x.shape, generator=generator)


@dataclass(frozen=True)
class ScaleFlux:
    """Brighten or dim by up to `factor`, all channels alike: the same object, nearer or farther."""

    factor: float = 2.0

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        scale = torch.exp(uniform(len(x), -1, 1, generator) * math.log(self.factor))
        return x * scale[:, None, None, None]


@dataclass(frozen=True)
class ScaleChannels:
    """Brighten or dim every channel by a factor of its own, up to `factor`: the same object in another colour."""

    factor: float = 1.5

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, channels = x.shape[:2]
        scale = torch.exp(uniform(n * channels, -1, 1, generator) * math.log(self.factor))
        return x * scale.view(n, channels, 1, 1)


@dataclass(frozen=True)
class MaskPixels:
    """Lose a box of pixels in all channels, up to `size` wide, as bad columns and edges do; never the centre 5x5."""

    size: int = 6
    probability: float = 0.3

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, _, height, width = x.shape
        rows = _span(n, height, self.size, generator)
        columns = _span(n, width, self.size, generator)
        box = rows[:, None, :, None] & columns[:, None, None, :]  # (n, 1, h, w)
        box &= chance(n, self.probability, generator)[:, None, None, None]
        top, left = max(height // 2 - 2, 0), max(width // 2 - 2, 0)
        box[:, :, top : height // 2 + 3, left : width // 2 + 3] = False
        return x.masked_fill(box, 0.0)


def _span(n: int, length: int, largest: int, generator: Generator) -> Tensor:
    """True within an interval of its own for every sample, bool (n, length)."""
    start = uniform(n, -largest / 2, length, generator)[:, None]
    size = uniform(n, 1, largest, generator)[:, None]
    place = torch.arange(length)[None]
    return (place >= start) & (place < start + size)


@dataclass(frozen=True)
class DropChannel:
    """Lose one of the channels with this probability: templates are missing, differences fail; never the only one."""

    probability: float = 0.1

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, channels = x.shape[:2]
        if channels == 1:
            return x
        which = torch.randint(channels, (n,), generator=generator)
        lost = chance(n, self.probability, generator)[:, None] & (torch.arange(channels)[None] == which[:, None])
        return x.masked_fill(lost[:, :, None, None], 0.0)


@dataclass(frozen=True)
class QuarterTurn:
    """Turn by 0, 90, 180 or 270 degrees, and mirror every other stamp: exact, where Rotate's resampling smooths.

    An encoder that has only seen resampled stamps meets sharper noise when it embeds the stamps as they are.
    """

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        turns = torch.randint(4, (len(x),), generator=generator)
        mirrored = chance(len(x), 0.5, generator)[:, None, None, None]
        turned = x
        for turn in (1, 2, 3):
            turned = torch.where((turns == turn)[:, None, None, None], torch.rot90(x, turn, (2, 3)), turned)
        return torch.where(mirrored, turned.flip(3), turned)


# --- recipes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """Augmentations in the order they are applied."""

    geometric: tuple[Geometric, ...] = ()
    photometric: tuple[Photometric, ...] = ()

    def __call__(self, x: Tensor, crop: int, generator: Generator) -> Tensor:
        """One view of every stamp.

        Args:
            x: (n, channels, height, width), larger than `crop` by what rotation and shift bring in.
            crop: height and width of the view (pixels).
            generator: the only source of randomness.

        Returns:
            (n, channels, crop, crop).
        """
        view = self._resample(x, crop, generator)
        for augmentation in self.photometric:
            view = augmentation(view, generator)
        return view

    def _resample(self, x: Tensor, crop: int, generator: Generator) -> Tensor:
        if not self.geometric:
            top, left = (x.shape[2] - crop) // 2, (x.shape[3] - crop) // 2
            return x[:, :, top : top + crop, left : left + crop]
        n, channels, height, width = x.shape
        linear, shift = torch.eye(2).repeat(n, 1, 1), torch.zeros(n, 2)
        for augmentation in self.geometric:
            matrix, offset = augmentation.draw(n, generator)
            linear, shift = linear @ matrix, shift + offset
        # grid_sample counts from -1 to 1 over the input's width; the view covers crop/width of it.
        extent = torch.tensor([width, height], dtype=torch.float32)
        theta = torch.cat([linear * (crop / extent)[None, :, None], (2 * shift / extent)[:, :, None]], dim=2)
        grid = F.affine_grid(theta, [n, channels, crop, crop], align_corners=False)
        return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


# The most that a recipe zooms and shifts (pixels): what room around a view `context_size` leaves.
LARGEST_ZOOM, LARGEST_SHIFT = 1.1, 1.0

RECIPES: Mapping[str, Recipe] = {
    "none": Recipe(),
    "astronomical": Recipe(
        photometric=(QuarterTurn(), ScaleFlux(3.0), SkyNoise(1.0), MaskPixels(), DropChannel(0.1)),
    ),
    "astronomical-resampled": Recipe(
        geometric=(Rotate(), Flip(), Zoom(1.1), Shift(1.0)),
        photometric=(ScaleFlux(2.0), Blur(1.0), SkyNoise(1.0), MaskPixels(), DropChannel(0.05)),
    ),
    # Nothing that changes size or shape; colour and brightness count for less.
    "galaxies": Recipe(
        geometric=(Rotate(), Flip(), Shift(1.0)),
        photometric=(ScaleFlux(4.0), ScaleChannels(3.0), SkyNoise(1.0), DropChannel(0.3), MaskPixels(10, 0.7)),
    ),
    # As published; it mixes science, template and difference: for the ablation and the inspector, no default.
    "simclr": Recipe(
        geometric=(Flip(),),
        photometric=(ResizedCrop(0.08), ColourJitter(1.0), Grayscale(0.2), Blur(2.0)),
    ),
    # Half of the area stays, the colours change half as much (as SimCLR does on CIFAR-10) and the blur is the seeing's.
    "simclr-mild": Recipe(
        geometric=(Flip(),),
        photometric=(ResizedCrop(0.5), ColourJitter(0.5), Grayscale(0.2), Blur(1.0)),
    ),
}


def context_size(crop: int) -> int:
    """Height and width of the piece that views of `crop` pixels are drawn from: its diagonal zoomed, and a shift."""
    reach = (crop - 1) / 2 * math.sqrt(2) * LARGEST_ZOOM + LARGEST_SHIFT  # the farthest pixel from the centre
    odd = crop % 2
    return 2 * math.ceil(reach + (1 - odd) / 2) + odd
