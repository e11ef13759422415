"""The server and the router: `streamlit run app.py`.

The server imports this file and finds `app`: Streamlit, and beside it the addresses that stamps and neighbours come
from without a rerun. Each visit then runs it as a script.
"""

import streamlit as st

if __name__ == "__main__":
    pages = [
        st.Page("pages/explore.py", title="Explore", default=True),
        st.Page("pages/probe.py", title="Linear probe"),
        st.Page("pages/augmentations.py", title="Augmentations"),
        st.Page("pages/data.py", title="Data"),
    ]
    st.navigation(pages, position="top").run()
else:
    from ztfexplore.ui.serving import ROUTES

    app = st.App(__file__, routes=ROUTES)
