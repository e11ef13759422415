"""Named things in a stated order that register themselves: surveys, sources, methods, augmentations, colours, pages.

A registry knows the package whose modules declare its entries and imports them all when it is first asked, so that a
new file in that package is all that a new entry needs. Other people's packages add theirs by an entry point of the
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
# What no declaration may import: it would slow down every command, and the command line has no pages.
HEAVY = ("torch", "streamlit")
LAST = 1000.0
# One line about everything that was left out, for the log and the data page.
problems: list[str] = []

_lock = RLock()
_begun: set[str] = set()


class Named(Protocol):
    """What can be registered."""

    @property
    def name(self) -> str:
        """By which it is called."""
        ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True)
class _Origin:
    """Where an entry was registered: a module, a line of it, and which execution of the module that was."""

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
        """Whether this is the same declaration, run once more (a module that was reloaded)."""
        return self.module == other.module and (self.line == other.line or self.execution != other.execution)


@dataclass(frozen=True)
class _Entry(Generic[T]):
    value: T
    order: float
    origin: _Origin


class Registry(Mapping[str, T], Generic[T]):
    """Entries by name, in the order they state, equal ones by name.

    Args:
        kind: what an entry is called in messages: 'survey'.
        package: whose modules register entries when they are imported; '' if there is none.
        error: what `find` raises.
        heavy: names of modules that no module of `package` may import.
        search: registers entries that are declared elsewhere than in a package.
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
            order: where it stands among the others; those shipped have 10, 20, ...

        Raises:
            RegistryError: if there is an entry of that name from elsewhere; it stays.
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
        """An entry for as long as the block runs, as tests need it."""
        self._discover()
        self.register(value, order)
        try:
            yield value
        finally:
            del self._entries[value.name]

    def find(self, name: str) -> T:
        """The entry of that name.

        Raises:
            ZtfexploreError: of the registry's own kind, if there is none; it lists what there is.
        """
        if name not in self:
            raise self._error(f"{self.kind} {name[:200]}: unknown; there are {', '.join(self)}")
        return self[name]

    def order(self, name: str) -> float:
        """Where an entry stands, as it was registered."""
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
        """Import what registers entries, once; what is asked for meanwhile is answered with what is there so far."""
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
    """Names of the modules of a package, packages inside it left out, in the order of the alphabet."""
    paths = importlib.import_module(package).__path__
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(paths) if not found.ispkg]


def load_plugins() -> None:
    """Import the modules that installed packages offer, once for all registries."""
    for point in entry_points(group=PLUGINS):
        if point.value in _begun:  # a plugin that looks something up while it is imported comes here again
            continue
        _begun.add(point.value)
        before = set(sys.modules)
        attempt(f"plugin {point.name} ({point.value})", point.load)
        loaded = [name for name in HEAVY if name in sys.modules and name not in before]
        if loaded:
            line = f"imports {' and '.join(loaded)} where it declares; move it inside"
            warn(f"plugin {point.name} ({point.value}): {line}")


def attempt(what: str, load: Callable[[], object]) -> None:
    """Load something that must not stop the rest: whatever it raises becomes one line that names it."""
    try:
        load()
    except RegistryError as error:
        warn(f"{what}: {error}")
    except (Exception, SystemExit) as error:
        reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        warn(f"{what}: left out, it cannot be loaded ({reason[:240]})")


def warn(line: str) -> None:
    """Say on stderr what was left out, and keep it for the data page; the same line once."""
    if line not in problems:
        problems.append(line)
        logging.getLogger("ztfexplore").warning("%s", line)
