"""Everything that differs between surveys. Each survey is declared in a file of `surveys/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from ztfexplore.registry import Registry


@dataclass(frozen=True)
class Portal:
    """A web page about an object. `template` may use {object_id}, {candid}, {ra} and {dec} (deg)."""

    name: str
    template: str

    def url(self, *, object_id: str, candid: int, ra: float, dec: float) -> str:
        """The page's address; object_id is quoted, because packets are untrusted input."""
        return self.template.format(
            object_id=quote(object_id, safe=""), candid=candid, ra=f"{ra:.6f}", dec=f"{dec:.6f}"
        )


@dataclass(frozen=True)
class Display:
    """How a survey's stamps are shown.

    Attributes:
        signed: channels whose scale has zero flux in the middle (difference images).
        composite: the channels shown as red, green and blue of one colour picture; None if there is none.
        white: the pixel value shown as white, on a linear scale from 0, if the pixels are already stretched for
            display; None for fluxes, which are stretched by their own sky noise.
        thumbnail: height and width of the central part that thumbnails show (pixels);
            None for all of it.
    """

    signed: tuple[str, ...] = ()
    composite: tuple[str, str, str] | None = None
    white: float | None = None
    thumbnail: int | None = None


@dataclass(frozen=True)
class Survey:
    """A survey.

    Attributes:
        name: identifies an alert in the catalogue, together with candid.
        title: the name shown on pages.
        channels: names of the stamp's channels, in order; empty if they differ from stamp to stamp.
        stamp_size: height and width of a whole stamp, in pixels; None if it differs from stamp to stamp.
        pixel_scale: arcsec per pixel; None if it differs from stamp to stamp (see the metadata `pixel_scale`).
        detector: (width, height) of the detector in pixels, for stamps cut by its edge; None if unknown.
        classes: the classes that labels of this survey use, in the order of legends.
        metadata: candidate fields kept as columns of their own (float64), with their meaning.
        portals: web pages about an object.
        simulated: True if the objects are simulated; marked wherever they are shown.
        display: how stamps are shown.
        one_picture: True if all stamps are cut from one picture, at the metadata `x` and `y` (pixels): stamps
            closer together than their size share pixels.
        nouns: the word for an object of this survey, and its plural.
    """

    name: str
    title: str
    channels: tuple[str, ...]
    stamp_size: int | None
    pixel_scale: float | None
    classes: tuple[str, ...]
    detector: tuple[int, int] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    portals: tuple[Portal, ...] = ()
    simulated: bool = False
    display: Display = Display()
    one_picture: bool = False
    nouns: tuple[str, str] = ("alert", "alerts")

    @property
    def size(self) -> int:
        """Height and width of a whole stamp (pixels).

        Raises:
            ValueError: if it differs from stamp to stamp.
        """
        if self.stamp_size is None:
            raise ValueError(f"survey {self.name}: stamps have no common size")
        return self.stamp_size

    @property
    def scale(self) -> float:
        """arcsec per pixel.

        Raises:
            ValueError: if it differs from stamp to stamp.
        """
        if self.pixel_scale is None:
            raise ValueError(f"survey {self.name}: stamps have no common pixel scale")
        return self.pixel_scale

    def channel_names(self, count: int) -> tuple[str, ...]:
        """Names of the channels of a stamp with `count` of them."""
        if len(self.channels) == count:
            return self.channels
        return ("image",) if count == 1 else tuple(f"channel {number}" for number in range(1, count + 1))


SURVEYS: Registry[Survey] = Registry("survey", "ztfexplore.alerts.surveys")


def survey_of(name: str) -> Survey:
    """A survey by its name; one that is no longer registered is shown as plain images."""
    known = SURVEYS.get(name)
    return known or Survey(name, name, channels=(), stamp_size=None, pixel_scale=None, classes=())
