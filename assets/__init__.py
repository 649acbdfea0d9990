"""The steps of a refresh as Dagster assets: thin skins over the pure functions of `pipelines`.

`definitions` puts everything together. `exports`, `steps`, `snapshot` and `report` hold the assets,
`asset_checks` what must hold before publication, `jobs`, `schedules` and `sensors` what starts
runs, `alerts` what notices that none do, `resources` what all of them share, `failures` how a step
that fails says why, `instance` what Dagster must be set to, and `metadata` what is shown of a
table.
"""
