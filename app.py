"""The router: `streamlit run app.py`."""

import streamlit as st

st.navigation([st.Page("pages/explore.py", title="Explore", default=True)]).run()
