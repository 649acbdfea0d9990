"""What the reports share: one self-contained HTML file of texts, charts and tables.

`blocks` are what sections are made of, `drawing` and `palette` how charts look, `svg` puts a chart
into a page, and `page` writes the file. What a report says is the report's own business.
"""
