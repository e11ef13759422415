"""Research: three questions, their measured answers, and a reduced version of each to run here."""

import streamlit as st

from ztfexplore.ui.app import page

page.begin("Research")
# The first visitor of a server waits for torch to load; not before an empty screen.
with st.spinner("Loading"):
    from ztfexplore.ui.research import answer, live, notes
    from ztfexplore.ui.research import found as research_found

question = answer.choose_question()
found = research_found.found(question)
answer.answer(found)
if found.has_runs:
    measure, probe, view_as = answer.choose_measure(question)
    answer.figures(question, found, measure, probe, view_as)
    answer.details(found)
    answer.table(question, found, measure, probe)
st.divider()
notes.how(question, found)
st.divider()
live.explain()
page.ensure_catalogue()
with st.columns([1, 3])[0]:
    view = page.choose_catalogue()
live.live(view, question)
