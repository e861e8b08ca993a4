"""What the verifier found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from domain.bundle.verify import Report
from domain.contract import Json


def lines(report: Report) -> Iterator[str]:
    """A report for people, in Italian."""
    about = report.about
    if about:
        yield f"Fascicolo della misura {about['measure_id']}" + (
            f" ({about['type']})" if "type" in about else ""
        )
        yield f"Ambito {about['ambito']}, caso {about['case_id']}"
        yield f"come si sapeva il {about['as_of']}, nella versione per: {about['redaction']}"
    for title, found in (
        ("TIENE", report.holds),
        ("NON TIENE", [f"{each.rule} ({each.where}): {each.says}" for each in report.findings]),
        ("NON SI PUÒ PROVARE DA QUESTO FILE", report.unprovable),
    ):
        if found:
            yield ""
            yield title
            yield from (f"  - {line}" for line in found)
    yield ""
    yield VERDICT[bool(report.findings)]


VERDICT = {
    False: "Il fascicolo tiene.",
    True: "Il fascicolo NON tiene: non va usato come prova prima di aver chiarito quanto sopra.",
}


def told(report: Report) -> dict[str, Json]:
    """A report for a program."""
    return {
        "holds": not report.findings,
        "about": report.about,
        "proved": report.holds,
        "findings": [{"rule": f.rule, "where": f.where, "says": f.says} for f in report.findings],
        "unprovable": report.unprovable,
        "decisions": [
            {
                "event_id": each.event_id,
                "type": each.type,
                "outcome": _outcome(each.differences),
                "differences": [
                    {"what": d.what, "expected": d.expected, "found": d.found, "because": d.because}
                    for d in each.differences or ()
                ],
            }
            for each in report.decisions
        ],
    }


def _outcome(differences: object) -> str:
    if differences is None:
        return "not judged"
    return "differs" if differences else "reproduced"
