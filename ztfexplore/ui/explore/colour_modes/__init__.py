"""One file a colour mode; each registers itself. `ztfexplore.ui.explore.colour_mode.COLOURS` looks them up."""
