"""Numbers over all crops of a project: embeddings, neighbours, duplicates, wrong labels, outliers."""
