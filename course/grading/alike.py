"""Submissions that look alike: a hint for a teacher who reads both, and no charge.

Code is compared as a row of tokens, blind to names, comments and formatting, by all runs of `RUN`
tokens in it. It is never parsed or run, so nothing that a student writes can stop the teacher's
program. What many have in common says nothing, and what is short neither.
"""

import keyword
import re
from collections import Counter
from collections.abc import Iterable
from itertools import combinations, islice

RUN = 12  # tokens
ENOUGH = 25  # runs that hardly anybody else has
LIKE = 0.7  # the share of their rare runs that two have in common
MOST_TOKENS = 10_000  # that are compared
MOST_HOLDERS = 30  # of a run: what more have is no sign, whatever the size of the class
TEXT = r"""'[^'\n]*'|"[^"\n]*\""""
TOKEN = re.compile(rf"{TEXT}|\w+|[^\s\w]")
SILENT = re.compile(
    rf"""#[^\n]*+(?:\s*+#[^\n]*+)*+|(?P<long>'''|\""").*?(?P=long)|(?P<text>{TEXT})""", re.DOTALL
)


def bare(sources: Iterable[str]) -> str:
    """Code without comments and docstrings, which may be as long as one likes."""
    return SILENT.sub(r"\g<text>", "\n".join(sources))


def runs(sources: Iterable[str]) -> set[int]:
    """All runs of tokens in some code, as numbers."""
    tokens = []
    for found in islice(TOKEN.finditer(bare(sources)), MOST_TOKENS):
        token = found[0]
        name = token.isidentifier() and not keyword.iskeyword(token)
        tokens.append("_" if name else token)
    return {hash(run) for run in zip(*(tokens[at:] for at in range(RUN)), strict=False)}


def alike(codes: dict[str, list[str]], given: list[str]) -> list[tuple[float, list[str]]]:
    """Groups of students whose code is nearly the same, and how much of it, the most alike first.

    ``given`` is what nobody had to find: what was handed out, and the teacher's own solution. The
    first two of a group are those that are most alike.
    """
    known = runs(given)
    holders: dict[int, list[str]] = {}
    for student, sources in codes.items():
        for run in runs(sources) - known:
            holders.setdefault(run, []).append(student)
    few = min(max(3, len(codes) // 10), MOST_HOLDERS)
    rare = [students for students in holders.values() if len(students) <= few]
    own = Counter(student for students in rare for student in students)
    common = Counter(pair for students in rare for pair in combinations(students, 2))
    pairs = [
        (2 * many / (own[one] + own[other]), one, other)
        for (one, other), many in common.items()
        if many >= ENOUGH
    ]
    groups: list[tuple[float, list[str]]] = []
    for likeness, *pair in sorted(pairs, key=lambda each: -each[0]):
        if likeness < LIKE:
            break
        if group := next((group for _, group in groups if {*pair} & {*group}), None):
            group += [student for student in pair if student not in group]
        else:
            groups.append((likeness, pair))
    return groups
