"""Who must be in the équipe multidisciplinare: protocol art. 5, DOMAIN.md section 4.

The protocol says «orientativamente», so a core role may be missing for a reason that is written down. It
names the case manager twice: the social operator (art. 5), normally the social worker (art. 7): either may
be, and exactly one is. [seed P 5, 7]
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from domain.rules.checks import Failed, Level

CORE_ROLES = ("SOCIAL_WORKER", "SOCIAL_OPERATOR", "EMPLOYMENT_OPERATOR")
"""Assistente sociale of the Comune, operatore sociale of the Ambito, operatore dei servizi per l'impiego."""

CASE_MANAGER_ROLES = ("SOCIAL_WORKER", "SOCIAL_OPERATOR")
"""Who can be the case manager; by default the first."""


def missing_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """The core roles that nobody in the équipe covers."""
    present = set(roles)
    return tuple(role for role in CORE_ROLES if role not in present)


def unexplained_roles(roles: Iterable[str], reasons: Mapping[str, str]) -> tuple[str, ...]:
    """The core roles that are missing without a reason."""
    return tuple(role for role in missing_roles(roles) if not reasons.get(role, "").strip())


def failed_in_equipe(
    components: Sequence[tuple[Hashable, str]],
    reasons: Mapping[str, str],
    case_manager: Hashable,
    referent: Hashable,
    adults: Collection[Hashable],
) -> tuple[Failed, ...]:
    """What an équipe lacks (EQUIPE_INCOMPLETE); components as (person, role), reasons by missing role."""
    roles = [role for _, role in components]
    lacking = [f"no {role}, and no reason" for role in unexplained_roles(roles, reasons)]
    manager = [] if _can_manage(components, case_manager) else ["no case manager among its social workers"]
    family = [] if referent in adults else ["the referent is not an adult member of the household"]
    found = {"EM-CORE": lacking, "EM-CASE-MANAGER": manager, "EM-REFERENT": family}
    return tuple(
        Failed(code, Level.PROTOCOL, "protocol art. 5", because) for code in found for because in found[code]
    )


def _can_manage(components: Sequence[tuple[Hashable, str]], person: Hashable) -> bool:
    return any(who == person and role in CASE_MANAGER_ROLES for who, role in components)
