"""Alerts, their stamps and surveys, and labels files."""
