"""The tests of the rules notice what a careless hand would change in them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants_of

ROOT = Path(__file__).parents[2]
IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"


@pytest.mark.torture
@pytest.mark.skipif(not IN_FULL, reason="a fault takes four seconds, and few of them would say nothing")
@pytest.mark.parametrize("subject", ["rules", "case"])
def test_nine_faults_in_ten_are_noticed(subject):
    """An hour or two on two processors; what was tried before is not tried again."""
    campaign = [sys.executable, "-m", "tests.mutation.campaign", subject]
    done = subprocess.run(campaign, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_fault_goes_into_what_computes_and_nowhere_else():
    says = 'return not x > 1 or g(x, "said to people")'
    source = f'"""A page."""\nKinds = One | Other\ndef f(x: int | None) -> bool:\n    {says}\n'
    found = {(each.kind, each.after.split("return ")[-1]) for each in mutants_of("page.py", source)}
    assert found == {
        ("boolean", "not x > 1 and g(x, 'said to people')"),
        ("sign", "not not x > 1 or g(x, 'said to people')"),
        ("comparison", "not x >= 1 or g(x, 'said to people')"),
        ("constant", "not x > 2 or g(x, 'said to people')"),
        ("return", "None"),
    }


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        ("def f(xs):\n    return min(xs)\n", "return max(xs)"),
        ("def f(x):\n    ask(x)\n    return 1\n", "pass"),
        ("def f(x):\n    if x:\n        raise ValueError\n", "pass"),
        ("def f(xs):\n    return [x for x in xs if x]\n", "return [x for x in xs if not x]"),
        ("MOST = -1\n", "MOST = +1"),
        ("def f(x=True): ...\n", "def f(x=False):"),
    ],
)
def test_what_is_put_in(sound, faulty):
    assert faulty in {each.after for each in mutants_of("page.py", sound)}
