"""Registries of named entries in a stated order: surveys, sources, methods, augmentations, colour modes, pages.

A registry knows the package whose modules declare its entries and imports all of them at the first look-up, so that
a new entry only needs a new file in that package. Other packages add entries through an entry point of the
group `ztfexplore.plugins`, which names a module to import.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from threading import RLock
from typing import Generic, Protocol, TypeVar

from ztfexplore.errors import RegistryError, ZtfexploreError

PLUGINS = "ztfexplore.plugins"
# Modules that no declaration may import: they would slow down every command, and the command line has no pages.
HEAVY = ("torch", "streamlit")
LAST = 1000.0
# One line for each entry that was left out, for the log and the data page.
problems: list[str] = []

_lock = RLock()
_begun: set[str] = set()


class Named(Protocol):
    """Something that can be registered."""

    @property
    def name(self) -> str:
        """Its unique name."""
        ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True)
class _Origin:
    """Where an entry was registered: the module, the line, and which execution of the module."""

    module: str
    line: int
    execution: int

    @classmethod
    def of_caller(cls) -> _Origin:
        """The first frame outside this module."""
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
            frame = frame.f_back
        return cls(str(frame.f_globals.get("__name__")), frame.f_lineno, id(frame.f_globals))

    def is_again(self, other: _Origin) -> bool:
        """Whether this is the same declaration, executed again (a reloaded module)."""
        return self.module == other.module and (self.line == other.line or self.execution != other.execution)


@dataclass(frozen=True)
class _Entry(Generic[T]):
    value: T
    order: float
    origin: _Origin


class Registry(Mapping[str, T], Generic[T]):
    """Entries by name, sorted by their stated order, then by name.

    Args:
        kind: what messages call an entry, such as 'survey'.
        package: whose modules register entries when they are imported; '' if there is none.
        error: the exception that `find` raises.
        heavy: names of modules that no module of `package` may import.
        search: registers entries that are not declared in a package.
    """

    def __init__(
        self,
        kind: str,
        package: str = "",
        error: type[ZtfexploreError] = RegistryError,
        heavy: tuple[str, ...] = HEAVY,
        search: Callable[[], None] | None = None,
    ) -> None:
        self.kind, self.package, self.heavy = kind, package, heavy
        self._error, self._search = error, search
        self._entries: dict[str, _Entry[T]] = {}
        self._discovered = self._discovering = False

    def register(self, value: T, order: float = LAST) -> T:
        """Add an entry and return it.

        Args:
            value: with a `name`.
            order: its place among the others; shipped entries have 10, 20, ...

        Raises:
            RegistryError: if another declaration registered that name; its entry is kept.
        """
        origin, known = _Origin.of_caller(), self._entries.get(value.name)
        if known is not None and not origin.is_again(known.origin):
            raise RegistryError(
                f"{self.kind} {value.name}: registered twice, by {known.origin.module} (line {known.origin.line}) and "
                f"by {origin.module} (line {origin.line}); the first is kept"
            )
        self._entries[value.name] = _Entry(value, order, origin)
        return value

    @contextmanager
    def temporarily(self, value: T, order: float = LAST) -> Iterator[T]:
        """Register an entry for the duration of the block, for tests."""
        self._discover()
        self.register(value, order)
        try:
            yield value
        finally:
            del self._entries[value.name]

    def find(self, name: str) -> T:
        """The entry of that name.

        Raises:
            ZtfexploreError: of the registry's own kind, if there is none; the message lists the names.
        """
        if name not in self:
            raise self._error(f"{self.kind} {name[:200]}: unknown; there are {', '.join(self)}")
        return self[name]

    def order(self, name: str) -> float:
        """The order that an entry was registered with."""
        self._discover()
        return self._entries[name].order

    def __getitem__(self, name: str) -> T:
        self._discover()
        return self._entries[name].value

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(sorted(self._entries, key=lambda name: (self._entries[name].order, name)))

    def __len__(self) -> int:
        self._discover()
        return len(self._entries)

    def _discover(self) -> None:
        """Import the modules that register entries, once; look-ups meanwhile see the entries registered so far."""
        if self._discovered:
            return
        with _lock:
            if self._discovered or self._discovering:
                return
            self._discovering = True
            try:
                for module in modules(self.package) if self.package else []:
                    attempt(module, partial(importlib.import_module, module))
                if self._search is not None:
                    self._search()
                load_plugins()
                self._discovered = True
            finally:
                self._discovering = False


def modules(package: str) -> list[str]:
    """Names of the modules of a package, without subpackages, in alphabetical order."""
    paths = importlib.import_module(package).__path__
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(paths) if not found.ispkg]


def load_plugins() -> None:
    """Import the modules that installed packages offer, once for all registries."""
    for point in entry_points(group=PLUGINS):
        if point.value in _begun:  # a plugin that looks something up during its import gets here again
            continue
        _begun.add(point.value)
        before = set(sys.modules)
        attempt(f"plugin {point.name} ({point.value})", point.load)
        loaded = [name for name in HEAVY if name in sys.modules and name not in before]
        if loaded:
            line = f"imports {' and '.join(loaded)} where it declares; move it inside"
            warn(f"plugin {point.name} ({point.value}): {line}")


def attempt(what: str, load: Callable[[], object]) -> None:
    """Load something that must not stop the rest: any error becomes one line that names it."""
    try:
        load()
    except RegistryError as error:
        warn(f"{what}: {error}")
    except (Exception, SystemExit) as error:
        reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        warn(f"{what}: left out, it cannot be loaded ({reason[:240]})")


def warn(line: str) -> None:
    """Report on stderr what was left out, and keep it for the data page; each line only once."""
    if line not in problems:
        problems.append(line)
        logging.getLogger("ztfexplore").warning("%s", line)
