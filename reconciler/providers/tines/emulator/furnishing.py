"""What the emulated tenant is made of at the beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant

SOC, HUNTING = 2, 3
_SYSTEMS = ("Linux", "macOS", "Windows")


def furnish(tenant: Tenant) -> None:
    """Put teams, people, case inputs and records there; `TinesEmulator` describes them."""
    for team_id, name in ((SOC, "SOC"), (HUNTING, "Threat Hunting")):
        add_team(tenant, name, team_id)
    for email, name, teams in (
        ("jane@acme.example", "Jane Doe", (SOC,)),
        ("omar@acme.example", "Omar Haddad", (SOC,)),
        ("lin@acme.example", "Lin Wei", (SOC, HUNTING)),
        ("zoe@acme.example", "Zoe Martin", (HUNTING,)),
    ):
        tenant.add_user(email, name, teams, service_account=False)
    for team_id in (SOC, HUNTING):
        tenant.add_input(team_id, "Operating system", options=_SYSTEMS)
        tenant.add_input(team_id, "Affected hosts", multiple=True)
    tenant.add_input(SOC, "Ticket", regex=r"[A-Z]{2,5}-\d+")
    tenant.add_input(SOC, "Impact score", input_type="number")
    tenant.add_input(SOC, "Contained", input_type="boolean")
    tenant.add_input(SOC, "Detected at", input_type="timestamp")
    for type_name, values in (
        ("Alert", {"Title": "Login from two countries", "Source": "idp"}),
        ("Alert", {"Title": "Mass download", "Source": "dlp"}),
        ("Asset", {"Hostname": "db-7.acme.example"}),
    ):
        tenant.add_record(type_name, values)


def add_team(tenant: Tenant, name: str, team_id: int) -> None:
    """Add a team with four sub-statuses."""
    tenant.add_team(name, team_id)
    tenant.add_sub_status(team_id, "In progress", "OPEN")
    tenant.add_sub_status(team_id, "False positive", "CLOSED")
