"""What to label next: proposals with their stamps, one after the other, and a probe to retrain on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.catalogue.annotations import PERSON
from ztfexplore.embeddings import embedding
from ztfexplore.errors import TrainingError
from ztfexplore.labelling import active, anomaly
from ztfexplore.labelling.active import LABEL_ERRORS, STRATEGIES, Proposal
from ztfexplore.labelling.active_probe import CurrentProbe, fit_current
from ztfexplore.ui import state
from ztfexplore.ui.labelling.store import FRESH, CurrentLabels
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server import thumbnails
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import choice

STRATEGY = "queue"
OLD_NAME = "doubtful"  # of LABEL_ERRORS in links of earlier releases
BATCH, TRAINED = "queue-batch", "queue-trained"
COLUMNS = 6
POOLS = {False: "Unlabelled", True: "Labelled by the data"}


@dataclass
class Batch:
    """The proposals that a person works through.

    Attributes:
        key: what they were made for: catalogue version, encoder, strategy, pool.
        version: version of the labels when they were made.
        proposals: the proposals, best first.
        passed: rows that were skipped.
        images: a PNG of the stamp of each proposal, by row.
        chosen: a row clicked out of turn, with its label and label source at that moment.
        trouble: the reason why there are no proposals, if there are none.
    """

    key: tuple[str, str, str, bool]
    version: str
    proposals: list[Proposal] = field(default_factory=list)
    passed: set[int] = field(default_factory=set)
    images: dict[int, bytes] = field(default_factory=dict)
    chosen: tuple[int, object, object] | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class QueueProbe:
    """The probe of the last Retrain, with the version of the labels that it was fitted on."""

    probe: CurrentProbe
    version: str


def probe_predictions(view: View, encoder: str) -> pd.DataFrame | None:
    """The last retrained probe's predictions for every alert, see `CurrentProbe.table`; None before the first."""
    trained = _trained().get((view.token, encoder))
    return None if trained is None else trained.probe.table


def predictions_column(view: View, encoder: str) -> pd.Series | None:
    """The class of every alert predicted by the probe of the last 'Retrain'; None before the first."""
    table = probe_predictions(view, encoder)
    return None if table is None else table["predicted"]


def _trained() -> dict[tuple[str, str], QueueProbe]:
    return st.session_state.setdefault(TRAINED, {})


def draw_queue(view: View, encoder: str, now: CurrentLabels, buttons: Callable[[int], None]) -> None:
    """The queue of one encoder.

    Args:
        now: the labels as they are.
        buttons: draws the buttons that label a row.
    """
    if encoder not in embedding.embedded_by(view.catalogue):
        st.caption(escape_markdown(f"Encoder {encoder} has not embedded this catalogue, so nothing can be proposed."))
        return
    strategy, checking = _controls(view, encoder, now)
    batch = _batch(view, encoder, now, strategy, checking)
    if batch.trouble:
        st.info(escape_markdown(batch.trouble), icon=":material/info:")
    elif not batch.proposals:
        _say_nothing_to_propose(checking)
    else:
        _work(view, now.frame, batch, buttons)


def _say_nothing_to_propose(checking: bool) -> None:
    if checking:
        st.info("Nothing is left to check: people have labelled these objects, or the data came without labels.")
    else:
        st.info(f"Every object here has a label. Choose '{POOLS[True]}' to check labels.")


# --- controls --------------------------------------------------------------------------------------------------


