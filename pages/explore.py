"""Two linked maps: click an object to see its stamps and its nearest neighbours in both embeddings."""

import streamlit as st

from ztfexplore.ui.app import page
from ztfexplore.ui.explore import (
    colour_choice,
    explore,
    filter_box,
    find_box,
    object_card,
    object_history,
    selection,
    upload_box,
)
from ztfexplore.ui.labelling import panel
from ztfexplore.ui.widgets import naming

page.begin("Explore", order=10)
page.ensure_catalogue()
choices = st.columns([1, 1, 1, 1, 1, 1.25], vertical_alignment="bottom")
with choices[0]:
    view = page.choose_catalogue()
encoders = explore.choose_encoders(view, choices[1:3])
with choices[3]:
    colour = colour_choice.choose(view, encoders)
with choices[4]:
    find_box.show_find_box(view)
with choices[5], st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
    passed = filter_box.show_filter_box(view)
    uploaded = upload_box.show_upload_box(view, encoders)
    same_object = explore.choose_same_object(view)
find_box.results(view)
filter_box.notes(view, passed)
explore.maps(view, encoders, colour, passed, uploaded)
if uploaded is not None:
    upload_box.show_uploaded_alert(view, uploaded, naming.title)


@st.fragment
def picked() -> None:
    """The part that a click changes; the maps above are not sent again."""
    row = explore.picked_row(view)
    if row is None:
        explore.welcome(view, encoders)
    beside, grids = st.columns([0.27, 0.73])
    if row is not None:
        with beside:
            explore.stamps(view, row)
            history = object_history.read_history(view, row)
            object_card.about(view, row, history)
    with grids:
        explore.neighbours(view, row, encoders, same_object)
        panel.labelling_section(view, selection.rows(view, passed).tolist(), encoders[0])
        selection.show_selection(view, passed)
    if row is not None:
        with beside:
            object_card.more(view, row, history)


picked()
