"""What watches over refreshes: a record of the last one, metrics, alerts, lineage.

Whoever refreshes does it under a `Monitor` (`refresh`): it keeps the `record`, writes `metrics`
where the settings name a file for them, sends `alerts` where they name somebody to tell, and
`lineage` where OpenLineage's environment variables are set. None of it can fail a refresh: what
cannot be written or sent becomes a notice.
"""
