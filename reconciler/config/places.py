"""Where in the files what has drifted is declared."""

from __future__ import annotations

import os
from dataclasses import replace

from reconciler.config.resolve import Configuration
from reconciler.errors import Location
from reconciler.model.change import Drift
from reconciler.model.values import Path


def located(drift: Drift, configuration: Configuration) -> Drift:
    """Return drift with the places at which its case and its fields are declared, from the root."""
    case, settings = configuration.cases.get(drift.address), configuration.settings
    source = case.source if case else settings.instances[drift.address.provider].source

    def at(path: Path) -> Location:
        place = source.at(path)
        return replace(place, file=os.path.relpath(place.file, settings.root))

    fields = (replace(field, source=at(field.path if case else ())) for field in drift.fields)
    return replace(drift, fields=tuple(fields), source=at(()))
