"""Which rights of its role this process's principal lacks."""

from __future__ import annotations

from tidegate.ops.acl_admin import lacking, principal
from tidegate.ops.acls import acls
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.role import Role
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client


async def check_rights(settings: Settings, role: Role) -> Check:
    """Ask the broker what it grants, and name each right of `role` that is missing."""
    whom = principal(settings)
    async with admin_client(settings) as client:
        missing = await lacking(client, acls(settings, role))
    if not missing:
        return Check("rights", Status.GOOD, f"{whom} may do all that a {role} does")
    found = "\n".join(f"{whom} may not: {entry}" for entry in missing)
    name = whom if whom.startswith("User:") else "PRINCIPAL"
    return Check(
        "rights",
        Status.BAD,
        found,
        f"Let an administrator run `tidegate topics acls --role {role} --principal {name} --create`"
        " (without --create it prints what it would do); or ask as another role: `--role`.",
    )
