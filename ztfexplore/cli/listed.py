"""Choices and help texts from registries, looked up only when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click


class Listed(click.Choice):
    """A choice of names that are looked up only when needed, so that other commands' help need not wait."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names
        self.case_sensitive = True

    @property
    def choices(self) -> Sequence[str]:  # type: ignore[override]  # click sets it once, this asks each time
        """The names registered now."""
        return tuple(self._names())


class ListingOption(click.Option):
    """An option whose help ends with a list that is looked up when the help is shown."""

    def __init__(self, *args: Any, listing: Callable[[], str], **kwargs: Any) -> None:
        self._listing, self._help = listing, ""
        super().__init__(*args, **kwargs)

    @property
    def help(self) -> str:  # click sets it once, this asks each time
        """The fixed text and the list."""
        return f"{self._help} {self._listing()}"

    @help.setter
    def help(self, text: str | None) -> None:
        self._help = text or ""
