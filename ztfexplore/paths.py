"""Where things are: the shipped encoders, and the catalogues that were built."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ztfexplore.errors import CatalogueError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent

# In a checkout models/ is beside the package; an installed package contains it.
MODELS = _CHECKOUT / "models" if (_CHECKOUT / "models").is_dir() else _PACKAGE / "models"
# The benchmarks; only in a checkout.
BENCHMARKS = _CHECKOUT / "benchmarks"
# Folder of the catalogues that the dashboard lists.
DATA = Path(os.environ.get("ZTFEXPLORE_DATA") or (_CHECKOUT / "data" if (_CHECKOUT / "app.py").exists() else "data"))
DEMO = DATA / "demo"
GALAXIES = DATA / "galaxies"
# The committed results of the experiments; does not depend on DATA.
RESEARCH = (_CHECKOUT / "data" if (_CHECKOUT / "app.py").exists() else DATA) / "research"

# Names that are valid folders on every system, and readable in a URL.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def new_catalogue(name: str) -> Path:
    """The folder, in DATA, for a new catalogue of that name.

    Raises:
        CatalogueError: if the name is not valid, or is taken.
    """
    name = name.strip()
    if not _NAME.fullmatch(name) or ".." in name or name.endswith("."):
        raise CatalogueError(
            f"{name[:80]!r} is not a valid catalogue name: it must be up to 64 letters, digits, '-', '_' and single "
            "dots, and begin with a letter or digit"
        )
    # On some file systems 'Demo' and 'demo' are the same.
    taken = {DEMO.name, GALAXIES.name} | ({entry.name for entry in DATA.iterdir()} if DATA.is_dir() else set())
    if name.lower() in {other.lower() for other in taken}:
        raise CatalogueError(f"{name!r} is taken: choose another name, or add to that catalogue")
    return DATA / name


def catalogues() -> list[Path]:
    """Folders under DATA that are Lance datasets, the demo last."""
    if not DATA.is_dir():
        return []
    found = sorted(folder for folder in DATA.iterdir() if any(folder.glob("_versions/*.manifest")))
    return sorted(found, key=lambda folder: folder.name == DEMO.name)
