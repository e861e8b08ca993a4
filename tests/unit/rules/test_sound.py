"""A rule-set file that cannot be law is refused with its file and line, before it decides anything."""

import pytest

from domain.refused import Refused
from domain.rules.rule_set import OBLIGATION_RULE_SET, SANCTION_RULE_SETS, text_of
from domain.rules.sound import Fault, check_all, check_readings, faults

SHIPPED = {name: text_of(name) for name in (*SANCTION_RULE_SETS, OBLIGATION_RULE_SET)}


def edited(name: str, was: str, now: str) -> dict[str, str]:
    assert was in SHIPPED[name], was
    return SHIPPED | {name: SHIPPED[name].replace(was, now, 1)}


def line_of(name: str, text: str) -> int:
    return next(n for n, line in enumerate(SHIPPED[name].splitlines(), 1) if line.startswith(text))


def only(found: list[Fault]) -> Fault:
    assert len(found) == 1, found
    return found[0]


def test_the_rule_sets_that_are_shipped_are_sound():
    assert faults(SHIPPED) == []
    check_all()


def test_a_file_that_is_not_toml_is_named_with_its_line():
    fault = only(faults(SHIPPED | {"REI-2017": "id = 'REI-2017'\n[broken\n"}))
    assert (fault.file, fault.line) == ("REI-2017.toml", 2)


@pytest.mark.parametrize("key", ["title", "act", "benefits", "valid_from", "obligor", "disposes", "scope"])
def test_a_hole_is_named(key):
    was = next(line for line in SHIPPED["ADI-2023"].splitlines() if line.startswith(f"{key} ="))
    assert f"{key} is missing" in {f.because for f in faults(edited("ADI-2023", was, ""))}


@pytest.mark.parametrize("key", ["title", "legal_ref", "justified_reason", "bound", "rests_on", "rungs"])
def test_a_hole_in_an_infraction_is_named_with_the_line_of_its_table(key):
    table = "[infractions.PATTO_NOT_SIGNED]"
    head, _, rest = SHIPPED["ADI-2023"].partition(table)
    was = next(line for line in rest.splitlines() if line.startswith(f"{key} ="))
    text = head + table + rest.replace(was, "", 1)
    found = faults(SHIPPED | {"ADI-2023": text})
    assert [(f.line, f.because) for f in found if "missing" in f.because] == [
        (line_of("ADI-2023", table), f"infractions.PATTO_NOT_SIGNED: {key} is missing")
    ]


@pytest.mark.parametrize(
    ("name", "was", "now", "says"),
    [
        ("ADI-2023", 'scope = "household"', 'scope = "household"\nscop = "x"', "is not a word of rule sets"),
        ("ADI-2023", 'bound = ["obliged"]', 'bound = ["obligd"]', "'obligd' is none of"),
        ("ADI-2023", 'rests_on = ["patto"]', 'rests_on = ["pact"]', "'pact' is none of"),
        ("ADI-2023", 'justified_reason = "excludes"', 'justified_reason = "may"', "'may' is none of"),
        ("ADI-2023", 'measure = "DECADENZA"', 'measure = "MULTA"', "'MULTA' is no measure"),
        ("REI-2017", 'months_fraction = "1/4"', 'months_fraction = "0"', "cannot cut 0 months"),
        ("ADI-2023", "value = 1", "value = -1", "must be a whole number, at least 0"),
        ("ADI-2023", 'value = "EXCLUDES"', 'value = "PERHAPS"', "is none of EXCLUDES"),
        ("ADI-2023", "valid_from = 2024-01-01", 'valid_from = "2024"', "must be a date"),
        ("RDC-2019", "valid_to = 2023-12-31", "valid_to = 2018-12-31", "is before valid_from"),
        ("ADI-2023", 'id = "ADI-2023"', 'id = "ADI-2024"', "the file is called ADI-2023"),
        ("PROTOCOLLO-ADI", 'extends = "ADI-2023"', 'extends = "ADI-1999"', "there is no rule set ADI-1999"),
        ("PSP-150-2015", '"ACTIVE_MEASURE_MISSED"', '"NOTHING"', "there is no infraction NOTHING"),
        (OBLIGATION_RULE_SET, 'code = "MINOR"', 'code = "MINORS"', "'MINORS' is none of"),
    ],
)
def test_a_word_that_is_not_law_is_named(name, was, now, says):
    found = faults(edited(name, was, now))
    assert any(says in fault.because and fault.file == f"{name}.toml" for fault in found), found


def test_a_conflict_names_a_rule_set_and_an_infraction_that_are_known():
    text = SHIPPED["PROTOCOLLO-ADI"].replace('rule_set = "ADI-2023"', 'rule_set = "ADI-1999"', 1)
    fault = only(faults(SHIPPED | {"PROTOCOLLO-ADI": text}))
    assert "there is no rule set ADI-1999" in fault.because
    assert fault.line == line_of("PROTOCOLLO-ADI", "[[conflicts_with]]")


def test_two_laws_for_one_benefit_on_one_day_are_refused():
    fault = only(faults(edited("RDC-2019", 'benefits = ["RDC"]', 'benefits = ["RDC", "REI"]')))
    assert "REI" in fault.because and "governs some of the same days" in fault.because


def test_a_law_that_follows_another_without_a_common_day_is_not_an_overlap():
    later = (
        SHIPPED["RDC-2019"]
        .replace('id = "RDC-2019"', 'id = "RDC-2024"')
        .replace("valid_from = 2019-01-29", "valid_from = 2024-01-01")
        .replace("valid_to = 2023-12-31\n", "")
    )
    assert faults(SHIPPED | {"RDC-2024": later}) == []


def test_what_is_wrong_is_refused_by_its_rule():
    with pytest.raises(Refused) as refused:
        check_all(edited("ADI-2023", 'measure = "DECADENZA"', 'measure = "MULTA"'))
    assert refused.value.rule == "BAD_RULE_SET"
    assert str(refused.value).startswith("BAD_RULE_SET: ADI-2023.toml:")


@pytest.mark.parametrize(
    ("readings", "says"),
    [
        ({"min_notice_day": 2}, "no rule set has a setting 'min_notice_day'"),
        ({"min_notice_days": -1}, "min_notice_days cannot be -1"),
        ({"counts_from": "WHENEVER"}, "counts_from cannot be 'WHENEVER'"),
        ({"patron_saint": "19-09"}, "patron_saint cannot be '19-09'"),
        ({"patron_saint": "9-19"}, "patron_saint cannot be '9-19'"),
        ({"patron_saint": 919}, "patron_saint cannot be 919"),
    ],
)
def test_a_reading_that_no_law_leaves_open_is_refused(readings, says):
    with pytest.raises(Refused, match="BAD_VALUE") as refused:
        check_readings(readings)
    assert says in refused.value.because


def test_a_reading_that_the_law_leaves_open_is_taken():
    check_readings({"min_notice_days": 2, "counts_from": "ASCERTAINED", "leap_birthday": "MARCH_1"})
    check_readings({"patron_saint": "09-19"})
    check_readings({"patron_saint": ""})
