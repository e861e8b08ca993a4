"""The demo as text: the sample goes in, one household lives, and each body tells what it knows of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid5

import psycopg

from consumers.client.register import Register
from consumers.client.shapes import CaseInFull, EquipeConvoked, Invitee, Reconstruction
from consumers.client.transport import Transport
from deploy import clock
from deploy.acts_file import PATIENCE, Imported, Importer, path_of, read
from deploy.demo.life import at, working
from deploy.demo.offices import EDUCATOR
from deploy.demo.sample import SAMPLE
from deploy.demo.walk import walk, walk_case
from deploy.lines import with_events
from deploy.processes import opened_log
from deploy.settings import Settings
from deploy.tokens import tokens
from domain.case.events import TermLapsed
from domain.catalogue import ACTS
from domain.contract import Json, stored_as
from domain.rules.deadlines import norms
from domain.rules.patto import WARNING_TEXT
from projections.health import RecipientHealth, health
from projections.offices import office_of

Say = Callable[[str], None]

LEVEL_WITHIN = 30.0
"""Seconds that the recipients are given to acknowledge everything; they need about one."""

WIDTH = 112


def show(stack: dict[str, Any], say: Say, mails: list[EmailMessage]) -> None:
    """Run the demo against a stack that serves. Repeatable: what is on record is told again.

    ``mails`` is where a local mail server puts what the stack sends; it stays empty where the stack writes to
    another one.
    """
    settings = Settings()
    transport, token = Transport(stack["api_url"], PATIENCE), tokens(settings)
    _title(say, "Two hundred invented households")
    _import(transport, token, say)
    _title(say, "One household, from referral to decurtazione (invented as well)")
    answers = _walk(transport, token, say)
    case_id, by = walk_case(), _operator()
    register = Register(transport, lambda: token(by, "TAKING_CHARGE"))
    case = cast("CaseInFull", register.show_case(case_id).body)
    _title(say, "Who is obliged, and why")
    _obligations(case, say)
    _title(say, "What the checks of the patto found")
    _checks(register, case_id, case, say)
    _title(say, "The équipe, convoked by e-mail")
    _mail(Register(transport, lambda: token(AMBITO, "TAKING_CHARGE")), case_id, case, mails, say)
    _title(say, f"What time brought by {CLOCK_DAY}: ambito clock --case {case_id} --on {CLOCK_DAY}")
    _clock(settings, stack, case_id, say)
    _wait_until_level(stack, say)
    _title(say, "What each body now knows of this household")
    _side_by_side(register, stack, case_id, say)
    _title(say, "What lies on the desk of each office: ambito serve --agency cpi answers it over REST")
    _desks(stack, say)
    _title(say, "Why the decurtazione was ordered")
    measure_id = next(a["measure_id"] for act, a in answers if act == "record_decurtazione")
    _reconstruction(register.reconstruct_measure(UUID(measure_id)).body, say)


def _import(transport: Transport, token: Callable[[dict[str, str], str], str], say: Say) -> None:
    began = last = time.monotonic()

    def progress(done: Imported) -> None:
        nonlocal last
        if time.monotonic() - last > 2:
            last = time.monotonic()
            say(f"  {done.lines} acts, {done.lines / (last - began):.0f} a second")

    done = Importer(transport, token, progress).run(read(str(SAMPLE)))
    said = f"  {done.lines} acts in {time.monotonic() - began:.1f} s: {done.recorded} recorded"
    say(f"{said}, {done.replayed} on record already, {len(done.refused)} refused")
    for refusal in done.refused[:5]:
        say(f"  line {refusal.line}: {refusal.act} refused: {refusal.because}")


def _walk(
    transport: Transport, token: Callable[[dict[str, str], str], str], say: Say
) -> list[tuple[str, dict[str, Json]]]:
    """The steps, each said as it is recorded; what each one stated."""
    events: dict[UUID, UUID] = {}
    told = []
    for step in walk():
        line = step.line
        states = with_events(line.states, events.__getitem__)
        by = partial(token, line.to_json()["by"], line.purpose)
        headers = {"Idempotency-Key": line.command_id, "Known-On": line.known_on}
        path = path_of(ACTS[line.act], line)
        answer = transport.call("POST", path, by, body=states, headers=headers)
        if answer.body["event_ids"]:
            events[line.command_id] = UUID(answer.body["event_ids"][0])
        say(f"  {answer.body.get('version', ''):>3}  {line.known_on}  {line.by.agency:<17} {step.caption}")
        told.append((line.act, states))
    return told


def _obligations(case: CaseInFull, say: Say) -> None:
    """The last evaluation of each member: the result, every reason, the rule set that gave it."""
    names = {member["member_id"]: f"{member['name']} {member['surname']}" for member in case["members"]}
    last = {found["member_id"]: found for found in case["obligation_evaluations"]}
    for found in last.values():
        reasons = ", ".join(found["reason_codes"]) or "no row of the table excludes her"
        rules = f"{found['rule_set_id']}, {str(found['rule_set_hash'])[:12]}…"
        say(f"  {names[found['member_id']]:<26}{found['result']:<10}{reasons} ({rules})"[:WIDTH])


def _checks(register: Register, case_id: UUID, case: CaseInFull, say: Say) -> None:
    """What the draft lacks, and the reason that was written where the protocol asks for one."""
    patto = case["patto"]
    assert patto is not None and patto["signed"] is not None
    signed = patto["signed"]
    patto_id, signed_on = UUID(signed["patto_id"]), date.fromisoformat(signed["signed_on"])
    found = register.check_patto(case_id, patto_id, signed["version"], signed_on=signed_on).body
    reasons = {reason["check"]: reason["reason"] for reason in signed.get("reasons", [])}
    for failed in found["items"]:
        said = f"{failed['code']} {failed['level']:<10}{failed['because']}"
        say(f"  {said}"[:WIDTH])
        say(f"  {'':<6}signed with the reason: {reasons.get(failed['code'], '—')}")
    say(f"  {'no check of the law fails' if found['may_be_signed'] else 'the law stops the signature'}")
    say(f"  PA-19, in the patto and in every convocation: «{WARNING_TEXT}»")


def _mail(
    ambito: Register,
    case_id: UUID,
    case: CaseInFull,
    mails: list[EmailMessage],
    say: Say,
) -> None:
    """A sitting some days from now: what the Ambito sends, and what a mailbox reads of it."""
    team, when = case["equipe"], _some_working_day()
    assert team is not None
    session = uuid5(case_id, f"demo sitting of {when:%Y-%m-%d}")
    convoked: EquipeConvoked = {
        "session_id": str(session),
        "slot": "ore 10:30",
        "team_id": team["team_id"],
        "meeting_at": at(when, 9),
        "seat": "Sala dell'Ambito, Piazza che non c'è, 1",
        "invitees": [_invitee(component) for component in team["components"]],
        "channel": "EMAIL",
        "attachment": "ESTRATTO",
        "attachment_visibility_profile": "estratto per sede, matrice di visibilità",
    }
    ambito.convoke_equipe(case_id, convoked, idempotency_key=session)
    _wait_for(mails, len(MAILBOXES))
    for mail in mails:
        say(f"  to {mail['To']}: {mail['Subject']}"[:WIDTH])
    if not mails:
        say("  nothing came to the local sink: this stack writes to a mail server of its own, or to none")
        return
    text = mails[0].get_body(("plain",))
    for line in (text.get_content() if text else "").splitlines():
        say(f"    {line}")  # whole: a link cut short opens nothing
    say("  the sitting is days ahead, unlike the rest of the walk: nobody is invited to one that is past")
    say("  no name, no attachment: each seat opens its own extract, and one hash in the log binds them all")


AMBITO = {"agency": "ats", "role": EDUCATOR.role, "person": str(EDUCATOR.person_id)}
"""Who convokes the équipe."""


def _some_working_day() -> date:
    """About two weeks from now: nobody is invited to a sitting that is past."""
    return working(datetime.now(UTC).date() + timedelta(days=14))


MAILBOXES = {"servizio-sociale": "sociale@example.org", "cpi": "cpi@example.org", "ust": "ust@example.org"}
"""Where the invented seats are written to; there is none for the whole ASL, so its outcome is NO_MAILBOX."""


def _invitee(component: dict[str, Json]) -> Invitee:
    named = {name: component[name] for name in ("person_id", "agency", "unit") if name in component}
    return cast("Invitee", named)


def _wait_for(mails: list[EmailMessage], count: int) -> None:
    deadline = time.monotonic() + MAIL_WITHIN
    while len(mails) < count and time.monotonic() < deadline:
        time.sleep(0.05)


MAIL_WITHIN = 10.0
"""Seconds that the mailer is given; it needs less than one."""

CLOCK_DAY = date(2025, 10, 31)
"""Some days after the last fact of the walk."""


def _clock(settings: Settings, stack: dict[str, Any], case_id: UUID, say: Say) -> None:
    """The terms of the household that lapsed: whose duty each was, never whose fault."""
    with opened_log(settings, stack["database_url"]) as log:
        clock.run(log, settings.law, CLOCK_DAY, iter([case_id]), lambda done: None)
        found = [fact.event for fact in log.facts(case_id) if isinstance(fact.event, TermLapsed)]
    for lapsed in found:
        title = norms()[lapsed.term_id].title
        say(f"  {lapsed.term_id:<4} due {lapsed.due_on}, duty of {lapsed.duty_bearer:<11}{title}"[:WIDTH])
    say("  a term of the services is never a breach of the household; the clock proposes and orders nothing")


def _operator() -> dict[str, str]:
    """The social worker of the walk: the case is assigned to her."""
    lines = (step.line.to_json() for step in walk())
    return next(line["by"] for line in lines if line["act"] == "form_equipe")


def _wait_until_level(stack: dict[str, Any], say: Say) -> None:
    """Wait until each recipient has acknowledged all that it was shown: the register's own figures tell."""
    deadline = time.monotonic() + LEVEL_WITHIN
    settled: tuple[RecipientHealth, ...] = ()
    with psycopg.connect(stack["database_url"], autocommit=True) as connection:
        while time.monotonic() < deadline:
            found = health(connection, tuple(stack["agencies"]), CLOCK_DAY).recipients
            if found == settled and all(each.lag == 0 for each in found):
                break
            settled = found
            time.sleep(0.3)
    for each in settled:
        say(f"  {each.recipient:<15} shown {each.disclosed:>5}   acknowledged {each.applied}, signed")


