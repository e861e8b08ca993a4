"""Who may do what, as a page, from the policy: `python -m deploy.authorisation_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from api.policy import OF_CARE, POLICY, Rule
from api.who import OPERATORS, PURPOSES, PURPOSES_OF, ROLES
from domain.catalogue import ACTS
from domain.fact import KINDS

PAGE = Path(__file__).parent.parent / "docs" / "authorisation.md"

OPENING = """\
# Who may do what

The tables are made from the policy of the API (`api/policy.py`): `python -m deploy.authorisation_page`
writes this page anew, and a test compares. What of a case somebody is shown once she may see it stands in
`docs/disclosure-matrix.md`.

## How a request is judged

One function, `allowed`, in this order:

1. **Agency and role.** Which kinds of agency an operation is for, and whether for persons, for whoever acts
   for the agency as such, or for both. Otherwise 403 `ROLE_NOT_ALLOWED`.
2. **Purpose** (GDPR art. 5 par. 1 lett. b)). The token says for what it is asked; the agency must be there
   for that, and the operation admit it. Otherwise 403 `PURPOSE_NOT_ALLOWED`. Both are judged before the
   case is looked at, so that a refusal tells nothing of it.
3. **Tie to the case.** The servizio sociale sees the cases assigned to the person; the Ambito sees every
   case, cut to what it may know; any other office sees what stands disclosed to its seat, or what it is
   linked to. What may not be seen is told as if it were not there: 404, with the same words, and after the
   same time (`UNKNOWN_AFTER`).
4. **Assignment.** To record, a person must be assigned to the case (403 `NOT_ASSIGNED`), but in agencies
   that assign nobody: Comune, INPS, the clock. An assignment serves its own purpose; one for
   `TAKING_CHARGE` serves every purpose of its agency. Whoever is assigned for something else gets 403
   `PURPOSE_NOT_ALLOWED`.

A new case goes to whoever of the servizio sociale takes it on. Once somebody of it is assigned, a social
worker may take over for herself (403 `ROLE_NOT_ALLOWED` for another), which stands in the case for all who
are assigned to see; to anybody else of the office the case is not there (404) until who is assigned lets her
in: to know the id of a case is no title to it. An office that is linked assigns its own (decision 32).

An assignment counts from the request after it was recorded, and ends with the request after its end was.
`GET /cases/{case_id}/readers?on=` replays who could read or act on any day, by the policy as it is now and
the ties of then (`api/could_see.py`); `GET /cases/{case_id}/accesses` says who did read.

## The second wall

What the API reads for somebody it reads as the role `ambito_reader`, and says for whom with each connection
that it takes (`domain/ledger/reading.py`). PostgreSQL's row-level security shows that reader her rows; where
nobody was named it shows none, so a query that forgets to ask who may see gives too little, never too much. A
table without policies is not granted to readers at all.

| table | the Ambito | servizio sociale | any other office | nobody named |
|---|---|---|---|---|
| `ledger.events` | the case in hand, its access log | the same, if an assignment is open in the log; the \
protocol | facts sent to it; a case in hand of which something was, its access log | - |
| `ledger.disclosed` | - | rows of the case in hand, if it is hers | its own rows | - |
| `views.cases_v3`, `deadlines_v2`, `worklists_v2`, `decisions_v1` | all rows | rows of cases with her among \
their operators | of terms and lists: on its desk, resting on facts that stand disclosed to it | - |
| checkpoints, tiles, keys, rule sets, acknowledgements | all | all | all | all |

It does not cover:

* **fields**: rows are whole; the cut to the fields of a cell is the first wall's (`domain/disclosure`), and
  so is which terms and lists an office is shown, and a body that left the protocol;
* **acts**: they are decided on the whole case by the register's own connections; there the domain refuses
  again (`decide`: recorder, assignment), and compares an act with what its own seat said (decision 31);
* **the extract** of a convocation, which may stand where nothing was disclosed to the seat yet; candidates
  of a search, each of which is then judged; **figures** of the whole Ambito, health, evidence;
* **purposes** and, in the lists, the seconds that a view is behind the log: a case that was taken away is
  gone from `/cases/{case_id}` at once, from a list when the projector has seen it.

## What numbers may tell

Versions and the entity tag of a case are for who reads all of it. An act of anybody else answers without
them, and an `If-Match` of anybody else never holds (412): trying numbers would tell how many facts there
are. The Ambito reads facts without versions, and every reader pages by ids. What is sent to a recipient
bears the version that the visibility matrix gives it; an extract bears that of the day of the convocation,
which its hash binds.

## Reading much

A file that is read leaves a line in the access log of its case, a page of a list one in
`ledger.list_reads`, with the cases shown. A person who reads more than 60 files in ten minutes leaves a
warning (`bulk reading`) and counts in `ambito_bulk_reads`, without being named in either: who it was, the
access log tells. So does a client of PDND, or of a direct trust, that reads more than 300, for whomever it
says that it reads. Nothing is refused.
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join((OPENING, *_purposes(), *_operations())) + "\n"


def _purposes() -> Iterator[str]:
    yield "## Purposes of each agency"
    yield ""
    yield "| agency | purposes, what it is there for first |"
    yield "|---|---|"
    for agency in KINDS:
        yield f"| {agency} | {', '.join(PURPOSES_OF[agency])} |"
    yield ""


def _operations() -> Iterator[str]:
    for title, acts in (("Queries", False), ("Acts", True)):
        yield f"## {title}"
        yield ""
        yield "| operation | agencies | roles | purposes |"
        yield "|---|---|---|---|"
        for operation, rule in sorted(POLICY.items()):
            if (operation in ACTS) is acts:
                yield f"| `{operation}` | {_agencies(rule)} | {_roles(rule)} | {_for(rule)} |"
        yield ""
    yield f"Acts of care, which are not for `CONTROLS`: {', '.join(f'`{act}`' for act in sorted(OF_CARE))}."


def _agencies(rule: Rule) -> str:
    missing = [kind for kind in KINDS if kind not in rule.agencies]
    if len(missing) < 4:
        return "all" if not missing else f"all but {', '.join(missing)}"
    return ", ".join(kind for kind in KINDS if kind in rule.agencies)


def _roles(rule: Rule) -> str:
    if rule.roles == ROLES:
        return "any"
    return "persons" if rule.roles == OPERATORS else ", ".join(sorted(rule.roles))


def _for(rule: Rule) -> str:
    missing = sorted(PURPOSES - rule.purposes)
    if not missing:
        return "any"
    return f"all but {', '.join(missing)}" if len(missing) < 4 else ", ".join(sorted(rule.purposes))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
