"""Two linked maps: click an object, see its stamps and its nearest neighbours in both embeddings."""

import streamlit as st

from ztfexplore.ui import explore, find_box, object_card, page

page.begin("Explore")
page.ensure_catalogue()
choices = st.columns([1, 1, 1, 1, 1.3, 1], vertical_alignment="bottom")
with choices[0]:
    view = page.choose_catalogue()
encoders = explore.choose_encoders(view, choices[1:3])
with choices[3]:
    colour = explore.choose_colour(view)
with choices[4]:
    find_box.box(view)
with choices[5]:
    same_object = explore.choose_same_object(view)
find_box.results(view)
explore.maps(view, encoders, colour)


@st.fragment
def picked() -> None:
    """What a click changes; the maps above are not sent again."""
    row = explore.picked_row(view)
    if row is None:
        explore.welcome(view, encoders)
    beside, grids = st.columns([0.27, 0.73])
    if row is not None:
        with beside:
            history = object_card.show(view, row)
    with grids:
        explore.neighbours(view, row, encoders, same_object)
    if row is not None:
        with beside:
            object_card.more(view, row, history)


picked()