def _side_by_side(register: Register, stack: dict[str, Any], case_id: UUID, say: Say) -> None:
    """A line a fact: what the Ambito holds, and how many values of it stand in each recipient's database."""
    facts = register.list_events(case_id, limit=100).body["items"]
    seen = {code: _seen(agency["database_url"], case_id) for code, agency in stack["agencies"].items()}
    say(f"  {'fact':<52}{'Ambito':>7}" + "".join(f"{code:>16}" for code in seen))
    for fact in facts:
        title = stored_as(fact["type"])[0].title
        row = f"  {title[:51]:<52}{_count(fact['data']):>7}"
        for rows in seen.values():
            data = rows.get(fact["event_id"])
            row += f"{'—' if data is None else _count(data):>16}"
        say(row)
    say("")
    for code, rows in seen.items():
        say(f"  {code} knows, in its own database:")
        for fact in facts:
            if fact["event_id"] in rows:
                text = ", ".join(_told(rows[fact["event_id"]])) or "that it happened"
                say(f"    {stored_as(fact['type'])[0].title}: {text}"[:WIDTH])


def _seen(database_url: str, case_id: UUID) -> dict[str, dict[str, Json]]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select event_id, data from views.shown_v1 where case_id = %s order by seq", [case_id]
        ).fetchall()
    return {str(event_id): data for event_id, data in rows}


