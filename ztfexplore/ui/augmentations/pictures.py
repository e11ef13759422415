"""The augmentations page's pictures: one augmentation with its slider, and recipes step by step."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from ztfexplore.augment.recipes import RECIPES, Recipe
from ztfexplore.augment.registry import ASTRONOMICAL, AUGMENTATIONS, PROBABILITY, SIMCLR, Augmentation, recipe_of
from ztfexplore.display.stretch import data_uri
from ztfexplore.display.views import Limits, is_composite, limits, view_png
from ztfexplore.errors import TrainingError
from ztfexplore.evaluation import invariance
from ztfexplore.plots.augment import encoder_style
from ztfexplore.ui import state
from ztfexplore.ui.augmentations.subject import Subject, chosen_here, follow, keep
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.widgets.naming import title

AUGMENTATION, STRENGTH, RECIPE = "augmentation", "strength", "recipe"
SHOWN = 8  # samples
LEAST_SHOWN = 0.001  # cosine distance
STRIP_WIDTH, SQUARE_WIDTH = 235, 112  # pixels, at least
DEFAULT, DEFAULT_RECIPE = "scale-flux", SIMCLR
SETS = {SIMCLR: "SimCLR", ASTRONOMICAL: "astronomical"}
MARKS = {"circle": "●", "diamond": "◆", "triangle-up": "▲"}
STYLE = f"<style>{(Path(__file__).parent / 'augmentations.css').read_text(encoding='utf-8')}</style>"
RECIPE_HELP = (
    "SimCLR's original recipe, a milder one, and those of the shipped encoders. Or type augmentations joined by +, "
    "such as `rotate+flip+sky-noise`. Training accepts the same names: `ztfexplore train --recipe`."
)
ONE_CHANNEL: Mapping[str, str] = {
    "colour-jitter": "These stamps have one channel: only brightness and contrast change.",
    "grayscale": "Does not apply: these stamps have one channel.",
    "drop-channel": "Does not apply: these stamps have one channel, which is never dropped.",
    "scale-channels": "These stamps have one channel: this is the same as scale-flux.",
}
IN_COLOUR: Mapping[str, str] = {
    "psf-blur": "These pictures were taken above the atmosphere: a blur stands for a coarser camera here.",
    "drop-channel": "There is no template or difference here: a lost channel is a filter that was not observed.",
    "mask-pixels": "The picture has no chip edge or bad columns here.",
}


# --- one augmentation ------------------------------------------------------------------------------------------------


def choose(subject: Subject) -> tuple[Augmentation, float | None]:
    """The augmentation and its strength, None where it has none."""
    asked = state.get(AUGMENTATION)
    follow(AUGMENTATION, AUGMENTATION, lambda name: name if name in AUGMENTATIONS else DEFAULT)
    name = st.selectbox(
        "Augmentation", list(AUGMENTATIONS), key=AUGMENTATION, format_func=_listed,
        on_change=chosen_here, args=(AUGMENTATION,),
    )  # fmt: skip
    if name != (asked if asked in AUGMENTATIONS else DEFAULT):
        state.put(STRENGTH, None)  # it belonged to another augmentation
    keep(AUGMENTATION, AUGMENTATION, name, DEFAULT)
    one = AUGMENTATIONS[name]
    strength = _slider(one)
    st.markdown(escape_markdown(one.meaning))
    _notes(one, subject)
    return one, strength


def _listed(name: str) -> str:
    return f"{name} ({SETS[AUGMENTATIONS[name].set]})"


def _slider(one: Augmentation) -> float | None:
    slider = one.strength
    if slider is None:
        st.caption("It has no strength to choose.")
        return None
    number = type(slider.step)
    key = f"strength-{one.name}"

    def read(asked: str | None) -> float:
        try:
            value = number(float(asked or slider.default))
        except (ValueError, OverflowError):
            value = slider.default
        # NaN is neither above nor below.
        return number(min(max(value, slider.low), slider.high)) if value == value else number(slider.default)

    follow(key, STRENGTH, read)
    value = st.slider(
        f"{slider.parameter.capitalize()} ({slider.unit})", number(slider.low), number(slider.high),
        step=slider.step, key=key, on_change=chosen_here, args=(key,),
    )  # fmt: skip
    keep(key, STRENGTH, f"{value:g}", f"{slider.default:g}")
    return float(value)


def _notes(one: Augmentation, subject: Subject) -> None:
    """How often recipes apply it, and what is different for these stamps."""
    note = None
    if len(subject.stamp) == 1:
        note = ONE_CHANNEL.get(one.name)
    elif subject.survey.display.composite is not None:
        note = IN_COLOUR.get(one.name)
    if note:
        st.info(escape_markdown(note))
    if one.strength and one.strength.parameter != PROBABILITY and one.probability < 1:
        st.caption(
            f"Applied to every sample here; recipes apply it to {100 * one.probability:.0f} % of the views by default."
        )


def recipe_at(one: Augmentation, strength: float | None) -> Recipe:
    """An augmentation by itself, on every sample, unless the slider sets how often."""
    return one.recipe(strength, always=one.strength is None or one.strength.parameter != PROBABILITY)


def samples(subject: Subject, one: Augmentation, strength: float | None) -> None:
    """The stamp and some views of it, with the distance each moved."""
    recipe = recipe_at(one, strength)
    views = invariance.augmented_views(subject.stamp, recipe, subject.crop, invariance.SAMPLES, subject.seed)
    original = _original(subject)
    _legend(subject)
    if one.strength is not None and one.strength.parameter == PROBABILITY:
        changed = sum(not np.allclose(view, original[1], atol=invariance.ROUNDING) for view in views[:SHOWN])
        st.caption(f"{changed} of these {SHOWN} views were changed.")
    st.html(STYLE + _grid("samples", subject, [original, *_views(subject, recipe, views)]))


def _legend(subject: Subject) -> None:
    marks = " · ".join(f"{_mark(number)} {escape(title(name))}" for number, name in enumerate(subject.encoders))
    distance = f"cosine distance from the original: {marks}. " if marks else ""
    channels = subject.survey.channel_names(len(subject.stamp))
    strip = "" if is_composite(_limits(subject)) else f"From the left: {escape(', '.join(channels[:3]))}. "
    text = f"{strip}All share the original's display limits. Below each picture the {distance}"
    st.html(f'<div class="zx-subject">{text if marks else text.split("Below")[0]}</div>')


def _mark(number: int) -> str:
    """An encoder's symbol in its colour, as in the charts."""
    colour, symbol = encoder_style(number)
    return f'<i style="color:{colour}">{MARKS.get(symbol, "■")}</i>'


