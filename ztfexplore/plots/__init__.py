"""Frames in, plotly figures out. No streamlit."""
