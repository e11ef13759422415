"""Simulated alerts, whose stamps look like ZTF's."""

from __future__ import annotations

from ztfexplore.alerts.survey import SURVEYS, Survey
from ztfexplore.alerts.surveys.ztf import ZTF

SIMULATED = SURVEYS.register(
    Survey(
        name="simulated",
        title="Simulated (ZTF-like)",
        channels=ZTF.channels,
        stamp_size=ZTF.stamp_size,
        pixel_scale=ZTF.pixel_scale,
        classes=ZTF.classes,
        metadata={"fwhm": ZTF.metadata["fwhm"], "diffmaglim": ZTF.metadata["diffmaglim"]},
        simulated=True,
        display=ZTF.display,
    ),
    order=20,
)