def _limits(subject: Subject) -> Limits:
    return limits(subject.stamp, subject.survey, subject.crop)


def _original(subject: Subject) -> tuple[str, np.ndarray, str]:
    view = invariance.augmented_views(subject.stamp, Recipe(), subject.crop, 1, 0)[0]
    return "original", view, "zx-original"


def _views(subject: Subject, recipe: Recipe, views: np.ndarray) -> list[tuple[str, np.ndarray, str]]:
    """(caption, view, its class) of the first views, with how far each moved in every embedding."""
    moved = [
        invariance.displacements(one, subject.stamp, recipe, len(views), subject.seed)
        for one in subject.encoders.values()
    ]
    return [
        (" ".join(f"{_mark(number)} {_distance(far[index])}" for number, far in enumerate(moved)), views[index], "")
        for index in range(min(SHOWN, len(views)))
    ]


def _distance(value: float) -> str:
    return f"{value:.3f}" if value >= LEAST_SHOWN else f"&lt;{LEAST_SHOWN}"


def _grid(name: str, subject: Subject, items: list[tuple[str, np.ndarray, str]]) -> str:
    """Pictures with captions (HTML of ours) below them."""
    shown = _limits(subject)
    width = SQUARE_WIDTH if is_composite(shown) else STRIP_WIDTH
    figures = [
        f'<figure class="{kind}"><img src="{data_uri(view_png(view, shown))}" alt="view">'
        f'<figcaption class="{kind}">{caption}</figcaption></figure>'
        for caption, view, kind in items
    ]
    return f'<div class="zx-views" style="--zx-width:{width}px" data-testid="{name}">{"".join(figures)}</div>'


# --- recipes ---------------------------------------------------------------------------------------------------------


def choose_recipe() -> Recipe:
    """A recipe by its name, or by augmentations joined by +."""
    names = [name for name in (SIMCLR, *RECIPES) if name != "none"]
    follow(RECIPE, RECIPE, lambda asked: asked if asked and _is_recipe(asked) else DEFAULT_RECIPE)
    offered = list(dict.fromkeys([*names, st.session_state[RECIPE]])) if st.session_state[RECIPE] else names
    name = st.selectbox(
        "Recipe", offered, key=RECIPE, accept_new_options=True, help=RECIPE_HELP,
        on_change=chosen_here, args=(RECIPE,),
    ) or DEFAULT_RECIPE  # fmt: skip
    try:
        recipe = recipe_of(name.strip())
    except TrainingError as error:
        st.warning(escape_markdown(str(error)), icon=":material/search_off:")
        return recipe_of(DEFAULT_RECIPE)
    keep(RECIPE, RECIPE, name, DEFAULT_RECIPE)
    return recipe


def _is_recipe(name: str) -> bool:
    try:
        recipe_of(name)
    except TrainingError:
        return False
    return True


def steps(subject: Subject, recipe: Recipe) -> None:
    """The stamp after each augmentation of a recipe, one after another."""
    found = invariance.recipe_stages(subject.stamp, recipe, subject.crop, subject.seed)
    items = [("original", found[0].view, "zx-original")]
    for number, stage in enumerate(found[1:], 1):
        same = "" if stage.changed else ": not applied this time"
        items.append((f"{number}. {escape(stage.title)}{same}", stage.view, "" if stage.changed else "zx-same"))
    st.html(STYLE + _grid("steps", subject, items))


def finals(subject: Subject, recipe: Recipe) -> None:
    """Several views by the whole recipe, as a training sees them."""
    views = invariance.augmented_views(subject.stamp, recipe, subject.crop, SHOWN, subject.seed)
    st.html(STYLE + _grid("finals", subject, [_original(subject), *_views(subject, recipe, views)]))
