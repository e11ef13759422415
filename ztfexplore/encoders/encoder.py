"""Encoders: a network with what is needed to use it; saved as safetensors with a card (JSON) beside them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise

from ztfexplore.alerts import stamps as pixels
from ztfexplore.encoders.backbones import Backbone, build
from ztfexplore.encoders.config import EncoderConfig
from ztfexplore.encoders.whitening import Whitening
from ztfexplore.errors import EncoderError
from ztfexplore.paths import MODELS

CARD_VERSION = 1
CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
PREFIX = "whitening."  # of the whitening's tensors in that file

BATCH_STAMPS = 512
# An encoder's name becomes a column of the catalogue and part of a path.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass
class Encoder:
    """A backbone with what is needed to use it, and its card.

    Attributes:
        name: 'simclr' for the encoder in models/simclr.
        config: its configuration.
        backbone: the network, (n, channels, crop, crop) normalised flux -> (n, its embedding_dim).
        card: what a reader needs to judge it (see models/README.md).
        whitening: the last step, applied to the backbone's vector; None for none.
    """

    name: str
    config: EncoderConfig
    backbone: Backbone
    card: dict[str, Any] = field(default_factory=dict)
    whitening: Whitening | None = None

    @property
    def embedding_dim(self) -> int:
        """Length of the embedding."""
        return self.backbone.embedding_dim if self.whitening is None else self.whitening.axes.shape[1]

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
    def embed(self, stamps: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Stamps as read, each (channels, height, width) -> float32 (n, embedding_dim).

        Deterministic: no augmentation; the mean over fixed rotations is part of the encoder.
        """
        self.backbone.eval()
        if len(stamps) == 0:
            return np.empty((0, self.embedding_dim), dtype=np.float32)
        chunks = [stamps[start : start + BATCH_STAMPS] for start in range(0, len(stamps), BATCH_STAMPS)]
        return np.concatenate([self.embed_prepared(np.stack([self.prepare(s) for s in chunk])) for chunk in chunks])

    @torch.inference_mode()
    def embed_prepared(self, prepared: np.ndarray) -> np.ndarray:
        """Stamps from `prepare`, or augmented views of them, (n, channels, crop, crop) -> as `embed`."""
        self.backbone.eval()
        x = torch.from_numpy(prepared)
        turns = [
            self.backbone(torch.rot90(x, turn * 4 // self.config.rotations, (2, 3)))
            for turn in range(self.config.rotations)
        ]
        vectors = torch.stack(turns).mean(dim=0)
        return (vectors if self.whitening is None else self.whitening(vectors)).numpy()


def random_encoder(config: EncoderConfig | None = None, seed: int = 0) -> Encoder:
    """The baseline 'random': untrained weights, which every training should beat."""
    config = replace(config or EncoderConfig(), whitened=0)  # there is no training set to derive the whitening from
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
    if encoder.whitening is not None:
        state |= {PREFIX + name: value.contiguous() for name, value in encoder.whitening.state_dict().items()}
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
    """Names that `load` takes: the encoders in models/ and the baseline 'random'."""
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
    backbone, whitening = _read_weights(folder, card)
    config = EncoderConfig.from_dict(card["encoder"])
    return Encoder(_name(folder, card), config, backbone, card, whitening)


def _name(folder: Path, card: dict[str, Any]) -> str:
    """The name of a shipped encoder; any other gets its weights' hash appended, so that no two share a column."""
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
        raise EncoderError(f"card {path}: lacks {', '.join(missing)}")
    if type(card["card_version"]) is not int:
        raise EncoderError(f"card {path}: card_version {card['card_version']!r} must be a whole number")
    if not isinstance(card["name"], str) or not NAME.fullmatch(card["name"]):
        raise EncoderError(f"card {path}: name {str(card['name'])[:40]!r} must be letters, digits, - and _, at most 64")
    if card["card_version"] > CARD_VERSION:
        raise EncoderError(f"card {path}: version {card['card_version']}; this ztfexplore reads up to {CARD_VERSION}")
    return card


def _read_weights(folder: Path, card: dict[str, Any]) -> tuple[Backbone, Whitening | None]:
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise EncoderError(f"encoder {folder}: no {WEIGHTS_FILE} beside its card")
    if _sha256(path) != card["weights_sha256"]:
        raise EncoderError(f"encoder {folder}: the weights are not those its card describes (sha256 differs)")
    try:
        config = EncoderConfig.from_dict(card["encoder"])
        backbone, whitening = build(config, seed=0), None
        state = load_file(str(path))
        if config.whitened:
            whitening = Whitening(backbone.embedding_dim, config.whitened)
            whitening.load_state_dict({name: state.pop(PREFIX + name) for name in whitening.state_dict()})
        backbone.load_state_dict(state)
    except (SafetensorError, RuntimeError, TypeError, KeyError, ValueError) as error:
        raise EncoderError(f"encoder {folder}: weights do not fit the card ({str(error).splitlines()[0]})") from error
    length = config.whitened or backbone.embedding_dim
    if length != card["embedding_dim"]:
        raise EncoderError(f"encoder {folder}: its vectors have length {length}, its card says {card['embedding_dim']}")
    return backbone, whitening


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
