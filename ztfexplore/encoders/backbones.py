"""The networks: normalised stamps in, one vector per stamp out. Each network states the length of its vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from ztfexplore.encoders.config import EncoderConfig


class Backbone(nn.Module):
    """What all networks share: the length of the embedding, and the stretch applied to the stamps first.

    Attributes:
        embedding_dim: length of the vector that `forward` gives for each stamp.
    """

    embedding_dim: int

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.softening = config.softening

    def stretch(self, x: Tensor) -> Tensor:
        """Flux in units of the sky noise -> its asinh, so that one bright star does not dominate the rest."""
        return torch.asinh(x / self.softening).contiguous(memory_format=torch.channels_last)


# --- compact -------------------------------------------------------------------------------------------------------


class ConvolutionStage(nn.Sequential):
    """Two 3x3 convolutions at one resolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class CompactBackbone(Backbone):
    """A small convolutional network for two cores that knows where the object is.

    Each stage is read out by annuli around the stamp's centre, where the object is, and by its mean. What
    distinguishes a star from a nucleus, or a good subtraction from a bad one, is in the few central pixels; a mean
    over the whole image would dilute it. Rotating the stamp does not change the annuli.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        pairs = zip((config.channels, *config.widths), config.widths, strict=False)
        self.stages = nn.ModuleList(ConvolutionStage(inputs, outputs) for inputs, outputs in pairs)
        # An odd kernel with padding keeps the image's centre at the centre of the pooled image.
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        for index in range(len(config.widths)):
            self.register_buffer(f"readout_{index}", readout(config.crop, index, config.rings))
        self.embedding_dim = sum(config.widths) * (len(config.rings) + 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stretch(x)  # (n, channels, crop, crop)
        read = []
        for index, stage in enumerate(self.stages):
            x = stage(self.pool(x) if index else x)  # (n, widths[index], crop / 2^index, crop / 2^index)
            weights = self.get_buffer(f"readout_{index}")
            read.append((x.flatten(2) @ weights).flatten(1))  # (n, widths[index] * (rings + 1))
        return torch.cat(read, dim=1)  # (n, embedding_dim)


def readout(crop: int, halvings: int, rings: tuple[tuple[float, float], ...]) -> Tensor:
    """Readout weights of a feature map: one column per annulus, then one for the mean; each column sums to 1.

    Args:
        crop: height and width of the image (pixels).
        halvings: how many times the map was pooled.
        rings: (radius, width) of the annuli (pixels of the image).

    Returns:
        float32 (height * width of the map, rings + 1).
    """
    step = 2**halvings
    places = torch.arange(0, crop, step, dtype=torch.float32)  # pixel of the image under each cell
    places = places - (crop - 1) / 2
    distance = torch.hypot(places[:, None], places[None]).flatten()
    # An annulus narrower than a cell would fall between cells.
    columns = [torch.exp(-0.5 * ((distance - radius) / max(width, 0.6 * step)) ** 2) for radius, width in rings]
    weights = torch.stack([*columns, torch.ones_like(distance)], dim=1)
    return weights / weights.sum(dim=0)


# --- rotation-averaged ---------------------------------------------------------------------------------------------


class RotationCNN(Backbone):
    """The stamp classifier of ALeRCE (Carrasco-Davis et al. 2021, AJ 162, 231; arXiv:2008.03309), without its head.

    Every stamp goes through the same convolutions rotated by 0, 90, 180 and 270 degrees, and the four vectors are
    averaged (cyclic pooling): a rotated stamp has the same embedding, in training as well. The paper appends
    metadata to the averaged vector; here only images are embedded.
    """

    embedding_dim = 64

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.features = nn.Sequential(
            *_rectified(config.channels, 32, 4, padding=1),
            *_rectified(32, 32, 3),
            nn.MaxPool2d(2, ceil_mode=True),
            *_rectified(32, 64, 3),
            *_rectified(64, 64, 3),
            *_rectified(64, 64, 3),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Flatten(),
        )
        with torch.no_grad():
            flat = self.features.eval()(torch.zeros(1, config.channels, config.crop, config.crop)).shape[1]
        self.features.train()
        self.dense = nn.Sequential(nn.Linear(flat, self.embedding_dim), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stretch(x)
        turned = torch.cat([torch.rot90(x, turn, (2, 3)) for turn in range(4)])  # (4 n, channels, crop, crop)
        vectors = self.dense(self.features(turned))  # (4 n, embedding_dim)
        return vectors.view(4, len(x), -1).mean(dim=0)  # (n, embedding_dim)


def _rectified(inputs: int, outputs: int, kernel: int, padding: int = 1) -> tuple[nn.Module, ...]:
    """A convolution, a normalisation (contrastive losses need it more than the paper's cross-entropy) and a ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)


# --- ResNet --------------------------------------------------------------------------------------------------------


class ResNet18(Backbone):
    """torchvision's ResNet-18 (He et al. 2016) with the stem that SimCLR uses on small images.

    Its first convolution is 3x3 without a stride and there is no pooling after it (Chen et al. 2020, appendix B.9):
    the usual stem would leave a quarter of a stamp's few pixels.
    """

    embedding_dim = 512

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.network = resnet18(weights=None)
        self.network.conv1 = nn.Conv2d(config.channels, 64, 3, padding=1, bias=False)
        self.network.maxpool = nn.Identity()
        self.network.fc = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.network(self.stretch(x))  # (n, embedding_dim)


BACKBONES: Mapping[str, Callable[[EncoderConfig], Backbone]] = {
    "compact": CompactBackbone,
    "rotation-cnn": RotationCNN,
    "resnet18": ResNet18,
}


def build(config: EncoderConfig, seed: int) -> Backbone:
    """A backbone with fresh weights, the same for the same seed; the global random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BACKBONES[config.backbone](config).to(memory_format=torch.channels_last)
