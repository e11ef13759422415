"""Research: three questions, their measured answers, and a reduced version of each to run here."""

import streamlit as st

from ztfexplore.ui import page

page.begin("Research")
# The first visitor of a server waits for torch to load; not before an empty screen.
with st.spinner("Loading"):
    from ztfexplore.ui import research, research_found, research_live, research_notes

question = research.choose_question()
found = research_found.found(question)
research.answer(found)
if found.has_runs:
    measure, probe, view_as = research.choose_measure(question)
    research.figures(question, found, measure, probe, view_as)
    research.details(found)
    research.table(question, found, measure, probe)
st.divider()
research_notes.how(question, found)
st.divider()
research_live.explain()
page.ensure_catalogue()
with st.columns([1, 3])[0]:
    view = page.choose_catalogue()
research_live.live(view, question)
