"""Communifire (Axero) cases, through the REST API."""

from reconciler.providers.communifire.provider import Communifire

__all__ = ["Communifire"]
