"""The filter language of the board and of `kaizen list`. Light: on the start-up path of `list`.

    word "two words" !word                    in id, title, component, owner or a label, whatever the case
    status:canary,draft component:pcc* id:31  one of several values; * and ? stand for any text, any character
    severity>=high age>7d updated<1h          comparisons; age is the time in the present status
    owner:me label:x verdict:pass title:mcp   `!` in front negates; quotes take every sign as it is

All terms must hold. An empty filter matches every ticket.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITIES, STATUSES

Test = Callable[[TicketRow, int, str], bool]

# Field -> what it means, for help and completion.
FIELDS: dict[str, str] = {
    "id": "the ticket's id, or its number",
    "title": "words of the title",
    "component": "the component's id",
    "owner": 'the owner; `me` is you, "" is nobody',
    "severity": "critical, high, medium, low; also >= > <= <",
    "status": "draft, planned, in_progress, in_review, canary, complete, aborted",
    "label": 'one of the labels; "" is none',
    "verdict": "of the score-card: pass, fail, inconclusive, none",
    "age": "time in the present status: age>7d",
    "created": "time since it was created: created<30d",
    "updated": "time since it was changed: updated<1h",
}
VERDICTS = ("pass", "fail", "inconclusive", "none")
_COMPARES: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    "<": lambda one, other: one < other,
}
_QUOTED = "\x00"  # stands for a character that was in quotes, so that it is no sign of the language


class _Value:
    """One value of a term: its text, casefolded, and for a pattern the compiled one."""

    __slots__ = ("pattern", "text")

    def __init__(self, text: str, pattern: re.Pattern[str] | None) -> None:
        self.text = text
        self.pattern = pattern

    def fits(self, text: str) -> bool:
        """Whether the casefolded `text` is this value."""
        return text == self.text if self.pattern is None else self.pattern.fullmatch(text) is not None


class _Term:
    """FIELD COMPARE VALUES, as in severity>=high; compare is "" for `:`. word: as typed, for messages."""

    __slots__ = ("compare", "field", "values", "word")

    def __init__(self, word: str, field: str, compare: str, values: tuple[_Value, ...]) -> None:
        self.word = word
        self.field = field
        self.compare = compare
        self.values = values


class Query:
    """A parsed filter. text: as typed. Immutable by convention."""

    __slots__ = ("_tests", "text")

    def __init__(self, text: str, tests: Sequence[Test]) -> None:
        self.text = text
        self._tests = tuple(tests)

    def matches(self, row: TicketRow, now: int, me: str) -> bool:
        """Whether the ticket passes. now: seconds since the epoch. me: the actor, such as `Jane Doe <jane@x.org>`."""
        for test in self._tests:  # noqa: SIM110 - a generator costs twice as much on 10,000 rows
            if not test(row, now, me):
                return False
        return True

    def select(self, rows: Iterable[TicketRow], now: int, me: str) -> list[TicketRow]:
        """The rows that pass, in their order."""
        selected = list(rows)
        for test in self._tests:
            selected = [row for row in selected if test(row, now, me)]
        return selected

    def __bool__(self) -> bool:
        return bool(self._tests)

    def __repr__(self) -> str:
        return f"Query({self.text!r})"


def parse_query(words: Sequence[str] | str) -> Query:
    """The filter in `words` (a line, or a command's arguments, each of which may hold several terms).

    Raises UsageError naming the word that is wrong and the nearest that is right.
    """
    text = words if isinstance(words, str) else " ".join(words)
    tests: list[Test] = []
    plain: list[str] = []
    for word, masked in _split(text):
        bare = masked.lstrip("!")
        negated = (len(masked) - len(bare)) % 2 == 1
        parsed = _parse_word(word[len(masked) - len(bare) :], bare)
        if isinstance(parsed, str) and not negated:
            plain.append(parsed)
            continue
        test = _has_word(parsed) if isinstance(parsed, str) else parsed
        tests.append(_negate(test) if negated else test)
    tests += [_has_word(word) for word in plain]
    return Query(text.strip(), tests)


def _split(text: str) -> list[tuple[str, str]]:
    """The words of a line, each with a mask of the same length in which whatever was in quotes is _QUOTED.

    An opening quote leaves a _QUOTED in the word too, so that `owner:""` differs from `owner:`; _plain takes it out.
    """
    words: list[tuple[str, str]] = []
    word: list[str] = []
    mask: list[str] = []
    quoted = escaped = False
    for char in f"{text} ":
        if escaped or (quoted and char not in '"\\'):
            word.append(char)
            mask.append(_QUOTED)
            escaped = False
        elif char == '"':
            quoted = not quoted
            if quoted:
                word.append(_QUOTED)
                mask.append(_QUOTED)
        elif quoted:
            escaped = True
        elif not char.isspace():
            word.append(char)
            mask.append(char)
        elif word:
            words.append(("".join(word), "".join(mask)))
            word, mask = [], []
    if quoted:
        raise UsageError(
            f"the quote before {_shown(_plain(''.join(word)).rstrip())} is not closed", hint='end it with "'
        )
    return words


def _plain(text: str) -> str:
    return text.replace(_QUOTED, "")


def _shown(word: str) -> str:
    return f"`{_plain(word)[:60]}`"


def _negate(test: Test) -> Test:
    return lambda row, now, me: not test(row, now, me)


@cache
def _field_pattern() -> re.Pattern[str]:
    return re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:[:=]?(>=|<=|>|<)|[:=])")


def _parse_word(word: str, masked: str) -> Test | str:
    """The test of one word without its `!`; a plain word, casefolded, is returned itself."""
    named = _field_pattern().match(masked)
    if named is None:
        plain = _plain(word).casefold()
        if not plain:
            raise UsageError("a word of the filter is empty", hint="write something after `!` and between quotes")
        return plain
    field = named[1].casefold()
    if field not in FIELDS:
        hint = f"{did_you_mean(field, FIELDS)} (to search for the word itself, put it in quotes)"
        raise UsageError(f"the filter has no field {_shown(named[1])} (in {_shown(word)})", hint=hint)
    values = _values(word[named.end() :], masked[named.end() :])
    if not values:
        none = f'; {field}:"" means none' if field in ("owner", "label") else ""
        raise UsageError(f"{_shown(word)} in the filter has no value", hint=f"write one after it{none}")
    return _BUILDERS[field](_Term(_shown(word), field, named[2] or "", values))


def _values(text: str, masked: str) -> tuple[_Value, ...]:
    """The values between commas; an empty one counts only in quotes."""
    values: list[_Value] = []
    start = 0
    for end in [*(position for position, char in enumerate(masked) if char == ","), len(masked)]:
        piece, mask = text[start:end], masked[start:end]
        start = end + 1
        if piece:
            pattern = _glob(piece, mask) if "*" in mask or "?" in mask else None
            values.append(_Value(_plain(piece).casefold(), pattern))
    return tuple(values)


def _glob(text: str, mask: str) -> re.Pattern[str]:
    """The pattern of a text in which `*` and `?` stand for others, where the mask doesn't hide them."""
    from fnmatch import translate  # its patterns don't backtrack from one * into another

    signs = {"*": "[*]", "?": "[?]", "[": "[[]"}
    pieces = [
        hidden if hidden in "*?" else "".join(signs.get(folded, folded) for folded in _plain(char).casefold())
        for char, hidden in zip(text, mask, strict=True)
    ]
    return re.compile(translate("".join(pieces)))


def _has_word(word: str) -> Test:
    return lambda row, _now, _me: (
        word in f"{row.id}\n{row.title}\n{row.component}\n{row.owner}".casefold()
        or any(word in label.casefold() for label in row.labels)
    )


def _only_equal(term: _Term) -> None:
    if term.compare:
        raise UsageError(f"{term.word} in the filter: {term.field} has no order", hint=f"write {term.field}:VALUE")


def _text(read: Callable[[TicketRow], str]) -> Callable[[_Term], Test]:
    """Builds tests of a field that equals one of the values."""

    def build(term: _Term) -> Test:
        _only_equal(term)
        if len(term.values) == 1 and term.values[0].pattern is None:
            wanted = term.values[0].text
            return lambda row, _now, _me: read(row).casefold() == wanted
        return lambda row, _now, _me: any(value.fits(text) for text in (read(row).casefold(),) for value in term.values)

    return build


def _build_id(term: _Term) -> Test:
    _only_equal(term)
    numbers = {int(value.text) for value in term.values if value.text.isascii() and value.text.isdigit()}
    return lambda row, _now, _me: row.number in numbers or any(value.fits(row.id.casefold()) for value in term.values)


def _build_title(term: _Term) -> Test:
    _only_equal(term)

    def test(row: TicketRow, _now: int, _me: str) -> bool:
        title = row.title.casefold()
        return any(value.text in title if value.pattern is None else value.fits(title) for value in term.values)

    return test


def _build_label(term: _Term) -> Test:
    _only_equal(term)
    none = any(value.text == "" for value in term.values)

    def test(row: TicketRow, _now: int, _me: str) -> bool:
        if not row.labels:
            return none
        return any(value.fits(label.casefold()) for label in row.labels for value in term.values)

    return test


def _build_owner(term: _Term) -> Test:
    _only_equal(term)
    mine = any(value.text == "me" for value in term.values)
    others = tuple(value for value in term.values if value.text != "me")
    known: dict[tuple[str, str], bool] = {}

    def decide(owner: str, me: str) -> bool:
        if not owner.strip():
            return any(value.text == "" for value in others)
        from kaizen_tui.core.actors import is_one_of, parse_actor  # only a filter by owner needs them

        if mine and me and is_one_of(me, owner):
            return True
        names = {owner.casefold(), *parse_actor(owner).names}
        return any(
            any(value.fits(name) for name in names) or (value.pattern is None and is_one_of(value.text, owner))
            for value in others
            if value.text
        )

    def test(row: TicketRow, _now: int, me: str) -> bool:
        key = (row.owner, me)
        if key not in known:
            known[key] = decide(*key)
        return known[key]

    return test


def _one_of(term: _Term, words: Sequence[str]) -> frozenset[str]:
    """Those of `words` that the values name. Raises UsageError for a value that names none."""
    named: set[str] = set()
    for value in term.values:
        asked = value if value.pattern is not None else _Value(value.text.replace("-", "_"), None)
        fitting = [word for word in words if asked.fits(word)]
        if not fitting:
            hint = did_you_mean(asked.text, words)
            raise UsageError(f"{term.word} in the filter: no {term.field} {_shown(value.text)}", hint=hint)
        named.update(fitting)
    return frozenset(named)


def _build_status(term: _Term) -> Test:
    _only_equal(term)
    wanted = _one_of(term, STATUSES)
    return lambda row, _now, _me: row.status in wanted


def _build_verdict(term: _Term) -> Test:
    _only_equal(term)
    wanted = _one_of(term, VERDICTS)
    return lambda row, _now, _me: (row.verdict or "none") in wanted


def _build_severity(term: _Term) -> Test:
    wanted = _one_of(term, SEVERITIES)
    if term.compare:
        if len(wanted) != 1 or len(term.values) != 1:
            raise UsageError(f"{term.word} in the filter: compare with one severity", hint="as in severity>=high")
        compare, rank = _COMPARES[term.compare], SEVERITIES.index(next(iter(wanted)))
        wanted = frozenset(name for name in SEVERITIES if compare(rank, SEVERITIES.index(name)))
    return lambda row, _now, _me: row.severity in wanted


def _span(read: Callable[[TicketRow], int]) -> Callable[[_Term], Test]:
    """Builds tests of the time since a moment; a ticket that doesn't know the moment never passes."""

    def build(term: _Term) -> Test:
        from kaizen_tui.core.units import parse_duration

        value = term.values[0]
        if not term.compare or len(term.values) > 1:
            raise UsageError(f"{term.word} in the filter: {term.field} is compared", hint=f"as in {term.field}>7d")
        try:
            bound = parse_duration(value.text)
        except ValueError as error:
            raise UsageError(f"{term.word} in the filter: {error}", hint=f"as in {term.field}>7d") from None
        compare = _COMPARES[term.compare]
        return lambda row, now, _me: (moment := read(row)) != 0 and compare(now - moment, bound)

    return build


_BUILDERS: dict[str, Callable[[_Term], Test]] = {
    "id": _build_id,
    "title": _build_title,
    "component": _text(lambda row: row.component),
    "owner": _build_owner,
    "severity": _build_severity,
    "status": _build_status,
    "label": _build_label,
    "verdict": _build_verdict,
    "age": _span(lambda row: row.since or row.created),
    "created": _span(lambda row: row.created),
    "updated": _span(lambda row: row.updated),
}
