"""Research: three questions, their measured answers, and a reduced version of each that can be run here."""

import streamlit as st

from ztfexplore.ui.app import page

page.begin("Research", order=40)
# On a new server the first visitor waits for torch to load; the spinner says so.
with st.spinner("Loading"):
    from ztfexplore.ui.research import answer, live, notes
    from ztfexplore.ui.research import loaded as research_loaded

question = answer.choose_question()
loaded = research_loaded.load_answer(question)
answer.show_answer(loaded)
if loaded.has_runs:
    measure, probe, view_as = answer.choose_measure(question)
    answer.show_figures(question, loaded, measure, probe, view_as)
    answer.show_details(loaded)
    answer.show_table(question, loaded, measure, probe)
st.divider()
notes.show_method(question, loaded)
st.divider()
live.explain_reduced()
page.ensure_catalogue()
with st.columns([1, 3])[0]:
    view = page.choose_catalogue()
live.show_live(view, question)
