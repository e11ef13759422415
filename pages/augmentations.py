"""What augmentations do to a stamp, and which of them an encoder has become invariant to."""

import streamlit as st

from ztfexplore.ui.app import page
from ztfexplore.ui.augmentations import charts
from ztfexplore.ui.augmentations import pictures as augmentations
from ztfexplore.ui.augmentations import subject as augmentations_subject
from ztfexplore.ui.explore import find_box

page.begin("Augmentations", order=30)
page.ensure_catalogue()
choices = st.columns([1, 1.2, 2, 1.6], vertical_alignment="bottom")
with choices[0]:
    view = page.choose_catalogue()
with choices[1]:
    find_box.show_find_box(view)
with choices[2]:
    chosen = augmentations_subject.choose_encoders(view)
with choices[3]:
    augmentations_subject.buttons(view)
find_box.results(view)
row = augmentations_subject.choose_row(view)
subject = augmentations_subject.subject(view, row, chosen)
st.caption(
    "Training pulls augmented views of one stamp together, so the encoder learns to ignore what they change. See what "
    "each augmentation does to a stamp, how far it moves the stamp among its neighbours, and what an encoder has "
    "learned to ignore."
)
augmentations_subject.heading(subject)


@st.fragment
def one() -> None:
    """The part that the slider changes: the samples, and one row of the chart."""
    beside, pictures = st.columns([0.26, 0.74], gap="medium")
    with beside:
        augmentation, strength = augmentations.choose(subject)
    with pictures:
        augmentations.samples(subject, augmentation, strength)
    if subject.encoders:
        st.markdown("#### How far each augmentation moves this object")
    charts.moves(subject, augmentation, strength)


@st.fragment
def recipe() -> None:
    """A recipe applied to this stamp."""
    st.markdown("#### A recipe, step by step")
    beside, pictures = st.columns([0.26, 0.74], gap="medium")
    with beside:
        steps = augmentations.choose_recipe()
        st.caption("Above: one view after each step. Below: several views by the whole recipe, as in training.")
    with pictures:
        augmentations.steps(subject, steps)
        st.divider()
        augmentations.finals(subject, steps)


@st.fragment
def summary() -> None:
    """The summary over two hundred objects."""
    st.markdown("#### What the encoders have become invariant to")
    charts.summary(view, list(chosen))


one()
recipe()
summary()