def _desks(stack: dict[str, Any], say: Say) -> None:
    """A line an office: how much is open in each of its lists, by its own database."""
    for code, agency in stack["agencies"].items():
        if office := office_of(code):
            with psycopg.connect(agency["database_url"]) as connection:
                query = "select list, count(*) from views.desk_v1 where open group by list"
                counts: dict[str, int] = dict(connection.execute(query).fetchall())
            told = ", ".join(f"{kind.name} {counts.get(kind.name, 0)}" for kind in office.lists)
            say(f"  {code:<15} {told}"[:WIDTH])


def _count(data: Json) -> int:
    """How many values an answer holds."""
    if isinstance(data, dict):
        return sum(_count(value) for value in data.values())
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return sum(_count(value) for value in data)
    return 1


def _told(data: dict[str, Json]) -> list[str]:
    """The values that a person would read: names, days, texts; ids are left out."""
    found = []
    for name, value in data.items():
        if isinstance(value, dict):
            found += _told(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for entry in value:
                found += _told(entry)
        elif not _is_id(value):
            found.append(f"{name} {value}")
    return found


def _is_id(value: Json) -> bool:
    try:
        UUID(str(value[0] if isinstance(value, list) and value else value))
    except ValueError:
        return False
    return True


def _reconstruction(found: Reconstruction, say: Say) -> None:
    """The reconstruction of a measure as a person reads it."""
    rules = found["rule_set"]
    say(f"  rule set {rules['id']} ({str(rules['hash'])[:12]}…), finding {found['finding']}")
    for conflict in found["conflicts_with"]:
        say(f"  in conflict with {conflict['rule_set']}: {conflict['because']}"[:WIDTH])
    for fact in found["facts"]:
        when = fact.get("occurred_on") or fact["known_on"]
        say(f"  {fact['version']:>3}  {when}  {fact['recorder']['agency']:<17} {fact['title']}")
    for missing in found["missing"]:
        say(f"  not on record: {missing}"[:WIDTH])


def _title(say: Say, text: str) -> None:
    say("")
    say(text)
    say("─" * len(text))
