"""The settings of the linear probe page, in widgets and in the URL."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.reader import in_order
from ztfexplore.errors import TrainingError, ZtfexploreError
from ztfexplore.evaluation.classifiers import C_VALUES, DEFAULT_C
from ztfexplore.probe.compare import MOST_ENCODERS, Question
from ztfexplore.probe.features import BOTH, FEATURES, IMAGES, METADATA, circularity, is_external
from ztfexplore.probe.fit import FitConfig
from ztfexplore.probe.saved import CLASS_WEIGHTS
from ztfexplore.ui import state
from ztfexplore.ui.app import page
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets.naming import title

# Keys of the URL: what was trained last. The widgets start from it; only 'Train' changes it.
ENCODERS_KEY, FEATURES_KEY, FRACTION_KEY, WEIGHT_KEY, C_KEY, EXTERNAL_KEY, SEED_KEY = (
    "probe",
    "features",
    "fraction",
    "weight",
    "c",
    "external",
    "seed",
)
# The cell of the confusion matrix whose stamps are shown.
CELL = ("of", "true", "said")
AUTOMATIC = "auto"
_OF = "probe-of"  # the last catalogue
FRACTIONS = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
# Fewer than the five of `ztfexplore probe fit`, so that the first results come in seconds; choosing C in every fold
# takes 26 fits instead of one.
REPEATS, REPEATS_AUTOMATIC = 3, 2
BASELINES = ("pca", "random")
# The page embeds baselines for catalogues of up to this many alerts: in less than a minute.
MOST_EMBEDDED = 5_000
LOOKS = {IMAGES: "images (embedding)", METADATA: "metadata (circular)", BOTH: "images and metadata"}


def offered(view: View) -> list[str]:
    """Encoders to choose from: those that have embedded the catalogue and, if it is small, the baselines."""
    there = embedding.embedded_by(view.catalogue)
    later = [name for name in BASELINES if name not in there] if len(view.frame) <= MOST_EMBEDDED else []
    return [*in_order(there, view.surveys), *later]


def choose_settings(view: View, places: Sequence[DeltaGenerator]) -> Question | None:
    """Draw the widgets; returns the question, or None if the settings make none (the page says why).

    Args:
        view: the catalogue.
        places: columns: encoders and features in the first row, then fraction, weights, C, seed and the button.
    """
    _forget_another(view)
    start = asked_in_url() or Question(tuple(_first(view)), fit_config(1.0, CLASS_WEIGHTS[0], DEFAULT_C, 0))
    with places[0]:
        encoders = _choose_encoders(view, start)
    with places[1]:
        looks = st.selectbox("Features", FEATURES, FEATURES.index(start.features), format_func=LOOKS.__getitem__)
    with places[2]:
        shares = sorted({*FRACTIONS, start.config.label_fraction})
        fraction = st.select_slider(
            "Share of the labels",
            shares,
            start.config.label_fraction,
            format_func=lambda share: f"{share:.3g}" if share < 0.01 else f"{share:.0%}",
            help="Share of each class's labelled objects outside the test part. A larger share contains a smaller one.",
        )
    with places[3]:
        weight = st.selectbox(
            "Class weights",
            CLASS_WEIGHTS,
            CLASS_WEIGHTS.index(start.config.class_weight),
            help="balanced: rare classes weigh as much as common ones. none: every alert weighs the same.",
        )
    with places[4]:
        C = _choose_c(start.config.C)
    with places[5]:
        seed = st.number_input(
            "Seed", 0, 9999, start.config.seed, help="Seed of the folds and of the choice of labels."
        )
    external = _choose_external(view, looks, start.external)
    try:
        return Question(tuple(encoders), fit_config(fraction, weight, C, int(seed)), looks, external)
    except TrainingError as error:
        st.warning(escape_markdown(str(error)))
        return None


def _forget_another(view: View) -> None:
    """Forget the settings of the last catalogue when another one is chosen."""
    name = view.catalogue.path.name
    if st.session_state.get(_OF, name) != name:
        for key in (ENCODERS_KEY, FEATURES_KEY, FRACTION_KEY, WEIGHT_KEY, C_KEY, EXTERNAL_KEY, SEED_KEY, *CELL):
            state.put(key, None)
    st.session_state[_OF] = name


def fit_config(fraction: float, weight: str, C: float | None, seed: int) -> FitConfig:
    """How to fit; with fewer repeats where C is chosen in every fold.

    Raises:
        TrainingError: if a value is out of range.
    """
    return FitConfig(fraction, weight, C, REPEATS if C else REPEATS_AUTOMATIC, seed)


def _first(view: View) -> list[str]:
    """The encoders to begin with: two that have embedded the catalogue."""
    there = embedding.embedded_by(view.catalogue)
    return in_order(there, view.surveys)[:2] or ["pca"]


def _choose_encoders(view: View, start: Question) -> list[str]:
    names, there = offered(view), embedding.embedded_by(view.catalogue)
    if not names:
        page.stop(
            f"Catalogue {view.catalogue.path.name} has no embedding yet, and a probe needs one. Make it:",
            f"ztfexplore embed --catalogue {view.catalogue.path} --encoder simclr",
        )
    return st.multiselect(
        f"Encoders, up to {MOST_ENCODERS}",
        names,
        [name for name in start.encoders if name in names],
        format_func=lambda name: title(name) + ("" if name in there else " (embeds first)"),
        max_selections=MOST_ENCODERS,
        placeholder="Choose an encoder",
    )


def _choose_c(start: float | None) -> float | None:
    """C; None if it is to be chosen by inner cross-validation."""
    values = [*sorted({*C_VALUES, 1.0, *([start] if start else [])}), None]
    return st.selectbox(
        "C (inverse regularisation)",
        values,
        values.index(start),
        format_func=lambda value: "automatic (slower)" if value is None else f"C = {value:g}",
        help=f"C is the inverse of the regularisation's strength. C = {DEFAULT_C:g} is in the middle of the range "
        "where the scores of the shipped encoders hardly change. Automatic: chosen anew in every fold by an inner "
        f"cross-validation over objects, with {REPEATS_AUTOMATIC} repeats of the outer one instead of {REPEATS}, "
        "since it takes fifteen times as long. `ztfexplore probe fit` repeats 5 times.",
    )


def _choose_external(view: View, looks: str, start: bool) -> bool:
    """Whether to use external labels only; offered only with metadata as features, and if there are such labels."""
    labelled = view.frame["label"].notna().to_numpy().nonzero()[0]
    if looks == IMAGES or not len(labelled):
        return False
    mixed = bool(is_external(view.frame)[labelled].any())
    external = mixed and st.checkbox("Only labels from external catalogues (VSX, SIMBAD, TNS)", start)
    said = "" if external else circularity(view.frame, labelled)
    if said:
        st.warning(escape_markdown(said), icon=":material/cycle:")
    return external


# --- the URL --------------------------------------------------------------------------------------------------------


def asked_in_url() -> Question | None:
    """The question in the URL; None if there is none, or it makes no sense."""
    names = [name for name in (state.get(ENCODERS_KEY) or "").split(",") if name]
    if not names:
        return None
    text, looks = state.get(C_KEY) or f"{DEFAULT_C:g}", state.get(FEATURES_KEY) or IMAGES
    try:
        C = None if text == AUTOMATIC else float(text)
        fraction, seed = float(state.get(FRACTION_KEY) or 1), int(state.get(SEED_KEY) or 0)
        if not (0 <= seed <= 9999 and (C is None or math.isfinite(C))):
            return None
        asked = fit_config(fraction, state.get(WEIGHT_KEY) or CLASS_WEIGHTS[0], C, seed)
        return Question(tuple(names), asked, looks, state.get(EXTERNAL_KEY) == "1")
    except (ValueError, TrainingError):
        return None


def put_in_url(question: Question) -> None:
    """Write a question to the URL; defaults are left out."""
    asked = question.config
    state.put(ENCODERS_KEY, ",".join(question.encoders or question.probes))
    state.put(FEATURES_KEY, None if question.features == IMAGES else question.features)
    state.put(FRACTION_KEY, None if asked.label_fraction == 1 else f"{asked.label_fraction:g}")
    state.put(WEIGHT_KEY, None if asked.class_weight == CLASS_WEIGHTS[0] else asked.class_weight)
    text = AUTOMATIC if asked.C is None else f"{asked.C:g}"
    state.put(C_KEY, None if asked.C == DEFAULT_C else text)
    state.put(SEED_KEY, str(asked.seed) if asked.seed else None)
    state.put(EXTERNAL_KEY, "1" if question.external else None)


def train_button(view: View, question: Question | None) -> None:
    """The Train button; baselines without an embedding get one first, with progress."""
    if not st.button("Train", type="primary", disabled=question is None, width="stretch", key="train"):
        return
    missing = [name for name in question.probes if name in BASELINES] if question else []
    try:
        embedded = [name for name in missing if _embed(view, name)]
    except ZtfexploreError as error:
        st.error(escape_markdown(str(error)))
        return
    if question:
        put_in_url(question)
    if embedded:
        st.rerun()


def _embed(view: View, name: str) -> bool:
    """Embed the catalogue with a baseline unless it already is; returns whether it was embedded now."""
    if name in embedding.embedded_by(view.catalogue):
        return False
    done, total = 0, max(len(view.frame), 1)
    bar = st.progress(0.0, f"{title(name)}: embedding")

    def on_rows(count: int) -> None:
        nonlocal done
        done += count
        bar.progress(min(done / total, 1.0), f"{title(name)}: {done} of {total} embedded")

    embedding.embed(view.catalogue, embedding.load_encoder(view.catalogue, name), on_rows)
    bar.empty()
    return True


def welcome(view: View) -> None:
    """The text shown before anything is trained."""
    # In one container, so that the progress of a training replaces all of it.
    with st.empty().container():
        _explain(view)


def _explain(view: View) -> None:
    what, how, where = st.columns(3)
    what.markdown(
        "**What it is.** A linear probe measures how much an embedding knows about the classes: the encoder is frozen, "
        "and only a multinomial logistic regression on its output is trained."
    )
    how.markdown(
        "**What you get.** Balanced accuracy with its interval, recalls, the confusion matrix (click a cell to see the "
        "stamps), calibration and a learning curve, for up to three encoders on the same objects and folds."
    )
    where.markdown(
        "**What makes it fair.** An object counts once. A fifth of the labelled objects, the test part, is never used "
        "for fitting. Labels that an encoder was trained with are marked *seen in training*. The address links to "
        "what you see."
    )
    if not view.is_labelled:
        st.info(
            "Nothing in this catalogue has a label, and a probe needs two classes. Label objects on the explore page, "
            "or add labels with `ztfexplore ingest ... --labels FILE.csv` (columns candid, label)."
        )
