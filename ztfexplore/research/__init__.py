"""The experiments behind the three research questions: declared as grids, run one by one, kept as tables.

`grid` says what is to be run, `material` what each run sees, `runs` does one, `store` keeps the results, `runner` goes
through them, `intervals`, `summaries` and `answers` read them. `reduced` does a few short ones, for a look.
"""

# Of what a run computes. Another number makes all results those of another version: they are no longer read, and
# every run is done anew. Change it with anything that changes a result (data, training, probe, metric), not otherwise.
SCIENCE_VERSION = 1
