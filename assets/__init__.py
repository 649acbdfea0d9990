"""The steps of a refresh as Dagster assets: thin skins over the pure functions of `pipelines`.

One module per group of the asset graph. `steps` says which step makes which tables, `project` is
the resource that all assets share, `checks` holds the asset checks, `jobs`, `schedules` and
`sensors` start runs. `assets.definitions` puts them together.
"""
