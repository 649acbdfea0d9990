"""Alerts: who should know is told once when something is wrong, and once when it is right again.

`causes` says what is wrong (`unusual` whether input is, by the `history` of kept snapshots),
`alert` remembers what was told, `messages` has the words, `channels` the ways they take, and
`notify` brings these together.
"""
