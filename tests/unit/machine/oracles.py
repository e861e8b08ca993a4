"""The invariants of DOMAIN section 2, written a second time, from its sentences and over plain JSON.

Nothing here calls the domain: what both got wrong alike would be seen by nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

RECORDERS: dict[str, list[str]] = {
    name: row["recorders"]
    for name, row in json.loads((Path(__file__).parents[1] / "catalogue.json").read_text()).items()
}
"""Who may record what, as DOMAIN has it (section 2.1)."""

INFRACTIONS = (
    "AppointmentMissed",
    "CommitmentMissed",
    "PattoSignatureRefused",
    "InfractionAscertained",
    "TermLapsed",
)
MEASURES = ("DecurtazioneOrdered", "SospensioneOrdered", "DecadenzaOrdered", "RevocaOrdered")
WITHOUT_OPERATORS = ("system", "inps", "comune")
COMES, GOES = ("BIRTH", "JOINED"), ("DEATH", "LEFT")


@dataclass(frozen=True)
class Told:
    """A fact as it was written: its id, what it is called, who recorded it, and its JSON."""

    id: str
    name: str
    agency: str
    person: str | None
    data: Json


@dataclass(frozen=True)
class Around:
    """The law around a case, in plain days: the protocol, the setting, and who has an agreement when."""

    protocol: tuple[date | None, date | None]
    setting: str
    agreements: tuple[tuple[str, date, date | None], ...]


def kind(agency: str) -> str:
    return agency if agency == "servizio-sociale" else agency.split("-")[0]


def day(text: str | None) -> date:
    assert text is not None
    return date.fromisoformat(text)


def italian_day(instant: str) -> date:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo("Europe/Rome")).date()


# --- the record, corrected ---------------------------------------------------------------------------------


def standing(told: list[Told]) -> list[Told]:
    """What holds now: the last correction of a fact replaces its fields, or takes it out."""
    data = {fact.id: fact.data for fact in told}
    gone: set[str] = set()
    for fact in told:
        if fact.name != "EventCorrected":
            continue
        target = fact.data["corrects_event_id"]
        if fact.data["voids"]:
            gone.add(target)
        else:
            gone.discard(target)
            changed = data[target] | fact.data["new_value"]
            data[target] = {name: value for name, value in changed.items() if value is not None}
    return [replace(fact, data=data[fact.id]) for fact in told if fact.id not in gone]


@dataclass(frozen=True)
class Record:
    """Everything that stands, and the questions that the invariants ask of it."""

    facts: list[Told]

    def all(self, *names: str) -> list[Json]:
        return [fact.data for fact in self.facts if fact.name in names]

    def of(self, name: str, **values: Any) -> list[Json]:
        return [d for d in self.all(name) if all(d.get(key) == value for key, value in values.items())]

    def fact(self, ref: str) -> Told | None:
        return next((fact for fact in self.facts if fact.id == ref), None)

    @property
    def benefit(self) -> str:
        return str(self.all("CaseReferred")[-1]["benefit"])

    def members(self) -> dict[str, Json]:
        """Everybody who was ever of the household, as last written."""
        found = self.all("HouseholdCompositionRecorded")
        return {m["member_id"]: m for composition in found for m in composition["members"]}

    def household(self, on: date) -> set[str]:
        """Who is in it on a day: as composed last, moved by the changes that this does not hold."""
        places = [place for place, f in enumerate(self.facts) if f.name == "HouseholdCompositionRecorded"]
        if not places:
            return set()
        composed = self.facts[places[-1]].data
        listed = {m["member_id"] for m in composed["members"]}
        verified = day(composed["verified_on"])
        moves = [
            fact.data
            for place, fact in enumerate(self.facts)
            if fact.name == "HouseholdMemberChanged"
            and not (place < places[-1] and day(fact.data["effective_on"]) <= verified <= on)
        ]
        return {who for who in self.members() if _is_in(who, who in listed, moves, on)}

    def adults(self, on: date) -> set[str]:
        members = self.members()
        return {who for who in self.household(on) if _age(day(members[who]["birth_date"]), on) >= 18}

    def obligation(self, who: str, on: date) -> str | None:
        """The last word on a member's obligations that holds on a day."""
        held = [d for d in self.of("ObligationEvaluated", member_id=who) if day(d["evaluated_for"]) <= on]
        latest = max((d["evaluated_for"] for d in held), default=None)
        return next((str(d["result"]) for d in reversed(held) if d["evaluated_for"] == latest), None)

    def draft(self, patto_id: str, version: int) -> Json | None:
        return next(iter(self.of("PattoDrafted", patto_id=patto_id, version=version)[-1:]), None)

    def patto(self, on: date) -> Json | None:
        """The text in force on a day: the one signed last by then."""
        signed = [
            (d["signed_on"], d["patto_id"], d.get("to_version", d.get("version")))
            for d in self.all("PattoSigned", "PattoRevised")
            if day(d["signed_on"]) <= on
        ]
        latest = max((each[0] for each in signed), default=None)
        last = next((each for each in reversed(signed) if each[0] == latest), None)
        return self.draft(last[1], last[2]) if last else None

    def commitment(self, commitment_id: str, on: date) -> Json | None:
        patto = self.patto(on)
        lines = patto["commitments"] if patto else []
        return next((line for line in lines if line["id"] == commitment_id), None)

    def code(self, fact: Told) -> str:
        names = {"AppointmentMissed": "CONVOCATION_MISSED", "PattoSignatureRefused": "PATTO_NOT_SIGNED"}
        return str(fact.data.get("code") or names.get(fact.name, fact.name))


