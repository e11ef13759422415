"""SimCLR's own augmentations (Chen et al. 2020, arXiv:2002.05709, appendix A), as they apply to stamps.

They were made for photographs, whose pixels lie between 0 and 1 and whose three channels are red, green and blue. Here
pixels are flux above the sky in units of the sky noise, of either sign and without an upper limit, and the channels of
an alert are science, template and difference. To test SimCLR's recipe and not a version of our own, each operation is
torchvision's, changed only where it would otherwise be undefined:

- nothing is clamped: there is no white, and half of the sky is below 0;
- brightness multiplies (the sky stays at 0); contrast scales about the mean grey of the stamp, as torchvision does;
- grey is 0.299, 0.587 and 0.114 of the three channels (of science, template and difference, where these are the
  channels: physically meaningless, which is the point of the test), or the mean of any other number of channels;
- hue rotates the three channels about the grey axis by an angle. torchvision's conversion to hue, saturation and value
  is not defined for negative flux; both agree for rotations by a third (a cyclic change of the channels) and for grey.
  A stamp without exactly three channels has no hue.

Every sample has its own draws. Boxes are cut from the crop that the encoder sees, not from the stamp around it. The
other two parts of the recipe are `flip.Flip` and `blur.Blur(2.0)`, whose sigma is drawn between 0.1 and 2 pixels with
probability 0.5, as in SimCLR.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ztfexplore.augment.augmentation import AUGMENTATIONS, SIMCLR, Augmentation, Slider
from ztfexplore.augment.draws import chance, uniform

if TYPE_CHECKING:
    from torch import Generator, Tensor


# Weights of red, green and blue (ITU-R BT.601), as in torchvision.
LUMINANCE = (0.2989, 0.587, 0.114)
TRIES = 10  # boxes drawn until one fits, as in torchvision; after that the whole image


@dataclass(frozen=True)
class ResizedCrop:
    """Cut a box out of the view and enlarge it to the view's size (bilinear).

    Attributes:
        smallest, largest: the box's area as a share of the view's.
        ratio: its width over its height lies between 1/ratio and ratio.
    """

    smallest: float = 0.08
    largest: float = 1.0
    ratio: float = 4 / 3

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        n, _, height, width = x.shape
        boxes = self.boxes(n, height, width, generator)
        rows = _enlarging_matrices(height, boxes[:, 0], boxes[:, 2])
        columns = _enlarging_matrices(width, boxes[:, 1], boxes[:, 3])
        return rows[:, None] @ x @ columns[:, None].transpose(2, 3)

    def boxes(self, n: int, height: int, width: int, generator: Generator) -> Tensor:
        """Boxes in whole pixels: top, left, height, width, int64 (n, 4)."""

        import torch

        area = uniform(n * TRIES, self.smallest, self.largest, generator).view(n, TRIES) * (height * width)
        ratio = torch.exp(uniform(n * TRIES, -1, 1, generator) * math.log(self.ratio)).view(n, TRIES)
        tall, wide = (area / ratio).sqrt().round().long(), (area * ratio).sqrt().round().long()
        fits = (tall > 0) & (tall <= height) & (wide > 0) & (wide <= width)
        first = fits.int().argmax(dim=1)[:, None]  # the first that fits; 0 if none does
        none = ~fits.any(dim=1)
        tall = torch.where(none, height, tall.gather(1, first)[:, 0])
        wide = torch.where(none, width, wide.gather(1, first)[:, 0])
        top = _below(height - tall + 1, generator)
        left = _below(width - wide + 1, generator)
        return torch.stack([top, left, tall, wide], dim=1)


def _below(limits: Tensor, generator: Generator) -> Tensor:
    """Whole numbers from 0 to each limit minus 1, int64 (n,)."""

    import torch

    return (torch.rand(len(limits), generator=generator) * limits).long().clamp(max=limits - 1)


def _enlarging_matrices(size: int, start: Tensor, length: Tensor) -> Tensor:
    """Linear interpolation of the pixels start..start+length to `size` pixels, (n, size, size), rows summing to 1."""

    import torch

    at = start[:, None] + (torch.arange(size)[None] + 0.5) * (length / size)[:, None] - 0.5
    at = torch.minimum(torch.maximum(at, start[:, None]), (start + length - 1)[:, None])  # no pixel outside the box
    return (1 - (at[:, :, None] - torch.arange(size)[None, None]).abs()).clamp(min=0)


@dataclass(frozen=True)
class ColourJitter:
    """Change brightness, contrast, saturation and hue, in an order drawn for each sample.

    Attributes:
        strength: SimCLR's s: factors are drawn between 1 - 0.8 s and 1 + 0.8 s, the hue between -0.2 s and 0.2 s turns.
        probability: that a sample is changed at all.
    """

    strength: float = 1.0
    probability: float = 0.8

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        n, reach = len(x), 0.8 * self.strength
        brightness, contrast, saturation = (uniform(n, max(0.0, 1 - reach), 1 + reach, generator) for _ in range(3))
        hue = uniform(n, -0.2 * self.strength, 0.2 * self.strength, generator)
        order = torch.rand(n, 4, generator=generator).argsort(dim=1)
        applied = chance(n, self.probability, generator)
        changed = jitter(x, torch.stack([brightness, contrast, saturation, hue], dim=1), order)
        return torch.where(applied[:, None, None, None], changed, x)


def jitter(x: Tensor, amounts: Tensor, order: Tensor) -> Tensor:
    """Brightness, contrast, saturation and hue, one after another.

    Args:
        x: (n, channels, height, width).
        amounts: three factors and a fraction of a circle for each sample (n, 4).
        order: of the four operations for each sample, int64 (n, 4).
    """

    import torch

    channels = x.shape[1]
    brightness, contrast, saturation, hue = amounts.T
    steps = [
        scaling(brightness, channels),
        scaling(contrast, channels),
        desaturation(saturation, channels),
        hue_turn(hue, channels),
    ]
    pulls = torch.zeros(len(x), 4, channels, channels)
    pulls[:, 1] = (1 - contrast)[:, None, None] * _to_grey(channels)
    return _apply(x, torch.stack(steps, dim=1), pulls, order)


def _apply(x: Tensor, steps: Tensor, pulls: Tensor, order: Tensor) -> Tensor:
    """Operations v -> step v + pull m in turn; v is a pixel's channels, m their mean over the image at that point.

    All are linear and combine into one: v -> own v + common m, with m of the original image.

    Args:
        x: (n, c, height, width).
        steps, pulls: (n, operations, c, c).
        order: of the operations, (n, operations).
    """

    import torch

    n, channels = x.shape[:2]
    own, common = torch.eye(channels).repeat(n, 1, 1), torch.zeros(n, channels, channels)
    for place in range(order.shape[1]):
        step, pull = (of[torch.arange(n), order[:, place]] for of in (steps, pulls))
        own, common = step @ own, step @ common + pull @ (own + common)
    means = common @ x.mean(dim=(2, 3))[:, :, None]  # (n, c, 1)
    return (own @ x.flatten(2) + means).view_as(x)


def grey_weights(channels: int) -> Tensor:
    """Each channel's weight in grey, (channels,); they sum to 1."""

    import torch

    weights = torch.tensor(LUMINANCE) if channels == 3 else torch.ones(channels)
    return weights / weights.sum()


