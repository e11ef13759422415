"""What an encoder's card says about its training."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import torch

from ztfexplore.alerts.survey import survey_of
from ztfexplore.augment.registry import recipe_of
from ztfexplore.catalogue.snapshot import COUNTS, DATA, PEOPLE
from ztfexplore.evaluation.split import given_labels
from ztfexplore.training.config import METHODS, SIMULATED_SURVEYS, TrainConfig
from ztfexplore.training.data import SIMULATED_WEIGHTS, SIMULATION_SEED, TrainingSet

SPLIT = (
    "the first fold of StratifiedGroupKFold(5, shuffle=True, random_state=0) over the labelled objects is the test "
    "part; neither its images nor its labels were seen"
)
# A class with fewer objects is called weak.
FEW_OBJECTS = 60


def training_card(config: TrainConfig, data: TrainingSet, loss: float | None, seconds: float) -> dict[str, object]:
    """The card's fields about the training; the encoder's own are added when it is saved.

    Args:
        loss: mean loss of the last epoch.
        seconds: of training, without interruptions.
    """
    surveys = sorted(set(data.frame["survey"]))
    titles = ", ".join(survey_of(name).title for name in surveys)
    recipe, method = recipe_of(config.recipe), METHODS[config.method]
    return {
        **_listed(config, surveys),
        "method": config.method,
        "papers": method.paper,
        "intended_use": f"embeddings of stamps like those of {titles}, for exploring, neighbour search and linear "
        "probes with a person's own labels; not a classifier to be trusted unseen, and not for another camera",
        "fits": {
            "surveys": sorted(SIMULATED_SURVEYS.union(surveys) if SIMULATED_SURVEYS & set(surveys) else surveys),
            "channels": config.encoder.channels,
            "min_size": config.encoder.crop,
        },
        "limits": _limits(config, data),
        "training": config.as_dict(),
        "augmentations": [repr(step) for step in (*recipe.geometric, *recipe.photometric)],
        "trained_on": _trained_on(config, data, surveys),
        "split": SPLIT if given_labels(data.frame).notna().any() else "none: there are no labels, all stamps were seen",
        "normalisation": "each channel in units of its own sky noise (1.4826 MAD) above its median; asinh stretch",
        "final_loss": None if loss is None else round(loss, 4),
        "hardware": f"{torch.get_num_threads()} threads, {platform.machine()}, torch {torch.__version__}",
        "minutes": round(seconds / 60, 1),
        "command": f"ztfexplore train --catalogue CATALOGUE --method {config.method} --output DIR"
        + _labels_option(config, data),
        "licence": f"MIT (weights); trained on stamps of: {titles}",
    }


def _listed(config: TrainConfig, surveys: Collection[str]) -> dict[str, object]:
    """What lists of encoders show: title, how it learned, and its place among others."""
    method, nouns = METHODS[config.method], _nouns(surveys)
    return {
        "title": f"{method.title} ({', '.join(nouns)})" if nouns else method.title,
        "learned": method.learned.replace("learned ", f"learned from {' and '.join(nouns)}, ", 1)
        if nouns
        else method.learned,
        "order": METHODS.order(config.method),
    }


def _nouns(surveys: Collection[str]) -> list[str]:
    """What an encoder was trained on, if not on alerts."""
    return sorted({survey_of(name).nouns[1] for name in surveys} - {"alerts"})


def encoder_name(config: TrainConfig, surveys: Collection[str]) -> str:
    """An encoder's name: its method, with what it was trained on before it if not on alerts."""
    return "-".join([*_nouns(surveys), config.method])


def _labels_option(config: TrainConfig, data: TrainingSet) -> str:
    """The command's option about labels, where it is not the default."""
    by_data = data.labels_report is not None and data.labels_report["labels_by"] == DATA
    return " --labels-by data" if config.uses_labels and by_data else ""


def _trained_on(config: TrainConfig, data: TrainingSet, surveys: list[str]) -> dict[str, object]:
    trained_on: dict[str, object] = {
        "object_ids": sorted(set(data.frame["object_id"])),
        "labels_used": config.uses_labels,
        "alerts": len(data.frame),
        "alerts_by_label": counts_by_label(data.frame),
        "candids": [str(candid) for candid in sorted(data.frame["candid"].tolist())],  # as text: they exceed 2^53
        "candids_sha256": candids_sha256(data.frame),
        "surveys": surveys,
    }
    if config.uses_labels and data.labels_report:
        trained_on["labels_by"] = data.labels_report["labels_by"]
        trained_on["labelled_alerts"] = data.labels_report["labels_used"]  # by people, by the data
    if config.simulated:
        trained_on["simulated"] = {
            "objects": config.simulated,
            "stamps": len(data) - len(data.frame),
            "seed": SIMULATION_SEED,
            "class_weights": SIMULATED_WEIGHTS,
            "classes_used": config.uses_labels,
        }
    return trained_on


def labels_trained_on(card: Mapping[str, Any]) -> dict[str, object]:
    """Which labels a training used and how many, as in `Snapshot.labels_report`; empty if it used none."""
    trained_on = card["trained_on"]
    nothing = {PEOPLE: 0, DATA: 0}
    return {
        "labels_by": trained_on.get("labels_by"),
        "labels_used": trained_on.get("labelled_alerts", nothing),
        "labels_used_counts": COUNTS,
    }


def _limits(config: TrainConfig, data: TrainingSet) -> list[str]:
    """What a reader must know before trusting it."""
    limits = [f"small corpus: {len(data.frame)} stamps of {data.frame['object_id'].nunique()} objects"]
    objects = data.frame.dropna(subset=["label"]).drop_duplicates("object_id")["label"].value_counts()
    if len(objects):
        limits.append("labels are made by rules from the alerts' own metadata and from catalogues, not by spectra")
    limits += [f"{name} is weak: {count} objects" for name, count in objects.items() if count < FEW_OBJECTS]
    if config.simulated:
        limits.append(
            "simulated stamps were part of the training: their statistics follow those of public ZTF alerts, and what "
            "the simulation gets wrong the encoder may have learned"
        )
    return limits


def counts_by_label(frame: pd.DataFrame) -> dict[str, int]:
    """Alerts of each class, and 'unlabelled'."""
    return dict(sorted(Counter(frame["label"].fillna("unlabelled")).items()))


def candids_sha256(frame: pd.DataFrame) -> str:
    """A name for a set of alerts: the hash of their sorted candids, one per line."""
    return hashlib.sha256("\n".join(map(str, sorted(frame["candid"].tolist()))).encode()).hexdigest()


def training_key(config: TrainConfig, frame: pd.DataFrame) -> str:
    """A name for a training: changes with the configuration and the data, and with labels where they are used."""
    parts = [json.dumps(config.as_dict(), sort_keys=True), candids_sha256(frame)]
    if config.uses_labels:
        named = frame.sort_values("candid")["label"].fillna("")
        parts.append(hashlib.sha256("\n".join(named).encode()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]
