"""What goes wrong in ways a person can mend: one clear line, never a traceback."""

from __future__ import annotations


class ZtfexploreError(Exception):
    """Any error whose message is meant for the person at the keyboard."""


class CatalogueError(ZtfexploreError):
    """A folder that is no catalogue, or a catalogue that lacks what was asked of it."""


class EncoderError(ZtfexploreError):
    """Weights and card that do not fit each other, or an encoder that does not fit the stamps."""


class LabelsError(ZtfexploreError):
    """A labels file that cannot be read."""


class TrainingError(ZtfexploreError):
    """A training that cannot start, or was stopped because it went wrong."""


class ProbeError(ZtfexploreError):
    """A saved probe that cannot be read, or that does not fit the embeddings."""


class RegistryError(ZtfexploreError):
    """A name that is registered twice, or asked for and not registered."""
