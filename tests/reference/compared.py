"""What is published beside what the rules give, table by table."""

from pipelines.exports.ingest import Deliveries
from pipelines.publication.manifest import Manifest
from pipelines.reference.comparison import KEYS, Comparison, compare_published
from pipelines.reference.recompute import Source
from pipelines.reference.sample import Sample
from pipelines.refresh import open_store
from pipelines.rulebook import parse_rulebook
from tests.product import Project


def compared(
    project: Project, manifest: Manifest, sample: Sample | None = None
) -> dict[str, Comparison]:
    """The comparison of each table of the project's last refresh with the rules."""
    store = open_store(project.settings())
    deliveries = store.load("deliveries", Deliveries)
    assert deliveries is not None
    rulebook = parse_rulebook(manifest.rulebook.encode(), "the rulebook")
    source = Source(store, deliveries, rulebook, manifest.snapshot.as_of)
    published = {table: manifest.paths(store.root, table) for table in KEYS}
    return {c.table: c for c in compare_published(source, published, sample)}
