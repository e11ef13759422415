"""Training on the page, with progress; nothing is trained twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from ztfexplore.errors import ZtfexploreError
from ztfexplore.probe import scores as probe_scores
from ztfexplore.probe.compare import ProbeData, Question, TrainedProbe, prepare_probe_data, train_probe
from ztfexplore.probe.comparison import evaluation_sets
from ztfexplore.probe.learning_curve import curve
from ztfexplore.probe.scores import EvaluationSet, Scores
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.lru import SharedCache
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.naming import title

# Of everything that is kept: recent embeddings, probes and scores.
MOST_BYTES = 2**30
SMALL = 2**20
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class ProbeComparison:
    """The probes of a question, trained.

    Attributes:
        key: identifies it: catalogue version, labels, settings.
        question: what was asked.
        data: the objects.
        trained: the probes by name, in the order asked for.
        evaluation_sets: by name: the cross-validation and, where an encoder has seen labels of it, unseen objects too.
        unseen: name of the evaluation set whose labels no encoder has seen; None if there is no such set.
    """

    key: str
    question: Question
    data: ProbeData
    trained: dict[str, TrainedProbe]
    evaluation_sets: dict[str, EvaluationSet]
    unseen: str | None


@st.cache_resource
def _cache() -> SharedCache[tuple[Any, int]]:
    """Everything kept, each with its size in bytes."""
    return SharedCache(MOST_BYTES, lambda entry: entry[1])


def _once(key: str, make: Callable[[], Made], size: Callable[[Made], int] = lambda made: SMALL) -> Made:
    """What is kept under a key; made if it is not there."""
    entry = _cache().get(key)
    if entry is None:
        made = make()
        entry = _cache()[key] = made, size(made)
    return entry[0]


def _labels(view: View) -> str:
    """A hash of the labels: a person may add some while the catalogue stays the same."""
    digest = hashlib.sha256()
    for name in ("label", "label_given"):
        if name in view.frame:
            column = view.frame[name].fillna("").astype(str)
            digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def train_or_recall(view: View, question: Question) -> ProbeComparison | None:
    """The comparison, kept or trained now with progress; None if training is impossible (the page says why)."""
    place = st.empty()
    try:
        with place.container():
            comparison = _run(view, question)
    except ZtfexploreError as error:
        place.error(escape_markdown(f"This probe cannot be trained: {error}"), icon=":material/error:")
        return None
    place.empty()
    return comparison


def _run(view: View, question: Question) -> ProbeComparison:
    base = f"{view.key}|{view.token}|{_labels(view)}"
    key = f"{base}|{question}"
    data = _once(f"data|{key}", lambda: prepare_probe_data(view.snapshot, question), _size)
    trained = _train_all(key, base, data, question)
    sets, unseen = evaluation_sets(data, trained)
    return ProbeComparison(key, question, data, trained, sets, unseen)


def _size(data: ProbeData) -> int:
    return SMALL + sum(values.nbytes for values in data.embeddings.values())


def _train_all(key: str, base: str, data: ProbeData, question: Question) -> dict[str, TrainedProbe]:
    """All probes of a question; each is kept separately, so that adding an encoder trains only that one."""
    parts = data.parts
    rows = hashlib.sha256(parts.fit.tobytes() + b"|" + parts.test.tobytes()).hexdigest()[:16]
    alone = f"{base}|{question.config}|{question.features}|{question.external}|{rows}"
    keys = {name: f"probe|{name}|{alone}" for name in question.probes}
    waiting = [name for name in keys if _cache().get(keys[name]) is None]
    if waiting:
        with st.status(f"Training on {len(parts.fit)} labelled alerts", expanded=True):
            bar = st.progress(0.0)
            for index, name in enumerate(waiting):

                def on_step(text: str, share: float, name: str = name, index: int = index) -> None:
                    bar.progress(min((index + share) / len(waiting), 1.0), f"{title(name)}: {text}")

                _once(keys[name], partial(train_probe, data, name, question.config, on_step))
    # Probes of another session may have replaced one of ours: it is then trained again, without progress.
    return {name: _once(keys[name], partial(train_probe, data, name, question.config)) for name in keys}


def score_probes(comparison: ProbeComparison, set_name: str) -> dict[str, Scores]:
    """The scores of all probes on one evaluation set."""
    chosen = comparison.evaluation_sets[set_name]
    return _once(
        f"score_probes|{set_name}|{comparison.key}",
        lambda: {name: probe_scores.score_probe(chosen, one) for name, one in comparison.trained.items()},
    )


def paired_differences(comparison: ProbeComparison, set_name: str) -> pd.DataFrame:
    """Paired differences between the probes on one evaluation set."""
    return _once(
        f"differences|{set_name}|{comparison.key}",
        lambda: probe_scores.paired_differences(comparison.evaluation_sets[set_name], comparison.trained),
    )


def predictions_by_object(comparison: ProbeComparison, set_name: str, name: str) -> pd.DataFrame:
    """The predictions of one probe for every object of an evaluation set."""
    return _once(
        f"objects|{set_name}|{name}|{comparison.key}",
        lambda: probe_scores.predictions_by_object(comparison.evaluation_sets[set_name], comparison.trained[name]),
    )


def learning_curve(comparison: ProbeComparison, set_name: str, wanted: bool) -> pd.DataFrame | None:
    """The learning curve; None if it has not been computed and is not wanted now."""
    key = f"learning|{set_name}|{comparison.key}"
    entry = _cache().get(key)
    if entry is not None or not wanted:
        return entry and entry[0]
    bar = st.progress(0.0, "Learning curve")
    made = curve(
        comparison.data,
        comparison.evaluation_sets[set_name],
        list(comparison.trained),
        comparison.question.config,
        lambda text, share: bar.progress(min(share, 1.0), f"Learning curve: {text}"),
    )
    bar.empty()
    _cache()[key] = made, SMALL
    return made
