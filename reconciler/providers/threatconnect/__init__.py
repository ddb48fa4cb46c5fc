"""ThreatConnect cases, through the REST API v3."""

from reconciler.providers.threatconnect.provider import ThreatConnect

__all__ = ["ThreatConnect"]
