"""One file an augmentation; each registers itself with `ztfexplore.augment.augmentation.AUGMENTATIONS`."""
