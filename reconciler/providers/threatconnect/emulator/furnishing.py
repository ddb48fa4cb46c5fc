"""What an emulated instance begins with."""

from __future__ import annotations

from reconciler.providers.threatconnect.emulator.tenant import API_USER_ID, ORGANIZATION_ID, Tenant
from reconciler.providers.threatconnect.emulator.things import (
    ArtifactType,
    AttributeType,
    Group,
    Indicator,
    Owner,
    Tag,
    Template,
    TemplateTask,
    User,
    UserGroup,
)

JANE_ID = 2
"""The person who does what people do, unless another is named."""

_USERS = (
    User(id=JANE_ID, user_name="jane@acme.example", first_name="Jane", last_name="Doe", pseudonym="jdoe"),
    User(
        id=API_USER_ID,
        user_name="11112222333344445555",
        first_name="Case",
        last_name="Automation",
        pseudonym="CaseAutomation",
        role="Api User",
    ),
    User(id=4, user_name="omar@acme.example", first_name="Omar", last_name="Haddad", pseudonym="ohaddad"),
)
_USER_GROUPS = (
    UserGroup(id=1, name="SOC Team", description="The first to look", members=(2, 4)),
    UserGroup(id=2, name="Night Shift", members=(4,)),
)
_ATTRIBUTE_TYPES = (
    AttributeType(id=51, name="Phishing Open Rate", max_allowed=1, max_size=100),
    AttributeType(id=52, name="Description", max_size=65_535),
    AttributeType(id=53, name="Ticket"),
    AttributeType(
        id=54,
        name="Kill Chain",
        options=("Recon", "Delivery", "Exploit"),
        error_message="Please select a phase of the kill chain.",
    ),
    AttributeType(id=55, name="Host Notes", applies_to=frozenset({"Host"})),
)
_INTEL_TYPES = {
    "Host": "indicator-Host",
    "URL": "indicator-URL",
    "IP Address": "indicator-Address",
    "Email Address": "indicator-EmailAddress",
    "File Hash": "indicator-File",
    "ASN": "indicator-ASN",
    "CIDR": "indicator-CIDR",
    "Mutex": "indicator-Mutex",
    "User Agent": "indicator-User Agent",
    "Registry Key": "indicator-Registry Key",
}
_PLAIN_TYPES = (
    "Certificate File",
    "Command",
    "Email Subject",
    "Event File",
    "Hashtag",
    "Log File",
    "MAC Address",
    "PCAP File",
    "Phone Number",
    "Process Name",
    "Screenshot File",
)
_TEMPLATES = (
    Template(
        id=1,
        name="Phishing triage",
        tasks=(
            TemplateTask(name="Collect headers", required=True),
            TemplateTask(name="Warn the recipients", required=False, step=2),
        ),
    ),
    Template(id=2, name="Malware triage"),
)
_TECHNIQUES = (
    ("T1566", "Phishing"),
    ("T1055.011", "Process Injection: Extra Window Memory Injection"),
)


def furnish(tenant: Tenant) -> None:
    """Put there the owners, people, types, templates, tags, groups and indicators of a new instance."""
    tenant.owners.put(Owner(id=ORGANIZATION_ID, name="Demo Organization", type="Organization"))
    tenant.owners.put(Owner(id=2, name="Threat Lab", type="Source"))
    for user in _USERS:
        tenant.users.put(user)
    for user_group in _USER_GROUPS:
        tenant.user_groups.put(user_group)
    for attribute_type in _ATTRIBUTE_TYPES:
        tenant.attribute_types.put(attribute_type)
    for name in sorted((*_INTEL_TYPES, *_PLAIN_TYPES)):
        number = tenant.artifact_types.next_id()
        tenant.artifact_types.put(ArtifactType(id=number, name=name, intel_type=_INTEL_TYPES.get(name)))
    for template in _TEMPLATES:
        tenant.templates.put(template)
    _furnish_intelligence(tenant)


def _furnish_intelligence(tenant: Tenant) -> None:
    now = tenant.now()
    for number, (technique_id, name) in enumerate(_TECHNIQUES, start=475):
        tag = Tag(id=number, name=name, technique_id=technique_id, owner_id=None, last_used=now)
        tenant.put_tag(tag)
    tenant.add_rule("phish-syn", "Phishing Email")
    for number, type_, name in ((8001, "Adversary", "Known Bad Guy"), (8002, "Campaign", "Autumn")):
        tenant.groups.put(Group(id=number, type=type_, name=name, owner_id=ORGANIZATION_ID, date_added=now))
    for number, type_, summary in ((9001, "Address", "10.0.0.9"), (9002, "Host", "badguy.com")):
        tenant.put_indicator(
            Indicator(id=number, type=type_, summary=summary, owner_id=ORGANIZATION_ID, date_added=now)
        )
