"""Data: the catalogues, their contents and where they came from, and how to add alerts, embeddings and maps."""

import streamlit as st

from ztfexplore.ui.app import page
from ztfexplore.ui.data import overview

page.begin("Data", order=50)
page.ensure_catalogue()
left, right = st.columns([1, 4], vertical_alignment="bottom")
with right:
    section = overview.choose_section()
body = st.container()
with body:
    overview.of_all(section)
with left:
    view = page.choose_catalogue()
with body:
    overview.of_one(section, view)