def _is_in(who: str, listed: bool, moves: list[Json], on: date) -> bool:
    own = [m for m in moves if m["member_id"] == who and m["change_type"] in COMES + GOES]
    own.sort(key=lambda move: str(move["effective_on"]))
    past = [move for move in own if day(move["effective_on"]) <= on]
    if past:
        return past[-1]["change_type"] in COMES
    return own[0]["change_type"] in GOES if own else listed


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def day_of(fact: Told) -> date:
    names = {"CommitmentMissed": "missed_on", "AppointmentMissed": "missed_on", "TermLapsed": "due_on"}
    name = names.get(fact.name, "refused_on" if "refused_on" in fact.data else "occurred_on")
    return day(fact.data[name]) + timedelta(days=fact.name == "TermLapsed")


# --- the invariants ----------------------------------------------------------------------------------------

Broken = Iterator[str]


def in_patto(new: Told, record: Record, around: Around) -> Broken:
    """1. No commitment is missed that the patto in force that day does not have, or not as conditional."""
    if new.name != "CommitmentMissed":
        return
    said, on = new.data, day(new.data["missed_on"])
    if record.of("ServicePattoSigned", psp_id=said["patto_id"]):
        own = record.of("ServicePattoSigned", psp_id=said["patto_id"], member_id=said["member_id"])
        actions = [a for psp in own if day(psp["signed_on"]) <= on for a in psp["actions"]]
        if said["commitment_id"] not in {action["action_id"] for action in actions}:
            yield "an action that is in no patto di servizio is missed"
        return
    line, patto = record.commitment(said["commitment_id"], on), record.patto(on)
    if line is None or patto is None or patto["patto_id"] != said["patto_id"]:
        yield "a commitment is missed that is not in the patto in force"
    elif not line["conditional"] or line["obliged_member_id"] != said["member_id"]:
        yield "a commitment is missed that does not bind this member"


EVERYBODYS = ("FALSE_DECLARATION", "FINAL_CONVICTION", "UPDATE_90D_MISSED", "MINOR_SCHOOLING_NOT_DOCUMENTED")
OF_HOUSEHOLD = ("FIRST_APPOINTMENT", "UPDATE_90D")


def obliged(new: Told, record: Record, around: Around) -> Broken:
    """2. Nothing is proposed against a member who was not obliged, duties of the household apart."""
    for fact in _cited(new, record, "SanctionProposalOpened"):
        who = fact.data.get("member_id")
        if who is None or fact.name == "TermLapsed" or record.code(fact) in EVERYBODYS:
            continue
        convoked = record.of("HouseholdConvoked", convocation_id=fact.data.get("convocation_id"))
        if any(each["purpose"] in OF_HOUSEHOLD for each in convoked):
            continue
        if record.obligation(who, day_of(fact)) != "obliged":
            yield f"a measure is proposed against a member who was not obliged ({record.code(fact)})"


