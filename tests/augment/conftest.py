"""What the tests of augmentations share."""

from __future__ import annotations

import importlib

import pytest
import torch

from ztfexplore.augment.augmentation import AUGMENTATIONS
from ztfexplore.registry import modules


@pytest.fixture
def at_the_limit(monkeypatch):
    """Every uniform draw is the largest it can be."""
    for module in modules(AUGMENTATIONS.package):
        if hasattr(importlib.import_module(module), "uniform"):
            monkeypatch.setattr(f"{module}.uniform", lambda n, low, high, generator: torch.full((n,), float(high)))
