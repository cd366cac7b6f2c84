"""One for each panel: wishes become edits and jobs, results become state."""
