"""Rubin's alert packets: schemas, framings, cutouts and what becomes an Alert."""
