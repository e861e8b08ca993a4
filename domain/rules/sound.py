"""Whether the files of `rule_sets/` can be read as law: no hole, no unknown word, no two laws for one day.

A rule set is data that a jurist may edit. What is wrong in it is told with file and line, before it decides
anything.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import get_args

from domain.refused import Refused
from domain.rules.breach import TESTS
from domain.rules.facts import Area, Standing
from domain.rules.ladder import CountsFrom, Measure, Rung, months
from domain.rules.obligation import EXCLUDES
from domain.rules.rule_set import (
    MERGED,
    OBLIGATION_RULE_SET,
    SANCTION_RULE_SETS,
    Data,
    is_allowed,
    load,
    text_of,
)

REQUIRED = ("id", "title", "act", "mark")
OF_ITS_OWN = (
    "benefits",
    "valid_from",
    "obligor",
    "ascertains",
    "disposes",
    "scope",
    "settings",
    "infractions",
)
"""What a rule set says unless it extends another one, whose words then hold."""

KNOWN = frozenset(
    {*REQUIRED, *OF_ITS_OWN, "extends", "valid_to", "validity_note", "reapply", "offer", "commitments"}
    | {"conflicts_with", "citations"}
)

NORM_REQUIRED = ("title", "legal_ref", "mark", "justified_reason", "bound", "rests_on", "rungs")
NORM_KNOWN = frozenset(
    {*NORM_REQUIRED, "patto", "areas", "ages", "counts_from", "counted_per_area", "reapply_after_months"}
    | {"only_without_convocation", "only_without_compulsory_education", "suspends_from", "rungs_decided_by"}
)
REASONS = ("excludes", "irrelevant", "open")


@dataclass(frozen=True)
class Fault:
    """Something in a rule-set file that cannot be law."""

    file: str
    line: int
    because: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.because}"


def check_all(texts: Mapping[str, str] | None = None) -> None:
    """Raises Refused for the first fault of the rule sets, with its file and line."""
    if found := faults(shipped() if texts is None else texts):
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise Refused("BAD_RULE_SET", f"{found[0]}{more}")


def shipped() -> dict[str, str]:
    """The files of `rule_sets/` that decide cases, by their ids."""
    return {name: text_of(name) for name in (*SANCTION_RULE_SETS, OBLIGATION_RULE_SET)}


def check_readings(readings: Mapping[str, int | str]) -> None:
    """Raises Refused for a reading that no rule set leaves open, or a value that it cannot have."""
    rule_sets = [load(name) for name in (*SANCTION_RULE_SETS, OBLIGATION_RULE_SET)]
    for setting, value in readings.items():
        open_in = [rules for rules in rule_sets if setting in rules.data.get("settings", {})]
        if not open_in:
            raise Refused("BAD_VALUE", f"no rule set has a setting {setting!r}")
        for rules in open_in:
            rules.with_setting(setting, value)


def faults(texts: Mapping[str, str]) -> list[Fault]:
    """Everything that is wrong with some rule-set files, by their ids: `{"ADI-2023": "id = …"}`."""
    read, found = {}, []
    for name, text in texts.items():
        try:
            read[name] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            found.append(Fault(f"{name}.toml", int(at[1]) if at else 1, f"is not TOML: {error}"))
    for name, data in read.items():
        places = _Places(name, texts[name])
        said = _of_obligations(data) if name == OBLIGATION_RULE_SET else _of_one(name, data, read)
        found += [places.at(where, because) for where, because in said]
    sanctions = {name: data for name, data in read.items() if name != OBLIGATION_RULE_SET}
    found += _overlaps(sanctions, texts)
    return sorted(found, key=lambda fault: (fault.file, fault.line))


@dataclass(frozen=True)
class _Places:
    """Where a table or a key stands in a file."""

    name: str
    text: str

    def at(self, where: str, because: str) -> Fault:
        return Fault(f"{self.name}.toml", self._line(where), f"{where}: {because}" if where else because)

    def _line(self, where: str) -> int:
        """The line of `infractions.X.rungs`: of its key, else of its table, else the first."""
        table, _, key = where.rpartition(".")
        lines = self.text.splitlines()
        start = self._header(table, lines) if table else 0
        if start is None:
            return self._header(where, lines) or 1
        for number, line in enumerate(lines[start:], start + 1):
            if re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
            if line.startswith("[") and number > start + 1 and table:
                break
        return self._header(where, lines) or max(start, 1)

    def _header(self, table: str, lines: list[str]) -> int | None:
        heads = (f"[{table}]", f"[[{table}]]")
        return next((n for n, line in enumerate(lines, 1) if line.split("#")[0].strip() in heads), None)


Found = Iterator[tuple[str, str]]
"""Where (a dotted path) and what is wrong."""


def _of_one(name: str, data: Data, others: Mapping[str, Data]) -> Found:
    base = others.get(data["extends"], {}) if "extends" in data else {}
    if "extends" in data and not base:
        yield "extends", f"there is no rule set {data['extends']}"
    yield from _keys("", data, REQUIRED if base else (*REQUIRED, *OF_ITS_OWN), KNOWN)
    if data.get("id") != name:
        yield "id", f"the file is called {name}"
    whole = base | data | {table: base.get(table, {}) | data.get(table, {}) for table in MERGED}
    yield from _validity(whole)
    for setting, row in data.get("settings", {}).items():
        yield from _setting(f"settings.{setting}", row)
    for code, norm in data.get("infractions", {}).items():
        yield from _norm(f"infractions.{code}", norm, whole)
    yield from _references(whole if "commitments" in data else whole | {"commitments": {}}, data, others)


def _of_obligations(data: Data) -> Found:
    """The decision table: every row that the code can read once, with its article."""
    yield from _keys("", data, (*REQUIRED, "benefits", "valid_from", "ages", "care_load"), frozenset(data))
    for setting, row in data.get("settings", {}).items():
        yield from _setting(f"settings.{setting}", row)
    codes = [row.get("code") for row in data.get("reasons", ())]
    yield from _among("reasons", codes, EXCLUDES)
    if missing := [code for code in EXCLUDES if codes.count(code) != 1]:
        yield "reasons", f"once each: {', '.join(missing)}"
    if any(not row.get("legal_ref") for row in data.get("reasons", ())):
        yield "reasons", "legal_ref is missing"


def _keys(where: str, data: Data, required: Iterable[str], known: frozenset[str]) -> Found:
    prefix = f"{where}." if where else ""
    for key in required:
        if data.get(key) in (None, "", {}) and key != "mark":
            yield f"{prefix}{key}" if key in data else where, f"{key} is missing"
    for key in data.keys() - known:
        yield f"{prefix}{key}", "is not a word of rule sets"


def _validity(data: Data) -> Found:
    starts, ends = data.get("valid_from"), data.get("valid_to", date.max)
    for name, day in (("valid_from", starts), ("valid_to", ends)):
        if day is not None and type(day) is not date:
            yield name, "must be a date"
            return
    if starts is not None and ends < starts:
        yield "valid_to", "is before valid_from"
    if not data.get("benefits"):
        yield "benefits", "at least one"


def _setting(where: str, row: Data) -> Found:
    yield from _keys(where, row, ("why",), frozenset({"value", "values", "least", "kind", "why"}))
    if "value" not in row:
        yield where, "value is missing"
    elif "values" in row and row["value"] not in row["values"]:
        yield f"{where}.value", f"is none of {', '.join(map(str, row['values']))}"
    elif row.get("kind") not in (None, "DAY_OF_YEAR"):
        yield f"{where}.kind", f"{row['kind']!r} is not DAY_OF_YEAR"
    elif not is_allowed(row, row["value"]):
        number = f"must be a whole number, at least {row.get('least', 0)}"
        yield f"{where}.value", "must be a day, MM-DD, or empty" if "kind" in row else number


def _norm(where: str, norm: Data, whole: Data) -> Found:
    yield from _keys(where, norm, (k for k in NORM_REQUIRED if k != "rests_on"), NORM_KNOWN)
    if "rests_on" not in norm:
        yield where, "rests_on is missing"
    yield from _among(f"{where}.justified_reason", [norm.get("justified_reason")], REASONS)
    yield from _among(f"{where}.bound", norm.get("bound", ()), get_args(Standing))
    yield from _among(f"{where}.rests_on", norm.get("rests_on", ()), TESTS)
    yield from _among(f"{where}.areas", norm.get("areas", ()), get_args(Area))
    if "counts_from" in norm:
        yield from _among(f"{where}.counts_from", [norm["counts_from"]], get_args(CountsFrom))
    if norm.get("justified_reason") == "open" and "open_reason" not in whole.get("settings", {}):
        yield f"{where}.justified_reason", "is open, and no setting open_reason says how it is read"
    for number, row in enumerate(norm.get("rungs", ()), 1):
        if because := _wrong_rung(row):
            yield f"{where}.rungs", f"rung {number}: {because}"


def _wrong_rung(row: Data) -> str | None:
    if unknown := row.keys() - {"measure", "months_fraction", "effect", "also"}:
        return f"{', '.join(sorted(unknown))}: not a word of rungs"
    try:
        Rung(Measure(row.get("measure", "")), months(row.get("months_fraction")))
    except ValueError:
        return f"{row.get('measure')!r} is no measure"
    except Refused as refused:
        return refused.because
    return None


def _references(whole: Data, data: Data, others: Mapping[str, Data]) -> Found:
    """What one table says of another: infractions and rule sets that must be known."""
    codes = whole.get("infractions", {}).keys()
    for kind, named in whole.get("commitments", {}).items():
        if kind not in ("PAIS", "PSP"):
            yield f"commitments.{kind}", "is no patto"
        for area, code in named.items():
            yield from _among(f"commitments.{kind}", [area], (*get_args(Area), "ANY"))
            if code not in codes:
                yield f"commitments.{kind}", f"there is no infraction {code}"
    for row in data.get("conflicts_with", ()):
        if row.get("rule_set") not in others:
            yield "conflicts_with", f"there is no rule set {row.get('rule_set')}"
        if row.get("infraction") not in codes:
            yield "conflicts_with", f"there is no infraction {row.get('infraction')}"


def _among(where: str, values: Iterable[object], known: Iterable[object]) -> Found:
    allowed = list(known)
    for value in values:
        if value not in allowed:
            yield where, f"{value!r} is none of {', '.join(map(str, allowed))}"


def _overlaps(read: Mapping[str, Data], texts: Mapping[str, str]) -> Iterator[Fault]:
    """One benefit has one law on one day; only what extends a rule set may stand over it."""
    for (one, first), (other, second) in combinations(read.items(), 2):
        if other == first.get("extends") or one == second.get("extends"):
            continue
        shared = set(first.get("benefits", ())) & set(second.get("benefits", ()))
        if shared and _meet(first, second):
            because = f"{', '.join(sorted(shared))}: {one} governs some of the same days"
            yield _Places(other, texts[other]).at("valid_from", because)


def _meet(first: Data, second: Data) -> bool:
    starts = [data.get("valid_from") for data in (first, second)]
    ends = [data.get("valid_to", date.max) for data in (first, second)]
    if any(type(day) is not date for day in (*starts, *ends)):
        return False  # told already
    return bool(starts[0] <= ends[1] and starts[1] <= ends[0])
