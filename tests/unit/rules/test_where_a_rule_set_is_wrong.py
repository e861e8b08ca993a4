"""Which line of which file is wrong, word for word: who edits a rule set looks there first."""

import pytest

from domain.refused import Refused
from domain.rules.rule_set import OBLIGATION_RULE_SET, SANCTION_RULE_SETS, text_of
from domain.rules.sound import check_all, faults

SHIPPED = {name: text_of(name) for name in (*SANCTION_RULE_SETS, OBLIGATION_RULE_SET)}


def edited(name, was, now, after=""):
    """The shipped files with one of them changed, once, after some text of it."""
    head, mark, rest = SHIPPED[name].partition(after) if after else ("", "", SHIPPED[name])
    assert was in rest, was
    return SHIPPED | {name: head + mark + rest.replace(was, now, 1)}


def line(name, text, after=""):
    """The line on which a text first stands, after another."""
    head, mark, rest = SHIPPED[name].partition(after) if after else ("", "", SHIPPED[name])
    return (head + mark + rest[: rest.index(text)]).count("\n") + 1


NOTICE, SIGNED = "[settings.min_notice_days]", "[infractions.PATTO_NOT_SIGNED]"
SAINT = "[settings.patron_saint]"


@pytest.mark.parametrize(
    ("name", "was", "now", "after", "says"),
    [
        (
            "ADI-2023",
            "value = 1",
            "value = -1",
            NOTICE,
            "settings.min_notice_days.value: must be a whole number, at least 0",
        ),
        (
            "ADI-2023",
            'value = ""',
            'value = "02-30"',
            SAINT,
            "settings.patron_saint.value: must be a day, MM-DD, or empty",
        ),
        (
            "ADI-2023",
            'kind = "DAY_OF_YEAR"',
            'kind = "DAY"',
            SAINT,
            "settings.patron_saint.kind: 'DAY' is not DAY_OF_YEAR",
        ),
        ("RDC-2019", "valid_to = 2023-12-31", "valid_to = 2019-01-28", "", "valid_to: is before valid_from"),
        ("RDC-2019", "valid_to = 2023-12-31", 'valid_to = "never"', "", "valid_to: must be a date"),
        (
            "ADI-2023",
            'rungs = [{ measure = "DECADENZA" }]',
            'rungs = [{ measure = "DECADENZA", fine = 1 }]',
            SIGNED,
            "infractions.PATTO_NOT_SIGNED.rungs: rung 1: fine: not a word of rungs",
        ),
        (
            "ADI-2023",
            'justified_reason = "irrelevant"',
            'justified_reason = "never"',
            SIGNED,
            "infractions.PATTO_NOT_SIGNED.justified_reason: 'never' is none of",
        ),
        (
            "ADI-2023",
            'rests_on = ["patto"]',
            'rests_on = ["pact"]',
            SIGNED,
            "infractions.PATTO_NOT_SIGNED.rests_on: ",
        ),
    ],
)
def test_the_line_of_a_fault_is_that_of_its_key(name, was, now, after, says):
    (fault,) = faults(edited(name, was, now, after))
    assert (fault.file, fault.line) == (f"{name}.toml", line(name, was, after))
    assert fault.because.startswith(says)


@pytest.mark.parametrize(
    ("name", "was", "now", "after"),
    [
        ("ADI-2023", "value = 1", "value = 0", NOTICE),
        ("ADI-2023", 'value = ""', 'value = "02-29"', SAINT),
        ("RDC-2019", "valid_to = 2023-12-31", "valid_to = 2019-01-29", ""),
    ],
)
def test_the_least_that_can_be_is_no_fault(name, was, now, after):
    assert faults(edited(name, was, now, after)) == []


def test_a_reason_without_its_article_is_a_fault():
    reason = next(row for row in SHIPPED[OBLIGATION_RULE_SET].splitlines() if row.startswith("legal_ref"))
    after = "[[reasons]]" if "[[reasons]]" in SHIPPED[OBLIGATION_RULE_SET] else ""
    found = faults(edited(OBLIGATION_RULE_SET, reason, 'legal_ref = ""', after))
    assert any(fault.because == "reasons: legal_ref is missing" for fault in found)


def test_two_laws_of_one_benefit_overlap_on_a_single_day():
    text = SHIPPED["RDC-2019"].replace('benefits = ["RDC"]', 'benefits = ["ADI"]')
    touching = SHIPPED | {"RDC-2019": text.replace("valid_to = 2023-12-31", "valid_to = 2024-01-01")}
    assert faults(SHIPPED | {"RDC-2019": text}) == []
    assert faults(touching) != []


def test_what_extends_a_rule_set_may_govern_the_same_days_in_its_own_words():
    words = 'extends = "ADI-2023"\nbenefits = ["ADI"]\nvalid_from = 2024-01-01'
    assert faults(edited("PROTOCOLLO-ADI", 'extends = "ADI-2023"', words)) == []
    backwards = edited("PROTOCOLLO-ADI", 'extends = "ADI-2023"', words)
    assert faults(dict(reversed(backwards.items()))) == []


@pytest.mark.parametrize("wrong", [1, 2, 3])
def test_the_first_fault_is_told_and_how_many_more_there_are(wrong):
    names = ("ADI-2023", "RDC-2019", "REI-2017")[:wrong]
    texts = SHIPPED | {name: SHIPPED[name].replace("obligor =", "obligr =", 1) for name in names}
    more = len(faults(texts)) - 1
    with pytest.raises(Refused) as refused:
        check_all(texts)
    assert more >= wrong - 1
    assert refused.value.because.endswith(f"(and {more} more)") == (more > 0)
