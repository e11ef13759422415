"""Galaxies of the Hubble eXtreme Deep Field, cut out of one colour picture."""

from __future__ import annotations

from ztfexplore.alerts.survey import SURVEYS, Display, Survey

# The picture is a reduced JPEG of the Hubble eXtreme Deep Field (STScI release 2012-37; Illingworth et al. 2013, ApJS
# 209, 6). It does not state its pixel scale: the field is 2.3 by 2.0 arcmin, the picture 1000 by 872 pixels, which
# gives 0.138 arcsec per pixel along either axis, accurate to about 5 %: the field is known to a tenth of an arcmin.
# It has no world coordinates either, so its galaxies have no positions on the sky here.
HUBBLE = SURVEYS.register(
    Survey(
        name="hubble",
        title="Hubble Deep Field (galaxies)",
        channels=("red", "green", "blue"),
        # Room to rotate a 33-pixel crop. The isophotes of all galaxies except one fit.
        stamp_size=53,
        pixel_scale=0.138,
        classes=(),
        metadata={
            "isophotal_area": "pixels above three times the sky noise, in the mean of the three colours (pixels)",
            "ellipticity": "1 - b/a, from the second moments above the isophote (0 is round)",
            "position_angle": "of the major axis, anticlockwise from the picture's horizontal (deg)",
            "half_light_radius": "radius that holds half of the isophotal flux (pixels)",
            "isophotal_flux": "above the sky within the isophote, mean of the colours (counts of the JPEG, not linear)",
            "instrumental_magnitude": "-2.5 log10 of isophotal_flux; zero point arbitrary, counts of the JPEG (mag)",
            "peak": "brightest pixel above the sky, mean of the three colours (counts of the JPEG)",
            "touching": "1 if the isophote touched another galaxy's and was separated from it, else 0",
            "x": "centre, from the left of the picture (pixels, the first is 0)",
            "y": "centre, from the bottom of the picture (pixels, the first is 0)",
        },
        display=Display(composite=("red", "green", "blue"), white=255.0, thumbnail=33),
        one_picture=True,
        nouns=("galaxy", "galaxies"),
    ),
    order=30,
)
