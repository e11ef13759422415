"""Everything that knows Streamlit, beside app.py and pages/."""
