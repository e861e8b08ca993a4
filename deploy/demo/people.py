"""Invented people with valid codici fiscali that nobody can own.

The code is computed as the law says (DM 23 December 1976: surname, name, day of birth, sex, place, check
character), but its place of birth was never assigned: the Belfiore codes of each letter begin at 001 and
those of foreign states at 100, so ``A000`` is no Comune and ``Z000`` no state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal
from unicodedata import normalize

from stdnum.it.codicefiscale import calc_check_digit

Sex = Literal["F", "M"]

NO_COMUNE, NO_STATE = "A000", "Z000"
MONTHS = "ABCDEHLMPRST"


@dataclass(frozen=True, slots=True)
class Origin:
    """Names of one language, as they are met in an Ambito."""

    language: str
    surnames: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person."""

    name: str
    surname: str
    sex: Sex
    born: date
    language: str

    @property
    def tax_code(self) -> str:
        place = NO_COMUNE if self.language == "it" else NO_STATE
        return tax_code(self.surname, self.name, self.born, self.sex, place)


def person(
    rng: Random, origin: Origin, age: int, on: date, sex: Sex | None = None, surname: str = ""
) -> Person:
    """A person who has completed so many years on a day."""
    if sex is None:
        sex = "F" if rng.random() < 0.55 else "M"
    born = on.replace(year=on.year - age, day=min(on.day, 28)) - timedelta(days=rng.randrange(3, 362))
    name = rng.choice(origin.women if sex == "F" else origin.men)
    return Person(name, surname or rng.choice(origin.surnames), sex, born, origin.language)


def tax_code(surname: str, name: str, born: date, sex: Sex, place: str) -> str:
    """The codice fiscale of a person: 15 characters and their check character."""
    day = born.day + (40 if sex == "F" else 0)
    code = f"{_surname(surname)}{_name(name)}{born:%y}{MONTHS[born.month - 1]}{day:02}{place}"
    return code + calc_check_digit(code)


def plain(text: str) -> str:
    """Capital letters without accents, as registries and e-mail addresses write a name."""
    return re.sub(r"[^A-Z]", "", normalize("NFKD", text).upper())


def _surname(text: str) -> str:
    consonants, vowels = _letters(text)
    return (consonants + vowels + "XXX")[:3]


def _name(text: str) -> str:
    """As a surname, but of four consonants or more the second is left out."""
    consonants, vowels = _letters(text)
    kept = consonants[0] + consonants[2:] if len(consonants) > 3 else consonants
    return (kept + vowels + "XXX")[:3]


def _letters(text: str) -> tuple[str, str]:
    letters = plain(text)
    return re.sub("[AEIOU]", "", letters), re.sub("[^AEIOU]", "", letters)


ITALIAN = Origin(
    "it",
    (
        "Abbrescia", "Amoroso", "Barberi", "Bellucci", "Bertolè", "Bonifazi", "Calabrò", "Cantù", "Carrù",
        "Castaldi", "Cefalù", "Conforti", "D'Agostino", "De Nicolò", "Dell'Aquila", "Falcinelli", "Farné",
        "Gargiulo", "Iacobucci", "Lo Presti", "Magrì", "Marrocù", "Nicolò", "Ottobrini", "Palladino",
        "Pinnarò", "Quintavalle", "Rapisardi", "Scognamiglio", "Tagliaferri", "Ventrì", "Zuccalà",
    ),
    (
        "Agnese", "Assunta", "Beatrice", "Carmela", "Debora", "Elisa", "Federica", "Giulia",
        "Ilaria", "Immacolata", "Luisa", "Maria Noemi", "Mariù", "Noemi", "Ornella", "Rosalia", "Sara",
        "Teresa", "Valentina", "Zoè",
    ),
    (
        "Alessio", "Bartolomeo", "Carlo", "Ciro", "Daniele", "Elia", "Fabrizio", "Gennaro", "Giosuè",
        "Ivan", "Luca", "Mattia", "Mosè", "Niccolò", "Nicolò", "Noè", "Pasquale", "Rocco", "Simone", "Vito",
    ),
)  # fmt: skip

MIGRANT = (
    Origin(
        "ro",
        ("Bălănescu", "Ciobănel", "Dumitrașcu", "Mureșeanu", "Țurcanu", "Văcărescu"),
        ("Ancuța", "Crenguța", "Ioana", "Mădălina", "Ștefania"),
        ("Bogdan", "Cătălin", "Ionuț", "Răzvan", "Ștefan"),
    ),
    Origin(
        "ar",
        ("Aït Benhaddou", "Belkacemi", "El Fassî", "Ouarzazi", "Tahiri"),
        ("Aïcha", "Fatima", "Khadija", "Naïma", "Zaïneb"),
        ("Abdelkrim", "Driss", "Ismaïl", "Saïd", "Youssef"),
    ),
    Origin(
        "es",
        ("Añasco", "Chávez Muñoz", "Huamán Núñez", "Quispe Ordóñez", "Yáñez"),
        ("Belén", "Inés", "María José", "Rocío", "Verónica"),
        ("Andrés", "Iñigo", "Jesús", "José María", "Óscar"),
    ),
    Origin(
        "fr",
        ("Adégoké", "Coulibaly", "Diabaté", "Kouamé", "N'Guessan"),
        ("Adèle", "Aminata", "Fanta", "Maïmouna", "Noëlle"),
        ("Cédric", "Kouassi", "Moïse", "Sékou", "Théophile"),
    ),
    Origin(
        "uk",
        ("Bondarčuk", "Kovalenko", "Myrošnyčenko", "Ševčuk", "Žuravel"),
        ("Halyna", "Ljubov", "Oksana", "Svitlana", "Zoja"),
        ("Andrij", "Danylo", "Jurij", "Mykola", "Taras"),
    ),
)
"""Some households come from elsewhere; their members speak the language of the origin."""
