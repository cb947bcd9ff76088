"""Reports: tables and figures of results, the page of a bundle, and its model card."""
