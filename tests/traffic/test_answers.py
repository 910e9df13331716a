"""What counts as another answer, and what is noise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.text import safe
from kaizen_tui.traffic.answers import Answer, Place, differences, differing, learn, mismatch, route_of
from kaizen_tui.traffic.recording import Request

GET = Request(0.0, "GET", "/items/7?x=1", (), b"", 200)


def answer(value: Any, status: int = 200, kind: str = "application/json") -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status, kind, "", body, "", 0.01)


def text(value: str) -> Answer:
    return answer(value.encode(), kind="text/plain")


def judged(baseline: list[Answer], candidate: Answer) -> tuple[Place, ...]:
    """Where the candidate differs, after the noise of the baseline's answers was learned."""
    noise: dict[str, frozenset[Place]] = {}
    for other in baseline[1:]:
        noise = dict(learn([GET], baseline[:1], [other], noise))
    return differing(baseline[0], candidate, noise.get(route_of(GET), frozenset()))


def test_the_places_of_differences() -> None:
    one = answer({"a": 1, "b": [{"c": 1}, {"c": 2}], "d": {"e": None}})
    other = answer({"d": {"e": 0, "f": 1}, "b": [{"c": 1}, {"c": 3}, {}], "a": 1})
    assert differences(one, other) == {
        ("body", "b", "*", "c"),
        ("body", "b", "length"),
        ("body", "d", "e"),
        ("body", "d", "f"),
    }
    assert differences(answer({}), answer({}, kind="application/problem+json")) == {("content-type",)}
    assert differences(answer({"a": 1}), answer({"a": 2}, 500)) == {("status",)}
    assert differences(answer({}), answer({})._replace(location="/x")) == {("location",)}


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), (b'{"a":1}', b' { "a" : 1.0 }\n'), (None, None)]
)
def test_what_is_the_same_json(one: Any, other: Any) -> None:
    assert differences(answer(one), answer(other)) == set()


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (0, False), (0, None), ("1", 1), ([], {}), ([1], [1, 1]), (b"{}", b"{"), (b"", b"{}")]
)
def test_what_is_not(one: Any, other: Any) -> None:
    assert differences(answer(one), answer(other))


def test_noise_is_learned_and_no_more_than_noise() -> None:
    noisy = [answer({"id": n, "at": {"s": n}, "list": [n, n + 1], "price": 5}) for n in range(3)]
    assert judged(noisy, answer({"id": 99, "at": {"s": 99}, "list": [98, 99], "price": 5})) == ()
    assert judged(noisy, answer({"id": 99, "at": {"s": 99}, "list": [98, 99], "price": 6})) == (("body", "price"),)
    assert judged(noisy, answer({"id": 99, "at": {"s": 9}, "list": [98], "price": 5})) == (("body", "list", "length"),)
    assert judged(noisy, answer({"at": {"s": 9}, "list": [9, 8], "price": 5})) == ()  # below what is noise, all is


def test_noise_of_one_route_is_none_of_another() -> None:
    other = GET._replace(target="/carts/1")
    noise = learn([GET, other], [answer(1), answer(1)], [answer(2), answer(1)], {})
    assert differing(answer(1), answer(3), noise.get(route_of(GET), frozenset())) == ()
    assert differing(answer(1), answer(3), noise.get(route_of(other), frozenset())) == (("body",),)


def test_words_of_a_text() -> None:
    noisy = [text(f"id {n} of page, token aGVs/bG8{n}= done") for n in (1, 22)]
    assert judged(noisy, text("id 333 of page, token xyz+4= done")) == ()
    assert judged(noisy, text("id 333 of side, token xyz+4= done")) == (("text", "6"),)
    assert judged([text("a b"), text("a b c")], text("x")) == ()  # its length is noise: it isn't compared
    assert judged([text("a b"), text("a b")], text("a c")) == (("text", "2"),)
    assert judged([text("a\n"), text("a\n")], text("a \n"))


def test_a_status_that_flips_by_itself_is_noise() -> None:
    assert judged([answer(1), answer(1, 503)], answer(1, 503)) == ()
    assert judged([answer(1), answer(1)], answer(1, 503)) == (("status",),)


def test_large_answers_are_compared_by_their_digest() -> None:
    cut = answer(b'{"a": [')._replace(digest="aa")
    assert differences(cut, cut) == set()
    assert differences(cut, cut._replace(digest="bb")) == {("text",)}


def test_routes_have_ids_left_out() -> None:
    targets = ["/items/1/x", "/items/22/x?q=3", "/items/9f8c1be0-d7a2-4c55-b3e4-000000000001/x", "/items/a1/x"]
    assert [route_of(GET._replace(target=target)) for target in targets] == [
        "GET /items/*/x", "GET /items/*/x", "GET /items/*/x", "GET /items/a1/x",
    ]  # fmt: skip


def test_a_mismatch_says_what_and_shows_both() -> None:
    one, other = answer({"price": 10, "name": "\x1b[2J"}), answer({"price": 11, "name": "\x1b[2J\u202e"})
    found = mismatch(GET._replace(target="/i\u202e"), one, other, differing(one, other, frozenset()))
    assert (found.request, found.what) == ("GET /i\\u202e", "differs at body.name, body.price")
    assert '-  "price": 10' in found.diff or '- "price": 10' in found.diff
    assert all(line.isprintable() for line in found.diff)
    gone = Answer(0, "", "", b"", "", 1.0, "connection reset\x1b")
    assert mismatch(GET, one, gone, [("status",)]).what == "status 200 became no answer (connection reset\\x1b)"


def test_diffs_are_bounded() -> None:
    one, other = (answer([[n, k] for n in range(50_000)]) for k in (1, 2))
    found = mismatch(GET, one, other, [("body",)])
    assert len(found.diff) <= 41
    assert all(len(line) <= 200 for line in found.diff)


@pytest.mark.parametrize("body", [b"[" * 900 + b"]" * 900, b'{"a":' * 200_000, b"NaN", b"1" * 5000, b"\xff\x00"])
def test_hostile_bodies_are_compared_too(body: bytes) -> None:
    assert differences(answer(body), answer(body)) == set()
    assert differences(answer(body), answer(body + b" x"))
    assert mismatch(GET, answer(body), answer(b"{}"), [("body",)]).diff


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON, _JSON)
def test_differences_are_symmetric_and_what_was_learned_is_covered(one: Any, other: Any) -> None:
    left, right = answer(one), answer(other)
    assert differences(left, left) == set()
    assert differences(left, right) == differences(right, left)
    assert bool(differences(left, right)) == (json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)) or (
        one == other
    )
    assert judged([left, right], right) == ()


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["", "text/plain", "application/json"]))
def test_any_bodies(one: bytes, other: bytes, kind: str) -> None:
    left, right = answer(one, kind=kind), answer(other, kind=kind)
    places = differing(left, right, frozenset())
    assert one != other or not places
    if places:
        assert all(safe(line) == line for line in mismatch(GET, left, right, places).diff)