def _controls(view: View, encoder: str, now: CurrentLabels) -> tuple[str, bool]:
    """The chosen strategy, and whether to check labels of the data."""
    names = list(STRATEGIES)
    if state.get(STRATEGY) == OLD_NAME:
        state.put(STRATEGY, LABEL_ERRORS)
    columns = st.columns([1.5, 1.8, 1, 1.2], vertical_alignment="bottom")
    with columns[0]:
        strategy = choice.select(
            "Propose",
            names,
            STRATEGY,
            names[0],
            lambda name: STRATEGIES[name].partition(":")[0],
            "  \n".join(f"**{text.replace(':', ':**', 1)}" for text in STRATEGIES.values()),
        )
    everything_labelled = not now.frame["label"].isna().any()
    checking = columns[1].segmented_control(
        "From",
        [False, True],
        default=everything_labelled,
        required=True,
        format_func=POOLS.__getitem__,
        disabled=strategy == LABEL_ERRORS,
        key=f"queue-pool-{view.token}",
    )
    if columns[2].button(
        "Retrain",
        icon=":material/model_training:",
        key="retrain",
        help="Fit a linear probe on all current labels outside the test part. It gives new proposals, and predictions "
        "that can colour the maps.",
        width="stretch",
    ):
        _retrain(view, encoder, now)
    columns[3].button(
        "Other proposals",
        icon=":material/refresh:",
        key="queue-next",
        help="Skip all those below.",
        on_click=_pass_all,
        width="stretch",
    )
    _say_how_good(view, encoder, now.version)
    return strategy, checking or strategy == LABEL_ERRORS


def _retrain(view: View, encoder: str, now: CurrentLabels) -> None:
    bar = st.progress(0.0, text="Fitting")
    try:
        probe = fit_current(
            now.frame, _vectors(view, encoder), encoder, lambda text, share: bar.progress(min(share, 1.0), text=text)
        )
    except TrainingError as error:
        bar.empty()
        st.warning(escape_markdown(f"Not trained: {error}"), icon=":material/info:")
        return
    bar.empty()
    _trained()[(view.token, encoder)] = QueueProbe(probe, now.version)
    st.session_state.pop(BATCH, None)
    st.rerun()


def _say_how_good(view: View, encoder: str, version: str) -> None:
    trained = _trained().get((view.token, encoder))
    if trained is None:
        return
    probe = trained.probe
    objects = ", ".join(f"{escape_markdown(name)} {count:,}" for name, count in probe.objects_by_class.items())
    figure = ""
    if probe.accuracy is not None and probe.interval is not None:
        low, high = probe.interval
        figure = f"balanced accuracy **{probe.accuracy:.2f}** [{low:.2f}, {high:.2f}] by cross-validation over "
    notes = "".join(f" · {escape_markdown(note)}" for note in probe.notes)
    stale = "" if trained.version == version else " · labels have changed since then: retrain"
    st.caption(
        f"Probe on {escape_markdown(encoder)}: {figure}{sum(probe.objects_by_class.values()):,} objects ({objects})"
        f"{notes}{stale}"
    )


def _pass_all() -> None:
    batch = st.session_state.get(BATCH)
    if batch is not None:
        batch.passed |= {proposal.row for proposal in batch.proposals}


# --- proposals -------------------------------------------------------------------------------------------------


def _batch(view: View, encoder: str, now: CurrentLabels, strategy: str, checking: bool) -> Batch:
    """The current proposals; new ones if the choices have changed or all are done."""
    key = (view.token, encoder, strategy, checking)
    batch: Batch | None = st.session_state.get(BATCH)
    if batch is None or batch.key != key:
        batch = None
    elif any(not _is_done(now.frame, batch, item.row) for item in batch.proposals):
        return batch
    elif not batch.proposals and batch.version == now.version:
        return batch  # still nothing to propose, or too few labels
    batch = Batch(key, now.version, passed=batch.passed if batch else set())
    with st.spinner("Looking for what to label next"):
        try:
            batch.proposals = _propose(view, encoder, now, strategy, checking, batch.passed)
            batch.images = thumbnails.pngs(view, [item.row for item in batch.proposals])
        except TrainingError as error:
            batch.trouble = f"{error}. Label a few first; 'Most typical' needs no labels."
    st.session_state[BATCH] = batch
    return batch


def _propose(
    view: View, encoder: str, now: CurrentLabels, strategy: str, checking: bool, passed: set[int]
) -> list[Proposal]:
    vectors = _vectors(view, encoder)
    probe = scores = None
    if strategy in (active.UNCERTAIN, LABEL_ERRORS):
        probe = _probe(view.token, now.version, encoder, now, vectors)
    else:
        scores = _scores(view.token, encoder, view)
    if passed:  # treat them as not embedded
        vectors = vectors.copy()
        vectors[sorted(passed)] = np.nan
    return active.propose(now.frame, vectors, strategy, encoder, checking=checking, probe=probe, scores=scores)


