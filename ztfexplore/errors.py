"""Errors that a user can fix: shown as one clear line, never as a traceback."""

from __future__ import annotations


class ZtfexploreError(Exception):
    """Base class of errors whose message is meant for the user."""


class CatalogueError(ZtfexploreError):
    """A folder that is not a catalogue, or a catalogue that lacks what was asked for."""


class EncoderError(ZtfexploreError):
    """Weights and card that do not fit each other, or an encoder that does not fit the stamps."""


class LabelsError(ZtfexploreError):
    """A labels file that cannot be read."""


class TrainingError(ZtfexploreError):
    """A training that cannot start, or that was stopped because it went wrong."""


class ProbeError(ZtfexploreError):
    """A saved probe that cannot be read, or that does not fit the embeddings."""


class RegistryError(ZtfexploreError):
    """A name that is registered twice, or asked for and not registered."""
