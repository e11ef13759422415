"""One file per survey; each registers itself. `ztfexplore.alerts.survey.SURVEYS` looks them up."""
