"""A labels file: candid, label, label_source (other columns are ignored) -> a class for each candid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ztfexplore.errors import LabelsError


@dataclass(frozen=True, slots=True)
class Label:
    """A class and where it comes from."""

    label: str
    label_source: str | None


def read_labels(path: Path) -> dict[int, Label]:
    """Labels by candid; rows with an empty label are unlabelled and left out.

    Raises:
        LabelsError: if the file is missing, is no CSV with `candid` and `label`, or holds a candid that is no integer.
    """
    try:
        # Everything as text: candids beyond 2^53 must never pass through a float.
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise LabelsError(f"labels {path}: cannot be read ({error})") from error
    missing = [name for name in ("candid", "label") if name not in table.columns]
    if missing:
        raise LabelsError(f"labels {path}: no column {', '.join(missing)}")
    sources = table["label_source"] if "label_source" in table else pd.Series("", index=table.index)
    return {
        _candid(candid, line, path): Label(label.strip(), source.strip() or None)
        for line, (candid, label, source) in enumerate(zip(table["candid"], table["label"], sources, strict=True), 2)
        if label.strip()
    }


def _candid(text: str, line: int, path: Path) -> int:
    try:
        return int(text)
    except ValueError:
        raise LabelsError(f"labels {path}, line {line}: candid {text!r} is no integer") from None
