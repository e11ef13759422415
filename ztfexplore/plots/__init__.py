"""From data frames to plotly figures, without Streamlit."""
