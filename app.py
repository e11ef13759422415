"""The dashboard: `streamlit run app.py`.

Imported by the server this is Streamlit with addresses beside it, from which stamps and neighbours come without a
rerun; run as a script it shows the page that is asked for.
"""

import streamlit as st

from ztfexplore.ui.app import router

if __name__ == "__main__":
    router.run()
else:
    from ztfexplore.ui.server.routes import ROUTES

    app = st.App(router.__file__, routes=ROUTES)
