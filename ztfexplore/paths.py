"""Where things are: the shipped encoders, and the catalogues that were built."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ztfexplore.errors import CatalogueError

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
# The committed results of the experiments, whatever DATA is.
RESEARCH = (_CHECKOUT / "data" if (_CHECKOUT / "app.py").exists() else DATA) / "research"

# A name that is one folder on every system, and reads well in an address.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def new_catalogue(name: str) -> Path:
    """Where a new catalogue of that name goes, in DATA.

    Raises:
        CatalogueError: if the name is not one plain folder's, or taken.
    """
    name = name.strip()
    if not _NAME.fullmatch(name) or ".." in name or name.endswith("."):
        raise CatalogueError(
            f"{name[:80]!r} is no name for a catalogue: up to 64 letters, digits, '-', '_' and single dots, "
            "beginning with a letter or digit, without folders"
        )
    # Some file systems take 'Demo' for 'demo'.
    taken = {DEMO.name, GALAXIES.name} | ({entry.name for entry in DATA.iterdir()} if DATA.is_dir() else set())
    if name.lower() in {other.lower() for other in taken}:
        raise CatalogueError(f"{name!r} is taken: choose another name, or that catalogue")
    return DATA / name


def catalogues() -> list[Path]:
    """Folders under DATA that are Lance datasets, the demo last."""
    if not DATA.is_dir():
        return []
    found = sorted(folder for folder in DATA.iterdir() if any(folder.glob("_versions/*.manifest")))
    return sorted(found, key=lambda folder: folder.name == DEMO.name)
