"""The one exception of the domain: an act that the rules do not allow."""


class Refused(Exception):
    """The act is refused and leaves no trace in the case: one line in the access log (actor, rule, time)."""

    def __init__(self, rule: str, because: str) -> None:
        super().__init__(rule, because)
        self.rule = rule
        self.because = because

    def __str__(self) -> str:
        return f"{self.rule}: {self.because}"


RULES: dict[str, str] = {
    # What the law or the protocol asks.
    "NO_LEGAL_BASIS": "the rule set of the infraction does not have the measure proposed"
    " (a decurtazione has no basis in DL 48/2023 art. 8 c. 6)",
    "FACT_OUTSIDE_RULE_SET": "the fact is outside the benefits or the days that the rule set governs"
    " (DL 48/2023 art. 13 c. 3 for the RdC)",
    "NOT_OBLIGED": "the member was not obliged on the day of the fact, duties of the household excepted"
    " (DL 48/2023 art. 6 cc. 4-5, art. 8 c. 6)",
    "NO_PROOF_OF_CONVOCATION": "no recapito of the convocation is proved in time before the appointment"
    " (DM 154/2023 art. 7 c. 2 lett. a), art. 9 c. 2)",
    "REASON_NOT_ASKED": "the member was not yet asked for a justified reason"
    " (DL 48/2023 art. 8 c. 6; L. 241/1990 artt. 7-10)",
    "NOT_IN_PATTO": "the commitment was not in the patto in force on the day of the fact, or not conditional"
    " (DL 48/2023 art. 8 c. 6 lett. c))",
    "BENEFIT_ENDED": "the fact is after the end of the benefit",
    "ON_WAITING_LIST": "the health service has the person on a waiting list",
    "SUPPORT_NOT_ACTIVE": "the support on which the commitment depends is not active",
    "CONTACT_OF_ANOTHER_MEMBER": "a member is convoked only through a contact that may be used for her",
    "NO_REGIONAL_ACT": "no dated regional act in force sends members to accredited bodies"
    " (DL 48/2023 art. 6 c. 7)",
    "NO_AGREEMENT": "no agreement with the third-sector body is in force (DL 48/2023 art. 6 c. 6)",
    "PATTO_INCOMPLETE": "a check that the law asks of the patto fails"
    " (D.Lgs. 147/2017 art. 6; protocol art. 7)",
    "EQUIPE_INCOMPLETE": "the équipe lacks a core role without a reason, its case manager or its referent"
    " (protocol artt. 5 and 7)",
    "REASON_NOT_WRITTEN": "a check that the protocol asks of the patto fails, and no reason for it is written"
    " (protocol artt. 5, 7, 8)",
    "NO_RIGHT_TO_VOLUNTEER": "only members with disability or aged 60 and over may ask for a path"
    " (DL 48/2023 art. 6 c. 5)",
    "NOT_ACTIVABLE": "the member was assessed as not activable to work (DL 48/2023 art. 4 c. 5)",
    "SCHEDA_NOT_SENT": "the full scheda goes to no seat of the équipe, each gets its extract"
    " (GDPR artt. 5, 32; protocol art. 6)",
    "PUC_NOT_OPEN": "no such PUC is open on that day (DM 156/2023)",
    "PUC_FULL": "every seat of the PUC is taken (DM 156/2023)",
    "REFERENT_NOT_INVITED": "a referent of each body in force is invited to the Tavolo (protocol art. 11)",
    "SECRETARY_NOT_PRESENT": "the minutes are written by one of those present (protocol art. 4)",
    "TERM_NOT_LAPSED": "the facts on record do not tell of a term that lapsed",
    "ROLE_NOT_ALLOWED": "this agency or role may not record this fact",
    "PURPOSE_NOT_ALLOWED": "neither this agency nor the assignment is there for this purpose"
    " (GDPR art. 5 par. 1 lett. b))",
    "NOT_ASSIGNED": "the person has no open assignment to the case",
    # What any register asks.
    "ALREADY_RECORDED": "the fact is already on record",
    "NOT_RECORDED": "the act rests on a fact that is not on record",
    "OUT_OF_ORDER": "the act comes before the one that it must follow",
    "CASE_CLOSED": "the case is closed",
    "CASE_ALREADY_OPEN": "the household has an open case for this benefit",
    "UNKNOWN_MEMBER": "the person is not a member of the household on that day",
    "SECOND_PERSON_REQUIRED": "a second person must confirm the act",
    "PERSON_ERASED": "the data of this person were erased, nothing new is recorded of them (GDPR art. 17)",
    "LEGAL_HOLD": "the law still needs what is personal: an open case, a sanction not decided, not"
    " final or under review (GDPR art. 17 c. 3 lett. b), e))",
    "IN_OTHER_CASES": "the person is in other cases too: `ambito erase` erases in all of them at once",
    "BAD_RULE_SET": "a rule-set file cannot be read as law",
    "BAD_VALUE": "a value is not one that this field can have",
}
"""Every rule by which an act can be refused: a sentence and, where there is one, its article."""
