"""Training on the page: with progress, and never twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from ztfexplore.errors import ZtfexploreError
from ztfexplore.probe import judge as probe_judge
from ztfexplore.probe import learning_curve
from ztfexplore.probe.compare import Ground, Question, Trained, prepare, train
from ztfexplore.probe.judge import Jury, Verdict
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.lru import SharedCache
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.naming import title

# Of everything kept: embeddings of what was asked lately, probes, scores.
MOST_BYTES = 2**30
SMALL = 2**20
CROSS_VALIDATED, UNSEEN = "cross-validation", "unseen"
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Answer:
    """A question answered.

    Attributes:
        key: names it: catalogue version, labels, settings.
        question: what was asked.
        ground: on which objects.
        trained: by name, in the order asked.
        juries: by name: the cross-validation and, where an encoder has seen labels of it, an honest one beside it.
        honest: the name of the jury none of whose labels any encoder has seen; None if there is none.
    """

    key: str
    question: Question
    ground: Ground
    trained: dict[str, Trained]
    juries: dict[str, Jury]
    honest: str | None


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
    """Names the labels as they are: a person may add some while the catalogue stays the same."""
    digest = hashlib.sha256()
    for name in ("label", "label_given"):
        if name in view.frame:
            column = view.frame[name].fillna("").astype(str)
            digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def run(view: View, question: Question) -> Answer | None:
    """The answer, from before or trained now with progress; None if it cannot be had (said in the page)."""
    place = st.empty()
    try:
        with place.container():
            answer = _run(view, question)
    except ZtfexploreError as error:
        place.error(escape_markdown(f"This probe cannot be trained: {error}"), icon=":material/error:")
        return None
    place.empty()
    return answer


def _run(view: View, question: Question) -> Answer:
    base = f"{view.key}|{view.token}|{_labels(view)}"
    key = f"{base}|{question}"
    ground = _once(f"ground|{key}", lambda: prepare(view.catalogue, view.frame, question), _size)
    trained = _train_all(key, base, ground, question)
    juries, honest = _juries(ground, trained)
    return Answer(key, question, ground, trained, juries, honest)


def _size(ground: Ground) -> int:
    return SMALL + sum(values.nbytes for values in ground.embeddings.values())


def _train_all(key: str, base: str, ground: Ground, question: Question) -> dict[str, Trained]:
    """All probes of a question; each is kept for itself, so that adding an encoder trains only that one."""
    parts = ground.parts
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

                _once(keys[name], lambda name=name, told=on_step: train(ground, name, question.config, told))
    # Another session's may have taken the place of one of ours: then it is trained again, without progress.
    return {name: _once(keys[name], lambda name=name: train(ground, name, question.config)) for name in keys}


def _juries(ground: Ground, trained: dict[str, Trained]) -> tuple[dict[str, Jury], str | None]:
    """Who judges: the cross-validation; if an encoder has seen labels of it, objects that none has seen as well."""
    whole = probe_judge.validated(ground)
    if all(probe_judge.seen_objects(whole, one) == 0 for one in trained.values()):
        return {CROSS_VALIDATED: whole}, CROSS_VALIDATED
    honest = probe_judge.unseen(ground, list(trained.values()))
    if honest is None:
        return {CROSS_VALIDATED: whole}, None
    return {UNSEEN: honest, CROSS_VALIDATED: whole}, UNSEEN


def verdicts(answer: Answer, jury: str) -> dict[str, Verdict]:
    """The scores of all probes by one jury."""
    chosen = answer.juries[jury]
    return _once(
        f"verdicts|{jury}|{answer.key}",
        lambda: {name: probe_judge.verdict(chosen, one) for name, one in answer.trained.items()},
    )


def differences(answer: Answer, jury: str) -> pd.DataFrame:
    """Paired differences between the probes by one jury."""
    return _once(
        f"differences|{jury}|{answer.key}", lambda: probe_judge.differences(answer.juries[jury], answer.trained)
    )


def by_object(answer: Answer, jury: str, name: str) -> pd.DataFrame:
    """What one probe says of every object of a jury."""
    return _once(
        f"objects|{jury}|{name}|{answer.key}",
        lambda: probe_judge.by_object(answer.juries[jury], answer.trained[name]),
    )


def learning(answer: Answer, jury: str, wanted: bool) -> pd.DataFrame | None:
    """The learning curve; None if it was not computed yet and is not wanted now."""
    key = f"learning|{jury}|{answer.key}"
    entry = _cache().get(key)
    if entry is not None or not wanted:
        return entry and entry[0]
    bar = st.progress(0.0, "Learning curve")
    made = learning_curve.curve(
        answer.ground,
        answer.juries[jury],
        list(answer.trained),
        answer.question.config,
        lambda text, share: bar.progress(min(share, 1.0), f"Learning curve: {text}"),
    )
    bar.empty()
    _cache()[key] = made, SMALL
    return made
