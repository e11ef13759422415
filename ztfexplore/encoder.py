"""Networks that turn stamps into embeddings; saved as safetensors with a card (JSON) beside them."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import Tensor, nn

from ztfexplore import stamps as pixels
from ztfexplore.errors import EncoderError
from ztfexplore.paths import MODELS

CARD_VERSION = 1
CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"

BATCH_STAMPS = 512
# An encoder's name becomes a column of the catalogue and part of a path.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class EncoderConfig:
    """What an encoder is, apart from its weights.

    Attributes:
        channels: of the stamps it takes.
        crop: height and width it looks at, around the centre (pixels).
        widths: channels of its convolutional stages; each stage after the first has half the resolution.
        rings: (radius, width) in pixels of the Gaussian annuli around the object that the stages are read out by.
        softening: flux (in units of the sky noise) where the asinh stretch turns from linear to logarithmic.
        rotations: at inference the embedding is the mean over this many turns of the stamp (1, 2 or 4).
    """

    channels: int = 3
    crop: int = 21
    widths: tuple[int, ...] = (16, 48, 64)
    rings: tuple[tuple[float, float], ...] = ((0.0, 1.5), (4.0, 2.0))
    softening: float = 1.0
    rotations: int = 4

    def __post_init__(self) -> None:
        """Raise ValueError for what no network can be."""
        if not all(isinstance(size, int) and size > 0 for size in (self.channels, self.crop, *self.widths)):
            raise ValueError("channels, crop and widths must be whole numbers above 0")
        if not self.widths or not all(radius >= 0 and width > 0 for radius, width in self.rings):
            raise ValueError("there must be a width, and every ring a radius and a width")
        if self.rotations not in (1, 2, 4):
            raise ValueError("rotations must be 1, 2 or 4")
        if not (isinstance(self.softening, int | float) and 0 < self.softening < math.inf):
            raise ValueError("softening must be above 0")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EncoderConfig:
        """The configuration in a card; raises ValueError, TypeError or KeyError if it is none."""
        rings = tuple((float(radius), float(width)) for radius, width in values["rings"])
        return cls(**{**values, "widths": tuple(values["widths"]), "rings": rings})


class Stage(nn.Sequential):
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


class CompactBackbone(nn.Module):
    """A small convolutional network for two cores that knows where the object is.

    Each stage is read out by annuli around the stamp's centre, where the object sits, and by its mean: what
    distinguishes a star from a nucleus, or a good subtraction from a bad one, is in the few central pixels, and a mean
    over the image alone would drown it. Turning the stamp leaves the annuli as they are.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        pairs = zip((config.channels, *config.widths), config.widths, strict=False)
        self.stages = nn.ModuleList(Stage(inputs, outputs) for inputs, outputs in pairs)
        # An odd kernel with padding keeps the centre of the image the centre of the pooled one.
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        for index in range(len(config.widths)):
            self.register_buffer(f"readout_{index}", readout(config.crop, index, config.rings))
        self.softening = config.softening
        self.embedding_dim = sum(config.widths) * (len(config.rings) + 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.asinh(x / self.softening)  # (n, channels, crop, crop), flux in units of the sky noise
        x = x.contiguous(memory_format=torch.channels_last)
        read = []
        for index, stage in enumerate(self.stages):
            x = stage(self.pool(x) if index else x)  # (n, widths[index], crop / 2^index, crop / 2^index)
            weights = self.get_buffer(f"readout_{index}")
            read.append((x.flatten(2) @ weights).flatten(1))  # (n, widths[index] * (rings + 1))
        return torch.cat(read, dim=1)  # (n, embedding_dim)


def readout(crop: int, halvings: int, rings: tuple[tuple[float, float], ...]) -> Tensor:
    """Weights that read a feature map out: one column an annulus, the last the mean; each column sums to 1.

    Args:
        crop: height and width of the image (pixels).
        halvings: how often the map was pooled.
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


@dataclass
class Encoder:
    """A backbone with what is needed to use it, and its card.

    Attributes:
        name: by which it is called; 'simclr' for the one in models/simclr.
        config: its shape.
        backbone: the network, (n, channels, crop, crop) normalised flux -> (n, embedding_dim).
        card: what a stranger needs to judge it (see models/README.md).
    """

    name: str
    config: EncoderConfig
    backbone: CompactBackbone
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def embedding_dim(self) -> int:
        return self.backbone.embedding_dim

    @property
    def weights_sha256(self) -> str:
        """Of the safetensors file, hexadecimal."""
        return self.card["weights_sha256"]

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise EncoderError if stamps of `shape` (channels, height, width) do not fit."""
        if len(shape) != 3:
            raise EncoderError(f"encoder {self.name} takes stamps of (channels, height, width), not of {shape}")
        channels, height, width = shape
        if channels != self.config.channels or min(height, width) < self.config.crop:
            raise EncoderError(
                f"encoder {self.name} takes {self.config.channels} channels of at least "
                f"{self.config.crop}x{self.config.crop} pixels; these stamps are {channels} of {height}x{width}"
            )

    def prepare(self, stamp: np.ndarray) -> np.ndarray:
        """A stamp as read (channels, height, width) -> normalised and cropped (channels, crop, crop)."""
        self.check(stamp.shape)
        return pixels.centre_crop(pixels.normalise(stamp), self.config.crop)

    @torch.inference_mode()
    def embed(self, stamps: list[np.ndarray] | np.ndarray) -> np.ndarray:
        """Stamps as read, each (channels, height, width) -> float32 (n, embedding_dim).

        Deterministic: no augmentation; the mean over fixed rotations is part of the encoder.
        """
        self.backbone.eval()
        if len(stamps) == 0:
            return np.empty((0, self.embedding_dim), dtype=np.float32)
        chunks = [stamps[start : start + BATCH_STAMPS] for start in range(0, len(stamps), BATCH_STAMPS)]
        return np.concatenate([self._embed_batch(np.stack([self.prepare(s) for s in chunk])) for chunk in chunks])

    def _embed_batch(self, prepared: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(prepared)
        turns = [
            self.backbone(torch.rot90(x, turn * 4 // self.config.rotations, (2, 3)))
            for turn in range(self.config.rotations)
        ]
        return torch.stack(turns).mean(dim=0).numpy()


def build(config: EncoderConfig, seed: int) -> CompactBackbone:
    """A backbone with fresh weights, the same for the same seed; the global random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CompactBackbone(config).to(memory_format=torch.channels_last)


def random_encoder(config: EncoderConfig | None = None, seed: int = 0) -> Encoder:
    """The yardstick 'random': untrained weights, which any training must beat."""
    config = config or EncoderConfig()
    backbone = build(config, seed)
    digest = hashlib.sha256()
    for name, value in sorted(backbone.state_dict().items()):
        digest.update(name.encode() + value.contiguous().numpy().tobytes())
    card = {
        "name": "random",
        "method": "random",
        "weights_sha256": digest.hexdigest(),
        "embedding_dim": backbone.embedding_dim,
        "trained_on": {"object_ids": [], "labels_used": False},
    }
    return Encoder("random", config, backbone, card)


def save(encoder: Encoder, folder: Path) -> dict[str, Any]:
    """Write weights and card; returns the card, completed with the hash of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS_FILE
    state = {name: value.contiguous() for name, value in encoder.backbone.state_dict().items()}
    weights.write_bytes(serialise(state))
    encoder.card = {
        "card_version": CARD_VERSION,
        "name": encoder.name,
        **encoder.card,
        "encoder": asdict(encoder.config),
        "embedding_dim": encoder.embedding_dim,
        "weights_sha256": _sha256(weights),
    }
    (folder / CARD_FILE).write_text(json.dumps(encoder.card, indent=1) + "\n", encoding="utf-8")
    return encoder.card


def available() -> list[str]:
    """Names that `load` takes: the encoders in models/ and the yardstick 'random'."""
    shipped = sorted(folder.parent.name for folder in MODELS.glob(f"*/{CARD_FILE}"))
    return [*shipped, "random"]


def load(name: str | Path) -> Encoder:
    """An encoder by name, or by the path of a folder with weights and card.

    Raises:
        EncoderError: if there is none, or its weights and card do not fit each other.
    """
    if str(name) == "random":
        return random_encoder()
    shipped = MODELS / str(name)
    folder = shipped if (shipped / CARD_FILE).exists() else Path(name)
    if not (folder / CARD_FILE).exists():
        raise EncoderError(f"encoder {name}: no such encoder; there are {', '.join(available())}, or a folder's path")
    card = _read_card(folder / CARD_FILE)
    backbone = _read_weights(folder, card)
    config = EncoderConfig.from_dict(card["encoder"])
    return Encoder(_name(folder, card), config, backbone, card)


def _name(folder: Path, card: dict[str, Any]) -> str:
    """A shipped encoder keeps its name; any other carries its weights' hash, so that two never share a column."""
    if folder.resolve().parent == MODELS:
        return folder.name
    shipped = MODELS / card["name"] / CARD_FILE
    if shipped.exists() and _read_card(shipped)["weights_sha256"] == card["weights_sha256"]:
        return card["name"]
    return f"{card['name']}-{card['weights_sha256'][:8]}"


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"card {path}: cannot be read ({error})") from error
    needed = ("card_version", "name", "encoder", "embedding_dim", "weights_sha256", "trained_on")
    missing = [key for key in needed if not isinstance(card, dict) or key not in card]
    if missing:
        raise EncoderError(f"card {path}: without {', '.join(missing)}")
    if type(card["card_version"]) is not int:
        raise EncoderError(f"card {path}: card_version {card['card_version']!r} is no whole number")
    if not isinstance(card["name"], str) or not NAME.fullmatch(card["name"]):
        raise EncoderError(f"card {path}: name {str(card['name'])[:40]!r} must be letters, digits, - and _, at most 64")
    if card["card_version"] > CARD_VERSION:
        raise EncoderError(f"card {path}: version {card['card_version']}; this ztfexplore reads up to {CARD_VERSION}")
    return card


def _read_weights(folder: Path, card: dict[str, Any]) -> CompactBackbone:
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise EncoderError(f"encoder {folder}: no {WEIGHTS_FILE} beside its card")
    if _sha256(path) != card["weights_sha256"]:
        raise EncoderError(f"encoder {folder}: the weights are not those its card describes (sha256 differs)")
    try:
        backbone = build(EncoderConfig.from_dict(card["encoder"]), seed=0)
        backbone.load_state_dict(load_file(str(path)))
    except (SafetensorError, RuntimeError, TypeError, KeyError, ValueError) as error:
        raise EncoderError(f"encoder {folder}: weights do not fit the card ({str(error).splitlines()[0]})") from error
    if backbone.embedding_dim != card["embedding_dim"]:
        raise EncoderError(
            f"encoder {folder}: embeds to {backbone.embedding_dim}, its card says {card['embedding_dim']}"
        )
    return backbone


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
