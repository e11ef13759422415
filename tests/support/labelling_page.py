"""A page with nothing but the labelling part, for tests: `rows` in the URL are what is selected."""

import streamlit as st

from ztfexplore.ui import state
from ztfexplore.ui.app import page
from ztfexplore.ui.labelling import panel, queue

page.begin("Labelling")
view = page.choose_catalogue()
rows = [int(row) for row in (state.get("rows") or "").split(",") if row]
encoder = state.get("encoder") or "simclr"
panel.labelling_section(view, rows, encoder)
predicted = queue.predictions_column(view, encoder)
if predicted is not None:
    st.text(f"recoloured: {predicted.notna().sum()}")