def proved(new: Told, record: Record, around: Around) -> Broken:
    """3. Nobody is absent from a convocation that did not reach her in time: herself, or in SIISL alone."""
    if new.name != "AppointmentMissed":
        return
    who, on = new.data["member_id"], day(new.data["missed_on"])
    named = {"convocation_id": new.data["convocation_id"]}
    reached = [
        italian_day(d["delivered_at"]) for d in record.of("ConvocationDelivered", member_id=who, **named)
    ]
    sent = [*record.of("HouseholdConvoked", **named), *record.of("MemberConvokedByCpi", **named)]
    others = [c for c in _now(record, who) if c["channel"] != "SIISL" and c["safe"]]
    reached += [italian_day(d["sent_at"]) for d in sent if d["channel"] == "SIISL" and not others]
    if not any(each < on for each in reached):
        yield "an absence without proof of the convocation"


def lawful_cut(new: Told, record: Record, around: Around) -> Broken:
    """4. No decurtazione is proposed under the statute; one that was ordered carries the finding."""
    if new.name == "SanctionProposalOpened" and new.data["proposed_measure"] == "DECURTAZIONE":
        for fact in _cited(new, record, new.name):
            if record.benefit == "ADI" and not _by_protocol(day_of(fact), around):
                yield "a decurtazione is proposed of the ADI without the protocol"
            if record.benefit == "ADI" and fact.name != "CommitmentMissed":
                yield "a decurtazione is proposed for what is no commitment"
    if new.name in MEASURES and "finding" not in new.data:
        yield "a measure without a finding"
    if new.name == "DecurtazioneOrdered" and record.benefit == "ADI" and new.data["finding"] == "NONE":
        days = [day_of(fact) for fact in _cited(new, record, new.name)] or [day(new.data["ordered_on"])]
        if not _by_protocol(max(days), around):
            yield "a decurtazione of the ADI that finds no fault"


def _by_protocol(on: date, around: Around) -> bool:
    first, end = around.protocol
    if around.setting != "PROTOCOLLO-ADI" or first is None:
        return False
    return max(first, date(2024, 1, 1)) <= on and (end is None or on < end)


def benefit_runs(new: Told, record: Record, around: Around) -> Broken:
    """5. Nothing is proposed for a fact after the end of the benefit."""
    days = [day_of(fact) for fact in _cited(new, record, "SanctionProposalOpened")]
    if days and _ended(record, max(days)):
        yield "a measure is proposed for a fact after the end of the benefit"


def _ended(record: Record, on: date) -> bool:
    annulled = {each["measure_id"] for each in record.all("MeasureAnnulled")}
    lost = [m for m in record.all("DecadenzaOrdered", "RevocaOrdered") if m["measure_id"] not in annulled]
    ends = [day(d["expired_on"]) for d in record.all("BenefitExpired")]
    ends += [day(d["effective_on"]) for d in record.all("BenefitRenounced")]
    whole = [m for m in lost if m["affected_scope"] == "HOUSEHOLD"]
    ends += [day(m["effective_from"]) - timedelta(days=1) for m in whole]
    starts = [day(f"{d['first_month']}-01") for d in record.all("BenefitGranted", "BenefitRenewed")]
    last = max((end for end in ends if end < on), default=None)
    return last is not None and not any(last < start <= on for start in starts)


def asked(new: Told, record: Record, around: Around) -> Broken:
    """6. Nothing is proposed before the reason was asked for, or given and decided."""
    for fact in _cited(new, record, "SanctionProposalOpened"):
        words = record.all("JustifiedReasonRequested", "JustifiedReasonDecided")
        if not any(each["infraction_ref"] == fact.id for each in words):
            yield f"a measure is proposed before the reason was asked ({fact.name})"


def lawful_patto(new: Told, record: Record, around: Around) -> Broken:
    """7. No patto is signed while a check that the law asks fails."""
    if new.name not in ("PattoSigned", "PattoRevised"):
        return
    on = day(new.data["signed_on"])
    draft = record.draft(new.data["patto_id"], new.data.get("to_version", new.data.get("version")))
    if draft is None:
        yield "a patto is signed without a draft"
        return
    yield from _lawful_draft(draft, record, on)
    signed = {each["member_id"] for each in new.data["signatories"]}
    obliged_ = {who for who in record.household(on) if record.obligation(who, on) == "obliged"}
    if not signed or not obliged_ <= signed:
        yield "PA-15"


