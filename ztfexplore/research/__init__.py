"""The experiments behind the three research questions: declared as grids, run one by one, kept as tables.

`grid` lists the runs, `datasets` gives each run its data, `runs` carries out one run, `runner` all that are missing,
and `store` keeps what they give. `results` reads the store, `intervals` and `summaries` turn it into tables, `phrases`,
`narrative`, `answers` and `report` into words. `reduced` runs a few short trainings for a quick look.
"""

# The version of what a run computes. Results of any other version are not read, and every run is done again. Change it
# with anything that changes a result (data, training, probe, metric), and only then.
SCIENCE_VERSION = 1
