"""A rule set: the law as data, the readings chosen where it is open, and the hash that names both."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import Any

from domain.refused import Refused

Data = dict[str, Any]

HOLIDAYS = "holidays"
MERGED = ("settings", "infractions")
SANCTION_RULE_SETS = ("ADI-2023", "PROTOCOLLO-ADI", "RDC-2019", "REI-2017", "PSP-150-2015")
OBLIGATION_RULE_SET = "ADI-2023-art6-c4-c5"


@dataclass(frozen=True)
class RuleSet:
    """One text of law in the reading that an Ambito applies.

    Two rule sets with the same hash decide every case alike: the hash covers the norms, the settings, the
    rungs decided by the Tavolo and the holidays by which terms end.
    """

    canonical: str

    @cached_property
    def data(self) -> Data:
        """The rule set as plain values; read it, never write it."""
        parsed: Data = json.loads(self.canonical)
        return parsed

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @cached_property
    def hash(self) -> str:
        return sha256(self.canonical.encode()).hexdigest()

    def governs(self, benefit: str, day: date) -> bool:
        """Whether a fact of this benefit on this day falls under the rule set."""
        starts = date.fromisoformat(self.data["valid_from"])
        ends = date.fromisoformat(self.data.get("valid_to", date.max.isoformat()))
        return benefit in self.data["benefits"] and starts <= day <= ends

    def number(self, setting: str) -> int:
        return int(self._setting(setting)["value"])

    def choice(self, setting: str) -> str:
        return str(self._setting(setting)["value"])

    def with_setting(self, setting: str, value: int | str) -> "RuleSet":
        """The same law in another reading; its hash differs."""
        _check(setting, self._setting(setting), value)
        changed: Data = json.loads(self.canonical)
        changed["settings"][setting]["value"] = value
        return rule_set(changed)

    def read_as(self, settings: Mapping[str, int | str]) -> "RuleSet":
        """The same law in the readings of an Ambito; those of which it does not speak are left out."""
        rules = self
        for setting, value in settings.items():
            if setting in self.data.get("settings", {}):
                rules = rules.with_setting(setting, value)
        return rules

    def _setting(self, setting: str) -> Data:
        try:
            found: Data = self.data["settings"][setting]
        except KeyError:
            raise Refused("BAD_VALUE", f"{self.id} has no setting {setting!r}") from None
        return found


def rule_set(data: Data) -> RuleSet:
    """The rule set that these values make."""
    return RuleSet(json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_day))


@cache
def load(rule_set_id: str) -> RuleSet:
    """A rule set as shipped in `rule_sets/`, the demonstration defaults of open settings included."""
    if rule_set_id not in (*SANCTION_RULE_SETS, OBLIGATION_RULE_SET):
        raise Refused("BAD_VALUE", f"there is no rule set {rule_set_id!r}")
    return rule_set(_extended(read(rule_set_id)) | {HOLIDAYS: read(HOLIDAYS)})


def shipped(rule_set_hash: str) -> RuleSet | None:
    """The rule set with a hash, where it is one of those shipped, in the readings that they come with."""
    every = (load(name) for name in (*SANCTION_RULE_SETS, OBLIGATION_RULE_SET))
    return next((rules for rules in every if rules.hash == rule_set_hash), None)


def read(name: str) -> Data:
    """One file of `rule_sets/`."""
    return tomllib.loads(text_of(name))


def text_of(name: str) -> str:
    """One file of `rule_sets/`, as it is written."""
    return (files("domain.rules.rule_sets") / f"{name}.toml").read_text(encoding="utf-8")


def _extended(data: Data) -> Data:
    if "extends" not in data:
        return data
    base = read(data["extends"])
    merged = {table: base[table] | data.get(table, {}) for table in MERGED}
    return base | data | merged


def _check(setting: str, row: Data, value: int | str) -> None:
    if not is_allowed(row, value):
        raise Refused("BAD_VALUE", f"{setting} cannot be {value!r}")


def is_allowed(row: Data, value: object) -> bool:
    """Whether a setting can have a value: one of those listed, a day of the year or none, a whole number."""
    if "values" in row:
        return value in row["values"]
    if row.get("kind") == "DAY_OF_YEAR":
        return value == "" or is_day_of_year(value)
    return type(value) is int and value >= row.get("least", 0)


def is_day_of_year(text: object) -> bool:
    """Whether a text is a day of some year, MM-DD."""
    try:
        return isinstance(text, str) and f"{date.fromisoformat(f'2024-{text}'):%m-%d}" == text
    except ValueError:
        return False


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no rule set holds {value!r}")
