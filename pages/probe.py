"""Linear probes on up to three encoders: train, score, look at the mistakes, save, predict."""

import streamlit as st

from ztfexplore.ui.app import page
from ztfexplore.ui.probe import results, run, settings

page.begin("Linear probe", order=20)
page.ensure_catalogue()
first = st.columns([1, 2.4, 1.2], vertical_alignment="bottom")
with first[0]:
    view = page.choose_catalogue()
second = st.columns([1.6, 1, 1.2, 0.8, 1], vertical_alignment="bottom")
chosen = settings.choose_settings(view, [*first[1:], *second[:4]])
with second[4]:
    settings.train_button(view, chosen)
asked = settings.asked_in_url()
if asked is None:
    settings.welcome(view)
else:
    comparison = run.train_or_recall(view, asked)
    if chosen is not None and chosen != asked:
        st.info("The settings have changed: press Train to use them. The results below are from the last training.")
    if comparison is not None:
        results.show_results(view, comparison)
