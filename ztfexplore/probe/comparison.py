"""All figures of a question: what the probe page shows, and what `ztfexplore probe compare` prints."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.probe.compare import ProbeData, Question, TrainedProbe, prepare_probe_data, train_probe
from ztfexplore.probe.features import METADATA
from ztfexplore.probe.scores import (
    EvaluationSet,
    count_seen_objects,
    cross_validation_set,
    paired_differences,
    score_probe,
    unseen_set,
)
from ztfexplore.progress import OnStep, no_step

CROSS_VALIDATED, UNSEEN = "cross-validation", "unseen"


def compare_probes(source: Snapshot | Catalogue, question: Question, on_step: OnStep = no_step) -> dict[str, Any]:
    """Fit, cross-validate and score the probes of a question; ready for JSON, see `figures`.

    Args:
        source: see `prepare_probe_data`.
        question: what to compare.
        on_step: called with what is being done and how far it is.

    Raises:
        CatalogueError, ProbeError, TrainingError: as `prepare_probe_data` does.
    """
    data, trained = prepare_probe_data(source, question), {}
    for place, name in enumerate(question.probes):

        def told(text: str, share: float, name: str = name, place: int = place) -> None:
            on_step(f"{name}: {text}", (place + share) / len(question.probes))

        trained[name] = train_probe(data, name, question.config, told)
    return figures(data, trained)


def figures(data: ProbeData, trained: Mapping[str, TrainedProbe]) -> dict[str, Any]:
    """Every figure about some probes.

    Returns:
        'probes', by name: C, fitted_on (objects and alerts), scores (by evaluation set the fields of `Scores`: the
        first set is the one to believe) and notes; 'differences' of balanced accuracy, by evaluation set a row a pair;
        'unseen', the set whose labels no encoder has seen, None if there is none; labels_by and labels_used, see
        `Snapshot.labels_report`; 'notes'.
    """
    sets, unseen = evaluation_sets(data, trained)
    fit = data.parts.fit
    fitted_on = {"objects": len(set(data.parts.objects[fit].tolist())), "alerts": len(fit)}
    probes = {
        name: {
            "C": one.saved.C,
            "fitted_on": fitted_on,
            "labels_seen_in_training": one.saved.labels_seen_in_training,
            "scores": {of: asdict(score_probe(chosen, one)) for of, chosen in sets.items()},
            "notes": list(one.notes),
        }
        for name, one in trained.items()
    }
    differences = {of: paired_differences(chosen, trained).to_dict("records") for of, chosen in sets.items()}
    return {
        "probes": probes,
        "differences": differences,
        "unseen": unseen,
        **data.labels,
        "notes": list(data.notes),
    }


def evaluation_sets(
    data: ProbeData, trained: Mapping[str, TrainedProbe]
) -> tuple[dict[str, EvaluationSet], str | None]:
    """The sets that probes are scored on, by name, and the name of the one whose labels no encoder has seen.

    That is the cross-validation; if an encoder has seen labels of it, other objects stand before it, as far as there
    are some (None if not).
    """
    whole = cross_validation_set(data)
    if all(count_seen_objects(whole, one) == 0 for one in trained.values()):
        return {CROSS_VALIDATED: whole}, CROSS_VALIDATED
    unseen = unseen_set(data, list(trained.values()))
    if unseen is None:
        return {CROSS_VALIDATED: whole}, None
    return {UNSEEN: unseen, CROSS_VALIDATED: whole}, UNSEEN


def reproduction_command(path: Path, question: Question, labels_by: str) -> str:
    """The command that makes the figures of a question again outside the page."""
    config = question.config
    encoders = question.encoders if question.features != METADATA else ()
    parts = ["ztfexplore probe compare --catalogue", shlex.quote(str(path))]
    parts += [f"--encoder {shlex.quote(name)}" for name in dict.fromkeys(encoders)]
    parts += [f"--features {question.features}", *(["--external"] if question.external else [])]
    parts += [f"--label-fraction {config.label_fraction!r}", f"--class-weight {config.class_weight}"]
    parts += [f"--C {config.C!r}"] if config.C else []
    return " ".join([*parts, f"--repeats {config.repeats} --seed {config.seed} --labels-by {labels_by}"])
