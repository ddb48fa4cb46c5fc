"""Tines cases, through the REST API v2."""

from reconciler.providers.tines.provider import Tines

__all__ = ["Tines"]