def _to_grey(channels: int) -> Tensor:
    """The matrix (channels, channels) that puts grey into every channel."""
    return grey_weights(channels).repeat(channels, 1)


def scaling(factor: Tensor, channels: int) -> Tensor:
    """Matrices (n, channels, channels) that multiply by the factors (n,)."""

    import torch

    return factor[:, None, None] * torch.eye(channels)


def desaturation(factor: Tensor, channels: int) -> Tensor:
    """Matrices (n, channels, channels) that mix with grey: 1 changes nothing, 0 is grey, more than 1 saturates."""
    return scaling(factor, channels) + (1 - factor)[:, None, None] * _to_grey(channels)


def hue_turn(turns: Tensor, channels: int) -> Tensor:
    """Matrices (n, channels, channels) that rotate three channels about the grey axis by fractions of a circle (n,)."""

    import torch

    if channels != 3:
        return torch.eye(channels).repeat(len(turns), 1, 1)
    angle = 2 * math.pi * turns[:, None, None]
    along = torch.full((3, 3), 1 / 3)  # the projection on the grey axis
    across = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    # Rodrigues' formula
    return along + angle.cos() * (torch.eye(3) - along) + angle.sin() * across


@dataclass(frozen=True)
class Grayscale:
    """Put the grey of all channels into each of them, with this probability."""

    probability: float = 0.2

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        import torch

        weights = grey_weights(x.shape[1])
        grey = (weights[:, None, None] * x).sum(dim=1, keepdim=True).expand_as(x)
        return torch.where(chance(len(x), self.probability, generator)[:, None, None, None], grey, x)


AUGMENTATIONS.register(
    Augmentation(
        "resized-crop",
        ResizedCrop(0.08),
        Slider("smallest", (0.05, 1.0, 0.01), "of the view's area is what the smallest box keeps", reversed=True),
        "A part of the stamp, enlarged: changes the pixel scale and often loses the object, as no telescope does.",
        SIMCLR,
    ),
    order=20,
)

AUGMENTATIONS.register(
    Augmentation(
        "resized-crop-mild",
        ResizedCrop(0.5),
        Slider("smallest", (0.05, 1.0, 0.01), "of the view's area is what the smallest box keeps", reversed=True),
        "The same with at least half of the area kept: a slightly different pixel scale, slightly off the centre.",
        SIMCLR,
    ),
    order=30,
)


AUGMENTATIONS.register(
    Augmentation(
        "colour-jitter",
        ColourJitter(1.0),
        Slider("strength", (0.0, 1.0, 0.05), "of SimCLR's strength"),
        "In photographs, different light. In an alert it mixes science, template and difference, and fluxes no "
        "longer add up; in a colour picture of a galaxy it is another colour.",
        SIMCLR,
    ),
    order=40,
)


AUGMENTATIONS.register(
    Augmentation(
        "grayscale",
        Grayscale(0.2),
        Slider("probability", (0.0, 1.0, 0.05), "of the views lose their colour"),
        "All channels become equal. In an alert what has changed can no longer be told from what was there before.",
        SIMCLR,
    ),
    order=50,
)
