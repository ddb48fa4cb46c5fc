"""The systems that can be reconciled: one folder each, found through the entry points `reconciler.providers`."""
