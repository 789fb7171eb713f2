"""Submissions that look alike: a hint for a teacher who reads both, and no charge.

Code is compared as a row of tokens, blind to names, comments and formatting, by all runs of `RUN`
tokens in it. It is never parsed or run, so nothing that a student writes can stop the teacher's
program. What many have in common says nothing, and what is short neither: of a function of twenty
lines it is found that up to a third of a class have it, and `MOST_HOLDERS` at most; of a shorter
one only if hardly anybody else has it. A text is compared as a whole.
"""

import keyword
import re
from collections import Counter
from collections.abc import Iterable
from itertools import combinations, islice

RUN = 12  # tokens
# Of the runs that at most this share of a class has, two have this many in common, and this share.
SIGNS = ((1 / 10, 25, 0.7), (1 / 3, 100, 0.6))
LONG = 25  # words of a text, which nobody writes alike by chance
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
    pairs = []
    for share, enough, like in SIGNS:
        few = min(max(3, int(len(codes) * share)), MOST_HOLDERS)
        rare = [students for students in holders.values() if len(students) <= few]
        own = Counter(student for students in rare for student in students)
        common = Counter(pair for students in rare for pair in combinations(students, 2))
        pairs += [
            (likeness, one, other)
            for (one, other), many in common.items()
            if many >= enough and (likeness := 2 * many / (own[one] + own[other])) >= like
        ]
    group_of: dict[str, tuple[float, list[str]]] = {}
    for likeness, *pair in sorted(pairs, key=lambda each: -each[0]):
        two = [group_of.setdefault(each, (likeness, [each])) for each in pair]
        if two[0] is not two[1]:
            into, other = sorted(two, key=lambda group: (-group[0], -len(group[1])))
            into[1].extend(other[1])
            group_of |= dict.fromkeys(other[1], into)
    return [*{id(group): group for group in group_of.values()}.values()]


def same_texts(texts: dict[str, str]) -> list[list[str]]:
    """Groups of students who wrote the same long text, but for spaces and capitals."""
    writers: dict[tuple[str, ...], list[str]] = {}
    for student, text in texts.items():
        words = tuple(text.casefold().split())
        if len(words) >= LONG:
            writers.setdefault(words, []).append(student)
    return [students for students in writers.values() if len(students) > 1]
