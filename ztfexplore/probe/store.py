"""The probes saved beside a catalogue, `CATALOGUE/probes/NAME.json`, and their predictions for its alerts.

They are inside the catalogue's folder, so that they move with it; Lance leaves other folders alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import ProbeError
from ztfexplore.probe import saved as saved_probe
from ztfexplore.probe.apply import PROBABILITY, embeddings_for, probabilities, uncertainty
from ztfexplore.probe.saved import ENDING, SavedProbe

FOLDER = "probes"
LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
PREDICTED, PROBABILITY_OF_IT, MARGIN, ENTROPY = "predicted", "probability", "margin", "entropy"


@dataclass(frozen=True)
class Stored:
    """A probe beside a catalogue.

    Attributes:
        name: of its file, without the ending.
        path: of its file.
        probe: None if the file cannot be read; `problem` then says why.
        problem: empty if the file was read.
    """

    name: str
    path: Path
    probe: SavedProbe | None
    problem: str = ""


def saved_probes(catalogue: Catalogue) -> list[Stored]:
    """The probes beside a catalogue, the newest first, including those that cannot be read, with the reason."""
    folder = catalogue.path / FOLDER
    if not folder.is_dir():
        return []
    paths = [path for path in folder.glob(f"*{ENDING}") if path.is_file() and not path.name.startswith(".")]
    return [_read(path) for path in sorted(paths, key=lambda path: (-_written(path), path.name))]


def _written(path: Path) -> int:
    """When the file was written (ns); 0 if it has gone in the meantime."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path) -> Stored:
    try:
        return Stored(path.stem, path, saved_probe.load_probe(path))
    except ProbeError as error:
        return Stored(path.stem, path, None, str(error))


def check_name(name: str) -> str:
    """A name that works as a file name everywhere, without spaces around it.

    Raises:
        ProbeError: if it does not work as a file name.
    """
    name = name.strip().removesuffix(ENDING)
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ProbeError(
            f"name {name[:LONGEST_NAME]!r}: use letters, digits and . _ + - only, at most {LONGEST_NAME}, "
            "and begin with a letter or digit"
        )
    return name


def store_probe(catalogue: Catalogue, name: str, probe: SavedProbe) -> Path:
    """Save a probe beside a catalogue; a number is added to a name in use, so that nothing is overwritten.

    Raises:
        ZtfexploreError: if the name does not work as a file name, or the file cannot be written.
    """
    name, folder = check_name(name), catalogue.path / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ProbeError(f"probes {folder}: cannot be written ({error.strerror or error})") from error
    with FileLock(folder / ".lock"):
        path, number = folder / f"{name}{ENDING}", 2
        while path.exists():
            path, number = folder / f"{name}-{number}{ENDING}", number + 1
        saved_probe.save_probe(probe, path)
    return path


def predictions(catalogue: Catalogue, frame: pd.DataFrame, probe: SavedProbe) -> pd.DataFrame:
    """The predictions of a probe for every alert, labelled or not.

    Args:
        frame: metadata, one row per alert.

    Returns:
        one row per alert, indexed like `frame`: predicted (its class), probability (of that class), probability_CLASS
        of each class, margin and entropy (as in `apply.predict`), fitted_on (whether the probe was fitted on a
        label of the same object: its prediction is then no test). Missing where there is no embedding.

    Raises:
        CatalogueError: if the probe's encoder has embedded nothing here.
        ProbeError: if the embeddings come from different weights than those that the probe was fitted on.
    """
    values = embeddings_for(catalogue, probe)
    there = np.ones(len(frame), dtype=bool) if values is None else np.isfinite(values).all(axis=1)
    rows = np.flatnonzero(there)
    said = np.full((len(frame), len(probe.classes)), np.nan)
    said[rows] = probabilities(probe, frame.iloc[rows], values, rows)
    margin, entropy = uncertainty(said[rows])
    names = np.full(len(frame), None, dtype=object)
    names[rows] = np.asarray(probe.classes, dtype=object)[said[rows].argmax(axis=1)]
    columns: dict[str, np.ndarray] = {PREDICTED: names, PROBABILITY_OF_IT: said.max(axis=1)}
    columns |= {PROBABILITY + name: said[:, index] for index, name in enumerate(probe.classes)}
    columns[MARGIN] = _at_rows(margin, rows, len(frame))
    columns[ENTROPY] = _at_rows(entropy, rows, len(frame))
    columns["fitted_on"] = frame["object_id"].isin(set(probe.object_ids)).to_numpy()
    return pd.DataFrame(columns, index=frame.index)


def _at_rows(values: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Values at their rows, NaN elsewhere, float64 (count,)."""
    made = np.full(count, np.nan)
    made[rows] = values
    return made
