"""Communifire (also called Axero): cases of its spaces."""
