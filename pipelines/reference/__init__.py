"""Every published table once more, by the SQL files alone, to compare with what is published.

A refresh counts plays in arrays and remembers what it can. Here nothing is remembered: from the
accepted rows of the export files to ranks, the SELECTs of `sql/` run one after the other. `rules`
lists them in order, `relations` gives them what they start from, `recompute` runs them, and
`comparison` says where two tables differ.
"""