def _lawful_draft(draft: Json, record: Record, on: date) -> Broken:
    served = {result["objective_id"] for result in draft["expected_results"]}
    objectives, lines = draft["objectives"], draft["commitments"]
    needs = {need["need_id"] for need in record.all("PreliminaryAnalysisCompleted")[-1]["needs_by_area"]}
    needs |= {a["need_id"] for f in record.all("AnalysisFrameworkCompleted") for a in f["areas"]}
    here, plan = record.household(on), draft["monitoring"]
    bound = [line["obliged_member_id"] for line in lines if line["conditional"]]
    fails = {
        "PA-01": not objectives or any(o["objective_id"] not in served for o in objectives),
        "PA-02": any("due_on" not in result for result in draft["expected_results"]),
        "PA-04": any(o["need_id"] not in needs for o in objectives),
        "PA-07": any(c["area"] == "CONTACTS" and not c["frequency"].strip() for c in lines),
        "PA-09": any(c["area"] == "HEALTH" and kind(c["evidence_by"]) not in ("asl", "mmg") for c in lines),
        "PA-11": any(c["obliged_member_id"] not in here for c in lines)
        or any(record.obligation(who, on) != "obliged" for who in bound),
        "PA-13": not (plan["method"].strip() and plan["review_dates"] and plan["revision_rule"].strip()),
        "PA-14": not (draft["duration"].strip() and draft["proportionality_reason"].strip()),
        "PA-17": any(not p["integrated"] and not p["project_ref"].strip() for p in draft["prior_projects"]),
        "PA-21": not draft["preferences"].strip(),
    }
    yield from (code for code, failed in fails.items() if failed)


CORE = ("SOCIAL_WORKER", "SOCIAL_OPERATOR", "EMPLOYMENT_OPERATOR")


def whole_team(new: Told, record: Record, around: Around) -> Broken:
    """8. Every core role of an équipe is there, or it is said why not."""
    if new.name not in ("EquipeFormed", "EquipeChanged"):
        return
    components = list(new.data.get("components", []))
    if new.name == "EquipeChanged":
        components = [c for c in _team(record) if c["person_id"] not in new.data["removed"]]
        components += new.data["added"]
    reasons = {each["role"] for each in new.data["missing_roles"] if each["reason"].strip()}
    if not set(CORE) <= reasons | {component["role"] for component in components}:
        yield "an équipe lacks a core role"
    if new.name == "EquipeFormed":
        managers = [c["role"] for c in components if c["person_id"] == new.data["case_manager_id"]]
        if not {"SOCIAL_WORKER", "SOCIAL_OPERATOR"} & set(managers):
            yield "an équipe without its case manager"
        if new.data["household_referent_id"] not in record.adults(day(new.data["communicated_on"])):
            yield "an équipe whose referent is no adult of the household"


def _team(record: Record) -> list[Json]:
    components: list[Json] = []
    for fact in record.facts:
        if fact.name == "EquipeFormed":
            components = list(fact.data["components"])
        elif fact.name == "EquipeChanged":
            components = [c for c in components if c["person_id"] not in fact.data["removed"]]
            components += fact.data["added"]
    return components


def served(new: Told, record: Record, around: Around) -> Broken:
    """9. Nothing is missed while a service makes wait for it, or the support that it needs is not given."""
    if new.name != "CommitmentMissed":
        return
    on = day(new.data["missed_on"])
    line = record.commitment(new.data["commitment_id"], on)
    if line is None:
        return
    if line["area"] == "HEALTH" and _waits(record, new.data["member_id"], on, line["evidence_by"]):
        yield "a health commitment is missed on a waiting list"
    needed = line.get("depends_on_support_id")
    begun = [d for d in record.of("SupportActivated", support_id=needed) if day(d["start_on"]) <= on]
    over = [d for d in record.of("SupportEnded", support_id=needed) if day(d["ended_on"]) < on]
    if needed and (not begun or over):
        yield "a commitment is missed without its support"


def _waits(record: Record, who: str, on: date, unit: str) -> bool:
    for sent in record.of("MemberReferredToSpecialistService", member_id=who):
        answers = record.of("SpecialistReferralAnswered", referral_id=sent["referral_id"])
        begun = [answer for answer in answers if day(answer["from_on"]) <= on]
        past = sorted(begun, key=lambda answer: day(answer["from_on"]))  # one may be recorded late
        if past and past[-1]["answer"] == "WAITING_LIST" and unit in ("asl", sent["unit"]):
            return True
    return False