def _vectors(view: View, encoder: str) -> np.ndarray:
    return embedding.read_embedding(view.catalogue, encoder).values


@st.cache_resource(max_entries=4, show_spinner=False)
def _probe(token: str, version: str, encoder: str, _now: CurrentLabels, _vectors: np.ndarray) -> CurrentProbe:
    """Token, version and encoder are the keys of the cache."""
    return fit_current(_now.frame, _vectors, encoder)


@st.cache_resource(max_entries=4, show_spinner="Looking for what is unusual")
def _scores(token: str, encoder: str, _view: View) -> pd.DataFrame:
    """Token and encoder are the keys of the cache; labels make no difference here."""
    return anomaly.anomaly_scores(_vectors(_view, encoder), _view.frame["object_id"].to_numpy())


def _is_done(frame: pd.DataFrame, batch: Batch, row: int) -> bool:
    """Whether a proposal was skipped or labelled; when checking labels, only a person's label counts."""
    if row in batch.passed:
        return True
    if not batch.key[3]:
        return isinstance(frame["label"].iat[row], str)
    source = frame["label_source"].iat[row]
    return isinstance(source, str) and source.startswith(PERSON)


# --- working through them --------------------------------------------------------------------------------------


def _work(view: View, frame: pd.DataFrame, batch: Batch, buttons: Callable[[int], None]) -> None:
    open_ = [item for item in batch.proposals if not _is_done(frame, batch, item.row)]
    chosen = [item for item in batch.proposals if batch.chosen == _state(frame, item.row)]
    item = (chosen or open_)[0]
    left, right = st.columns([1, 1.6], vertical_alignment="center")
    left.image(batch.images[item.row], width="stretch")
    with right:
        place = batch.proposals.index(item) + 1
        score = f"score {item.score:.3f}"
        st.markdown(
            f"**{escape_markdown(frame['object_id'].iat[item.row])}** · {place} of {len(batch.proposals)} · "
            f"{escape_markdown(item.reason)} · {score}"
        )
        buttons(item.row)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Skip",
                key=f"queue-skip-{item.row}",
                icon=":material/skip_next:",
                shortcut="S",
                on_click=_skip,
                args=(item.row,),
            )
            st.button(
                "Show on the maps",
                key="queue-show",
                icon=":material/my_location:",
                on_click=_show,
                args=(view, item.row),
            )
    _grid(frame, batch, item)


def _grid(frame: pd.DataFrame, batch: Batch, current: Proposal) -> None:
    for start in range(0, len(batch.proposals), COLUMNS):
        for column, item in zip(st.columns(COLUMNS), batch.proposals[start : start + COLUMNS], strict=False):
            with column:
                st.image(batch.images[item.row], width="stretch")
                label = frame["label"].iat[item.row]
                mark = f"✓ {label}" if _is_done(frame, batch, item.row) and isinstance(label, str) else item.reason
                st.button(
                    escape_markdown(frame["object_id"].iat[item.row]),
                    key=f"queue-{item.row}",
                    type="primary" if item is current else "secondary",
                    on_click=_choose,
                    args=(_state(frame, item.row),),
                    width="stretch",
                )
                st.caption(escape_markdown(mark))


def _skip(row: int) -> None:
    batch: Batch = st.session_state[BATCH]
    batch.passed.add(row)
    batch.chosen = None


def _choose(chosen: tuple[int, object, object]) -> None:
    st.session_state[BATCH].chosen = chosen


def _state(frame: pd.DataFrame, row: int) -> tuple[int, object, object]:
    """A row with its label and label source, so that a new label ends its turn."""
    label, source = (frame[name].iat[row] for name in ("label", "label_source"))
    return row, None if pd.isna(label) else label, None if pd.isna(source) else source


def _show(view: View, row: int) -> None:
    state.put(state.CANDID, view.key_of(row))
    st.session_state[FRESH] = True
