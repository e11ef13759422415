"""One file per survey; each registers itself. `ztfexplore.alerts.survey.SURVEYS` finds them."""
