"""Terraform for cases: declare the desired state of security cases in YAML, plan, apply, detect drift."""

__version__ = "0.1.0"
