"""Where things are: the shipped encoders, and the catalogues that were built."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent

# In a checkout models/ stands beside the package; an installed package carries it inside.
MODELS = _CHECKOUT / "models" if (_CHECKOUT / "models").is_dir() else _PACKAGE / "models"
# What is measured against what; in a checkout only.
BENCHMARKS = _CHECKOUT / "benchmarks"
# Catalogues that the dashboard finds by itself.
DATA = Path(os.environ.get("ZTFEXPLORE_DATA") or (_CHECKOUT / "data" if (_CHECKOUT / "app.py").exists() else "data"))
DEMO = DATA / "demo"
GALAXIES = DATA / "galaxies"


def catalogues() -> list[Path]:
    """Folders under DATA that are Lance datasets, the demo last."""
    if not DATA.is_dir():
        return []
    found = sorted(folder for folder in DATA.iterdir() if any(folder.glob("_versions/*.manifest")))
    return sorted(found, key=lambda folder: folder.name == DEMO.name)
