"""The convocations of the équipe by e-mail: a real log, a real mail server, and what fails between them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import icalendar
import psycopg
import pytest
from structlog.testing import capture_logs

from consumers.invitation import Letterhead
from consumers.mailer import Mailer
from consumers.post import Post, Server
from deploy.demo.sink import sink
from deploy.mail_status import lines, outcomes
from domain.ledger.outbox import Mail, Outbox
from tests.databases import Ledger
from tests.integration.api.equipe import Equipe, new_equipe
from tests.integration.api.office import Register, register_on
from tests.smtp import Mailhost, Received, mailhost

pytestmark = pytest.mark.integration

INVITED = ("cpi", "ust", "asl-serd")
LETTERHEAD = Letterhead("equipe@ambito.example", "https://registro.example", "rm-1")
MAILBOXES = {seat: f"{seat}@example.org" for seat in INVITED}


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger) as made:
        yield made


@pytest.fixture
def equipe(register: Register) -> Equipe:
    return new_equipe(register)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Mailhost]:
    with mailhost(tmp_path) as made:
        yield made


def server(host: Mailhost, **given: Any) -> Server:
    return replace(Server("127.0.0.1", host.port, ca=host.ca, name="ambito.example"), **given)


def outbox(register: Register) -> Outbox:
    return Outbox(register.services.all_rows)


def mailer(
    register: Register, to: Server, mailboxes: dict[str, str] = MAILBOXES, box: Outbox | None = None
) -> Mailer:
    return Mailer(
        register.services.log,
        box or outbox(register),
        Post(to, timeout=5),
        LETTERHEAD,
        mailboxes,
        register.clock,
        pauses=(60, 600),
    )


def until_idle(made: Mailer) -> None:
    while made.step():
        pass


def told(register: Register) -> dict[str, tuple[str, str | None, int | None, int]]:
    """What became of the last letter to each seat: state, error, reply, attempts."""
    return {m.seat: (m.state, m.error, m.reply_code, m.attempts) for m in outbox(register).all()}


def calendar_of(received: Received) -> icalendar.Calendar:
    _, invitation = received.message.iter_parts()
    found = icalendar.Calendar.from_ical(invitation.get_content())  # type: ignore[attr-defined]
    assert isinstance(found, icalendar.Calendar)
    return found


# --- as it should go -------------------------------------------------------------------------------------


def test_each_invitee_gets_one_mail(register: Register, equipe: Equipe, host: Mailhost) -> None:
    equipe.convoke(*INVITED)
    until_idle(mailer(register, server(host)))
    assert sorted(one.to for one in host.received) == sorted(MAILBOXES.values())
    assert all(one.encrypted for one in host.received) and len({one.id for one in host.received}) == 3
    assert set(told(register).values()) == {("SENT", None, 250, 1)}
    kept = outbox(register).all()
    assert all(mail.sent_at is not None for mail in kept)
    assert {mail.message_id for mail in kept} == {one.id for one in host.received}
    until_idle(mailer(register, server(host)))
    assert len(host.received) == 3
    assert outbox(register).position() == register.head()


def test_the_hash_on_record_is_that_of_what_the_seat_reads(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke(*INVITED)
    until_idle(mailer(register, server(host)))
    for mail in outbox(register).all():
        path = f"/cases/{mail.stream_id}/equipe-convocations/{mail.session_id}/extract"
        answer = equipe.office(mail.seat).get(path)
        assert answer.status_code == 200 and answer.json()["sha256"] == mail.extract_sha256
        sent = next(one for one in host.received if one.id == mail.message_id)
        text, _ = sent.message.iter_parts()
        assert f"https://registro.example/rest/adi/v1{path}\r\n" in text.get_content()  # type: ignore[attr-defined]


def test_nothing_of_the_household_leaves_and_the_log_names_ids_alone(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke(*INVITED, seat="presso la famiglia Marrocù")
    with capture_logs() as logged:
        until_idle(mailer(register, server(host)))
    assert len(host.received) == 3
    member, child = str(equipe.life.member), str(equipe.life.child)
    for one in host.received:
        seen = "".join(str(part.get_content()) for part in one.message.iter_parts())  # type: ignore[attr-defined]
        words = str(one.message["Subject"]) + seen.replace("\r\n ", "")
        assert not any(secret in words for secret in ("Marroc", "Simone", "MRRSMN", "Noemi", member, child))
    assert not any("@example.org" in str(line) or "asl-serd" in str(line) for line in logged)
    assert {line["event"] for line in logged} == {"mail sent"}


def test_a_login_goes_over_tls(register: Register, equipe: Equipe, tmp_path: Path) -> None:
    with mailhost(tmp_path, password="parola") as host:
        equipe.convoke("cpi")
        until_idle(mailer(register, server(host, user="ambito", password="sbagliata")))
        # A wrong password is no verdict on the mail: it waits for who can put it right.
        state, error, reply, _ = told(register)["cpi"]
        assert (state, error, reply) == ("FAILED", "SMTPAuthenticationError", 535)
        register.clock.now += timedelta(minutes=2)
        until_idle(mailer(register, server(host, user="ambito", password="parola")))
        assert told(register)["cpi"] == ("SENT", None, 250, 2) and host.received[0].encrypted


def test_a_server_that_speaks_tls_from_the_first_byte(
    register: Register, equipe: Equipe, tmp_path: Path
) -> None:
    equipe.convoke("cpi")
    with mailhost(tmp_path, at_once=True) as host:
        until_idle(mailer(register, server(host, tls="tls", ca=None)))
        assert told(register)["cpi"][:2] == ("FAILED", "SSLCertVerificationError") and not host.received
        register.clock.now += timedelta(minutes=2)
        until_idle(mailer(register, server(host, tls="tls")))
        assert told(register)["cpi"] == ("SENT", None, 250, 2) and len(host.received) == 1


# --- what goes wrong -------------------------------------------------------------------------------------


class Dies(Outbox):
    """An outbox whose mailer dies before it can tell that a letter was sent."""

    def note(self, mail: Mail, outcome: Any, *more: Any, **given: Any) -> None:
        raise KeyboardInterrupt


def test_a_mailer_that_dies_before_the_record_sends_once_more_and_says_it_is_the_same(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke(*INVITED)
    with pytest.raises(KeyboardInterrupt):
        until_idle(mailer(register, server(host), box=Dies(register.services.all_rows)))
    assert len(host.received) == 1
    until_idle(mailer(register, server(host)))
    assert len(host.received) == 4 and len({one.id for one in host.received}) == 3
    assert host.received[0].id == host.received[1].id
    assert sorted(attempts for *_, attempts in told(register).values()) == [1, 1, 2]


def test_a_server_that_says_4xx_is_asked_again_after_growing_pauses(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke("cpi")
    host.answers = ["451 greylisted", "421 later", "452 full"]
    made = mailer(register, server(host))
    waited = []
    for attempt, reply in enumerate((451, 421, 452), 1):
        until_idle(made)
        assert told(register)["cpi"] == ("FAILED", "DataRefused", reply, attempt)
        (mail,) = outbox(register).all()
        assert mail.next_try_at is not None
        waited.append((mail.next_try_at - register.clock.now).total_seconds())
        until_idle(made)
        assert told(register)["cpi"][3] == attempt
        register.clock.now = mail.next_try_at
    assert waited == [60, 600, 600]
    until_idle(made)
    assert told(register)["cpi"] == ("SENT", None, 250, 4) and len(host.received) == 1


def test_a_server_that_says_5xx_is_taken_at_its_word_and_the_others_are_written_to(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke(*INVITED)
    host.refused = {"ust@example.org": "550 nobody of that name: ust@example.org"}
    until_idle(mailer(register, server(host)))
    register.clock.now += timedelta(days=1)
    until_idle(mailer(register, server(host)))
    assert told(register)["ust"] == ("GIVEN_UP", "RecipientRefused", 550, 1)
    assert told(register)["cpi"][0] == told(register)["asl-serd"][0] == "SENT"
    assert "ust@example.org" not in json.dumps(outcomes(register.database.app_url))


def test_without_starttls_nothing_is_said_in_clear(
    register: Register, equipe: Equipe, tmp_path: Path
) -> None:
    equipe.convoke("cpi")
    with mailhost(tmp_path, tls=False) as host:
        until_idle(mailer(register, replace(server(host), ca=None, user="ambito", password="parola")))
        assert set(host.spoken) == {"EHLO"} and not host.received
    assert told(register)["cpi"] == ("FAILED", "SMTPNotSupportedError", None, 1)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke("cpi")
    until_idle(mailer(register, server(host, ca=None)))
    assert told(register)["cpi"] == ("FAILED", "SSLCertVerificationError", None, 1) and not host.received
    register.clock.now += timedelta(minutes=2)
    # The certificate is for 127.0.0.1.
    until_idle(mailer(register, replace(server(host), host="localhost")))
    assert told(register)["cpi"][:2] == ("FAILED", "SSLCertVerificationError") and not host.received


def test_a_server_that_is_away_is_waited_for(register: Register, equipe: Equipe, tmp_path: Path) -> None:
    equipe.convoke("cpi")
    with mailhost(tmp_path) as host:
        away = server(host)
    until_idle(mailer(register, away))
    assert told(register)["cpi"] == ("FAILED", "ConnectionRefusedError", None, 1)
    with mailhost(tmp_path, port=away.port) as host:
        register.clock.now += timedelta(minutes=2)
        until_idle(mailer(register, server(host)))
        assert told(register)["cpi"] == ("SENT", None, 250, 2) and len(host.received) == 1


def test_a_seat_without_a_mailbox_is_on_record_and_never_guessed(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke(*INVITED)
    until_idle(mailer(register, server(host), {"cpi": "cpi@example.org", "ust": "ust@example.org"}))
    assert told(register)["asl-serd"] == ("GIVEN_UP", "NO_MAILBOX", None, 0)
    assert sorted(one.to for one in host.received) == ["cpi@example.org", "ust@example.org"]
    told_to_operator = list(lines(outcomes(register.database.app_url)))
    assert any(
        line.startswith("GIVEN_UP REQUEST asl-serd") and line.endswith("NO_MAILBOX")
        for line in told_to_operator
    )
    assert told_to_operator[-1] == "1 GIVEN_UP, 2 SENT"


def test_nobody_is_invited_to_a_sitting_of_the_past(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke("cpi", meeting_at="2025-04-20T09:30:00+02:00")
    until_idle(mailer(register, server(host)))
    assert told(register)["cpi"] == ("GIVEN_UP", "SITTING_PAST", None, 0) and not host.received


# --- corrections -----------------------------------------------------------------------------------------


def test_a_correction_updates_and_a_void_cancels(register: Register, equipe: Equipe, host: Mailhost) -> None:
    equipe.convoke("cpi")
    made = mailer(register, server(host))
    until_idle(made)
    equipe.correct(meeting_at="2026-07-21T11:00:00+02:00")
    until_idle(made)
    equipe.correct(voids=True)
    until_idle(made)
    found = [calendar_of(one) for one in host.received]
    events = [calendar.walk("VEVENT")[0] for calendar in found]
    assert [str(calendar["METHOD"]) for calendar in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert len({str(event["UID"]) for event in events}) == 1 and len({one.id for one in host.received}) == 3
    assert "11:00" in str(host.received[1].message["Subject"])


def test_a_correction_of_another_fact_writes_to_nobody(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke("cpi")
    households = equipe.life.said["households"]["event_ids"][0]
    body = {"corrects_event_id": households, "reason": "x", "new_value": {"source": "DECLARED"}}
    equipe.life.tell("corrections", body | {"voids": False})
    until_idle(mailer(register, server(host)))
    assert len(host.received) == 1


def test_a_letter_that_a_correction_has_overtaken_is_not_sent_any_more(
    register: Register, equipe: Equipe, host: Mailhost
) -> None:
    equipe.convoke("cpi", "ust")
    host.answers = ["451 later"] * 2
    until_idle(mailer(register, server(host)))
    equipe.correct(meeting_at="2026-07-21T11:00:00+02:00")
    register.clock.now += timedelta(minutes=2)
    until_idle(mailer(register, server(host)))
    states = [(mail.sequence, mail.state, mail.error) for mail in outbox(register).all()]
    assert states == [(0, "GIVEN_UP", "OVERTAKEN")] * 2 + [(1, "SENT", None)] * 2
    assert ["11:00" in str(one.message["Subject"]) for one in host.received] == [True, True]


def test_two_cases_of_one_sitting_are_two_appointments(register: Register, host: Mailhost) -> None:
    first, second = new_equipe(register), new_equipe(register)
    second.session = first.session
    first.convoke("cpi")
    second.convoke("cpi", slot="2", meeting_at="2026-07-20T10:30:00+02:00")
    until_idle(mailer(register, server(host)))
    assert len({str(calendar_of(one).walk("VEVENT")[0]["UID"]) for one in host.received}) == 2


# --- the record ------------------------------------------------------------------------------------------


def test_the_last_word_is_not_taken_back(register: Register, equipe: Equipe, host: Mailhost) -> None:
    equipe.convoke("cpi")
    until_idle(mailer(register, server(host)))
    (mail,) = outbox(register).all()
    for call in (
        lambda: outbox(register).note(mail, "FAILED", "Later"),
        lambda: outbox(register).attempt(mail),
    ):
        with pytest.raises(psycopg.errors.NoDataFound):
            call()
    assert told(register)["cpi"] == ("SENT", None, 250, 1)


def test_an_error_is_a_name_and_no_text(register: Register, equipe: Equipe) -> None:
    equipe.convoke("cpi")
    with sink() as nowhere:
        made = mailer(register, Server("127.0.0.1", nowhere.port, "none"))
        made._read()
    (mail,) = outbox(register).all()
    with pytest.raises(psycopg.errors.CheckViolation):
        outbox(register).note(mail, "FAILED", "550 ust@example.org unknown")


def test_a_second_mailer_writes_nothing_twice(register: Register, equipe: Equipe) -> None:
    equipe.convoke("cpi")
    box = outbox(register)
    after = box.position()
    mailer(register, Server("127.0.0.1", 1))._read()
    with pytest.raises(psycopg.errors.SerializationFailure):
        box.add(after, register.head(), [])
    assert len(box.all()) == 1


def test_the_sink_of_the_demonstration_takes_what_we_send(register: Register, equipe: Equipe) -> None:
    equipe.convoke(*INVITED)
    with sink() as kept:
        assert kept.settings()["AMBITO_SMTP_PORT"] == str(kept.port)
        until_idle(mailer(register, Server("127.0.0.1", kept.port, "none")))
        assert len(kept.mails) == 3
        assert str(kept.mails[0]["Subject"]).startswith("Convocazione dell'équipe")
    assert set(told(register).values()) == {("SENT", None, 250, 1)}


# --- the process -----------------------------------------------------------------------------------------


def environment(register: Register, host: Mailhost, folder: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AMBITO_")}
    told = {
        "VAR": str(folder),
        "DATABASE_URL": register.database.app_url,
        "KEY_FILE": str(register.database.keys_file),
        "KEY_ENCRYPTION_KEY": str(register.database.keys_wrapping),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(host.port),
        "SMTP_CA": str(host.ca),
        "SMTP_FROM": LETTERHEAD.sender,
        "PUBLIC_URL": LETTERHEAD.public_url,
        "MAILBOXES": json.dumps(MAILBOXES),
    }
    return ours | {f"AMBITO_{name}": value for name, value in told.items()}


def start(env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deploy.command", "mail", *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_until(holds: Any, patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_mailer_that_is_killed_while_the_server_answers_writes_at_most_once_more(
    register: Register, equipe: Equipe, host: Mailhost, tmp_path: Path
) -> None:
    future = time.strftime("%Y-%m-%dT09:00:00+00:00", time.gmtime(time.time() + 30 * 86_400))
    equipe.convoke(*INVITED, meeting_at=future)
    env = environment(register, host, tmp_path)
    killed = start(env)
    host.on_data = lambda: killed.kill() if killed.poll() is None else None
    output, _ = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, output.decode()
    assert len(host.received) == 1
    second = start(env)
    wait_until(lambda: all(state == "SENT" for state, *_ in told(register).values()))
    second.send_signal(signal.SIGTERM)
    output, _ = second.communicate(timeout=30)
    assert second.returncode == 0
    assert len(host.received) == 4 and len({one.id for one in host.received}) == 3
    assert b"example.org" not in output and b"mail sent" in output
    status = subprocess.run(
        [sys.executable, "-m", "deploy.command", "mail", "--status", "--json"],
        env=env,
        capture_output=True,
        check=True,
    )
    assert [mail["state"] for mail in json.loads(status.stdout)["mails"]] == ["SENT"] * 3


def test_without_a_mail_server_it_is_idle_and_says_so(
    register: Register, host: Mailhost, tmp_path: Path
) -> None:
    env = environment(register, host, tmp_path)
    del env["AMBITO_SMTP_HOST"]
    idle = start(env)
    assert idle.stdout is not None
    line = json.loads(idle.stdout.readline())
    assert line["event"].startswith("mailer idle")
    idle.send_signal(signal.SIGTERM)
    rest, _ = idle.communicate(timeout=30)
    assert idle.returncode == 0 and rest == b""
