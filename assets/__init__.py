"""The steps of a refresh as Dagster assets: thin skins over the pure functions of `pipelines`.

`definitions` puts everything together. `exports`, `steps`, `snapshot` and `report` hold the assets,
`asset_checks` what must hold before publication, `jobs`, `schedules` and `sensors` what starts
runs, `alerts` what notices that none do, `resources` what all of them share, and `metadata` what is
shown of a table.
"""