def own_contact(new: Told, record: Record, around: Around) -> Broken:
    """10. Who is in a protection path is convoked by a safe contact that is hers alone."""
    used: list[tuple[str, str]] = []
    if new.name == "HouseholdConvoked":
        convoked = new.data["member_ids"]
        used = [(c["member_id"], c["value"]) for c in new.data["contact_used"] if c["member_id"] in convoked]
    elif new.name == "MemberConvokedByCpi" and new.data["channel"] not in ("SIISL", "BREVI_MANU"):
        used = [(new.data["member_id"], new.data["contact_used"])]
    # Two contacts of one member: the last of them is the one used.
    for who, value in dict(used).items():
        if record.of(
            "MemberConditionRecorded", member_id=who, condition_code="GENDER_VIOLENCE_PATH", value=True
        ):
            others = [c["value"] for other in record.members() if other != who for c in _every(record, other)]
            if value in others or value not in [c["value"] for c in _now(record, who) if c["safe"]]:
                yield "a member in a protection path is convoked through a contact that is not hers alone"


def _now(record: Record, who: str) -> list[Json]:
    updated = record.of("ContactsUpdated", member_id=who)
    return list(updated[-1]["contacts"] if updated else record.members().get(who, {}).get("contacts", []))


def _every(record: Record, who: str) -> list[Json]:
    return [*record.members().get(who, {}).get("contacts", []), *_now(record, who)]


def under_an_act(new: Told, record: Record, around: Around) -> Broken:
    """11. Accredited bodies under a dated act of the Region; the third sector under an agreement in force."""
    if new.name == "MemberReferredToEmploymentService" and new.data["destination"] == "ACCREDITATO":
        act = new.data.get("regional_act_on")
        if not act or day(act) > day(new.data["referred_on"]):
            yield "a member is sent to an accredited body without an act of the Region"
    lines = [(new.data["provider"], new.data["start_on"])] if new.name == "SupportActivated" else []
    if new.name == "PattoDrafted":
        lines = [(line["provider"], line["planned_from"]) for line in new.data["supports"]]
    for provider, on in lines:
        if kind(provider) == "ets" and not _agreed(provider, day(on), around):
            yield "a line of the third sector without an agreement"


def _agreed(party: str, on: date, around: Around) -> bool:
    return any(
        p == party and first <= on and (not last or on <= last) for p, first, last in around.agreements
    )


def allowed(new: Told, record: Record, around: Around) -> Broken:
    """13. Only who is in the Recorder column, and only who is assigned to the case."""
    if kind(new.agency) not in RECORDERS[new.name]:
        yield f"{new.agency} records {new.name}"
    if new.name in ("CaseReferred", "OperatorAssigned") or kind(new.agency) in WITHOUT_OPERATORS:
        return
    ended = {each["assignment_id"] for each in record.all("OperatorUnassigned")}
    held = [d for d in record.of("OperatorAssigned", person_id=new.person) if d["assignment_id"] not in ended]
    if not any(kind(each["agency"]) == kind(new.agency) for each in held):
        yield "somebody acts who is not assigned to the case"


def of_household(new: Told, record: Record, around: Around) -> Broken:
    """14. A term that the services let lapse is never held against the household."""
    names = ("JustifiedReasonRequested", "JustifiedReasonSubmitted", "FormalReminderIssued")
    cited = _cited(new, record, *names, "SanctionProposalOpened", "InfractionReportedToInps")
    if any(_of_services(fact) for fact in cited):
        yield "a term of the services is held against the household"
    ordered = _cited(new, record, "DecurtazioneOrdered", "DecadenzaOrdered", "RevocaOrdered")
    if ordered and all(_of_services(fact) for fact in ordered) and new.data["finding"] == "NONE":
        yield "more than a suspension rests on a term of the services alone, and finds no fault"


def _of_services(fact: Told) -> bool:
    return fact.data.get("duty_bearer") == "SERVIZI"


def _cited(new: Told, record: Record, *names: str) -> list[Told]:
    """The infractions that a new fact of these kinds rests on."""
    if new.name not in names:
        return []
    refs = new.data.get("infraction_refs", [new.data.get("infraction_ref")])
    return [fact for ref in refs if (fact := record.fact(ref)) and fact.name in INFRACTIONS]


INVARIANTS: tuple[Callable[[Told, Record, Around], Broken], ...] = (
    in_patto,
    obliged,
    proved,
    lawful_cut,
    benefit_runs,
    asked,
    lawful_patto,
    whole_team,
    served,
    own_contact,
    under_an_act,
    allowed,
    of_household,
)
"""All but the twelfth, which is of the whole log: see the machine."""


def broken(new: Told, told: list[Told], around: Around) -> list[str]:
    """The invariants that a fact breaks, told after these."""
    record = Record(standing(told))
    return [said for invariant in INVARIANTS for said in invariant(new, record, around)]
