"""Credentials planted wherever a recording can have some; none is in what is written, in any encoding."""

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.traffic.recording import Request, read_har, write_har
from kaizen_tui.traffic.redact import Redactor
from kaizen_tui.traffic.secret_forms import Finder
from kaizen_tui.traffic.secret_names import is_secret, is_secret_number
from tests.traffic.hars import entry, har

SECRET = "s3cr3t/V4lue+x=9 &ü"
PLAIN = "hunter2hunter2"
SESSION = "9f8c1be0d7a24c55b3e4"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWFkYQ"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAplanted\n-----END RSA PRIVATE KEY-----"


def redacted(*entries: dict[str, Any], keys: Sequence[str] = ()) -> tuple[bytes, tuple[Request, ...], int]:
    """What is written of a HAR file, the same as requests, how many secrets were found."""
    recording = read_har(har(*entries), "x.har")
    redactor = Redactor(keys)
    redactor.learn(recording.raw)
    requests = redactor.redact(recording.requests)
    return write_har(requests, "1"), requests, redactor.found


def traces(data: bytes, secret: str) -> list[str]:
    """The forms in which a secret stands in a file: raw, as JSON, percent-encoded, in base64, decoded once more."""
    texts = [data.decode()]
    texts.append(json.dumps(json.loads(data), ensure_ascii=False))
    texts += [unquote_plus(text) for text in texts]
    texts += [text.replace("\\/", "/").replace('\\"', '"') for text in texts]
    texts += [re.sub(r"\\+u([0-9a-f]{4})", lambda hit: chr(int(hit[1], 16)), text) for text in texts]
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}={0,2}", texts[0]):
        for begin in range(4):
            part = run[begin:].rstrip("=")
            for cut in (part, part[: len(part) // 4 * 4]):
                if len(cut) % 4 != 1:
                    padded = cut.replace("-", "+").replace("_", "/") + "=" * (-len(cut) % 4)
                    texts.append(b64decode(padded).decode("utf-8", "replace"))
    ascii_, exact = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    encoded = secret.encode()
    forms = {secret, ascii_, exact, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    forms |= {b64encode(encoded).decode().rstrip("="), urlsafe_b64encode(encoded).decode().rstrip("=")}
    return [form for form in forms if any(form in text for text in texts)]


def clean(data: bytes, *secrets: str) -> bool:
    return not any(traces(data, secret) for secret in secrets)


def test_the_search_for_traces_finds_some() -> None:
    """Else the tests below could not fail."""
    for form in (SECRET, quote(SECRET), quote_plus(SECRET), b64encode(f"ada:{SECRET}".encode()).decode()):
        assert traces(json.dumps({"a": form}).encode(), SECRET)
        assert traces(json.dumps({"a": json.dumps([form])}).encode(), SECRET)


BASIC = b64encode(f"ada:{SECRET}".encode()).decode()
MULTIPART = (
    '--XX\r\nContent-Disposition: form-data; name="user"\r\n\r\nada\r\n'
    f'--XX\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n{SECRET}\r\n--XX--\r\n'
)
PLANTED = {
    "Authorization: Bearer": entry(headers=(("Authorization", f"Bearer {PLAIN}"),)),
    "Authorization: Basic": entry(headers=(("authorization", f"Basic {BASIC}"),)),
    "Proxy-Authorization": entry(headers=(("Proxy-Authorization", f"Digest response={PLAIN}"),)),
    "Cookie": entry(headers=(("cookie", f"theme=dark; sid={SESSION}; other={PLAIN}"),)),
    "X-Api-Key": entry(headers=(("X-Api-Key", PLAIN),)),
    "X-Auth-Token": entry(headers=(("X-Auth-Token", SECRET),)),
    "X-CSRFToken": entry(headers=(("X-CSRFToken", SECRET),)),
    "bearer in another header": entry(headers=(("X-Forwarded-Auth-Info", f"Bearer {PLAIN}"),)),
    "JWT in another header": entry(headers=(("X-Trace", f"a,{JWT},b"),)),
    "Referer": entry(headers=(("Referer", f"https://shop.example.org/reset?token={quote(SECRET)}"),)),
    "query": entry(f"https://h/x?a=1&access_token={quote(SECRET, safe='')}&b=2"),
    "query, plus": entry(f"https://h/x?apiKey={quote_plus(SECRET)}"),
    "query, name percent-encoded": entry(f"https://h/x?api%5Fkey={PLAIN}"),
    "query, lower-case percent": entry(f"https://h/x?password={quote(SECRET, safe='').lower()}"),
    "query, JSON": entry("https://h/x?filter=" + quote(json.dumps({"user": {"password": SECRET}}))),
    "query, presigned": entry(f"https://h/x?X-Amz-Credential={PLAIN}&X-Amz-Signature={SESSION}"),
    "query, nested URL": entry("https://h/x?next=" + quote(f"/login?session_id={PLAIN}", safe="")),
    "matrix parameter": entry(f"https://h/x;jsessionid={SESSION}?a=1"),
    "path below token": entry(f"https://h/reset-token/{SESSION}/form"),
    "path, JWT": entry(f"https://h/verify/{JWT}"),
    "JWT, percent-encoded before it": entry(f"https://h/x?a=b%3D{JWT}"),
    "path, known from a header": entry(f"https://h/s/{PLAIN}/x", headers=(("X-Api-Key", PLAIN),)),
    "user and password of the URL": entry(f"https://ada:{quote(SECRET, safe='')}@h/x?q={quote_plus(SECRET)}"),
    "URL with a password in a body": entry(method="POST", body=json.dumps({"db": f"postgres://ada:{PLAIN}@db/x"})),
    "form": entry(
        method="POST", body=f"user=ada&password={quote_plus(SECRET)}", kind="application/x-www-form-urlencoded"
    ),
    "multipart": entry(method="POST", body=MULTIPART, kind="multipart/form-data; boundary=XX"),
    "multipart, without its header": entry(method="POST", body=MULTIPART, kind="text/plain"),
    "JSON": entry(method="POST", body=json.dumps({"user": "ada", "password": SECRET})),
    "JSON, unescaped": entry(method="POST", body=json.dumps({"clientSecret": SECRET}, ensure_ascii=False)),
    "JSON, deep": entry(method="POST", body=json.dumps([{"a": [{"credentials": {"x": [SECRET, {"y": PLAIN}]}}]}])),
    "JSON, text in JSON": entry(method="POST", body=json.dumps({"m": json.dumps({"refresh_token": SECRET})})),
    "JSON, JWT": entry(method="POST", body=json.dumps({"note": f"see {JWT}."})),
    "JSON, private key": entry(method="POST", body=json.dumps({"file": KEY})),
    "JSON, without its type": entry(method="POST", body=json.dumps({"password": SECRET}), kind="text/plain"),
    "GraphQL": entry(method="POST", body=json.dumps({"query": f'mutation {{ login(password: "{PLAIN}") {{ id }} }}'})),
    "XML": entry(method="POST", body=f"<login><password>{PLAIN}</password></login>", kind="text/xml"),
    "text": entry(method="POST", body=f"user: ada\npassword: {PLAIN}\n", kind="text/plain"),
    "base64 JSON": entry(
        f"https://h/x?state={urlsafe_b64encode(json.dumps({'password': PLAIN}).encode()).decode().rstrip('=')}"
    ),
    "base64, known from elsewhere": entry(
        f"https://h/x?u={quote(b64encode(f'ada:{PLAIN}:x'.encode()).decode())}", headers=(("X-Api-Key", PLAIN),)
    ),
    "percent-encoded twice": entry(
        f"https://h/x?r={quote(quote(f'/a?v={PLAIN}'))}&s={quote(quote(SECRET, safe=''), safe='')}",
        headers=(("X-Api-Key", PLAIN), ("X-Secret", SECRET)),
    ),
    "answer": entry(
        f"https://h/items/{PLAIN}?x={quote_plus(SECRET)}", answer=json.dumps({"access_token": PLAIN, "secret": SECRET})
    ),
    "comment": entry(comment=f"password={PLAIN}"),
    "custom field": entry(_initiator={"token": PLAIN}, _note=SECRET),
}


@pytest.mark.parametrize("where", PLANTED)
def test_no_planted_credential_is_written(where: str) -> None:
    one = PLANTED[where]
    raw = json.dumps(one)
    data, requests, _ = redacted(one)
    assert len(requests) == 1
    assert clean(data, PLAIN, SECRET, SESSION, "planted", JWT.split(".")[2]), data.decode()
    assert any(form in raw for form in (PLAIN, SESSION, "s3cr3t", "planted", JWT, BASIC, "eyJ")), "nothing was planted"


def test_cookies_parameters_and_answers_of_the_har_are_not_kept() -> None:
    one = entry(headers=(("Cookie", f"a={PLAIN}"),), answer=f"hello {SECRET}")
    one["request"]["cookies"] = [{"name": "a", "value": PLAIN, "comment": SESSION}]
    one["request"]["queryString"] = [{"name": "token", "value": SECRET}]
    one["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "text": "",
        "params": [{"name": "password", "value": SECRET}],
    }
    one["response"]["headers"] = [{"name": "Set-Cookie", "value": f"sid={SESSION}; Path=/; HttpOnly"}]
    one["response"]["redirectURL"] = f"https://h/#access_token={PLAIN}"
    one["response"]["cookies"] = [{"name": "sid", "value": SESSION}]
    data, _, _ = redacted(one)
    assert clean(data, PLAIN, SECRET, SESSION)


def test_one_secret_has_one_mask_wherever_it_stands() -> None:
    data, requests, found = redacted(
        entry(f"https://h/a?token={PLAIN}&other=1", headers=(("X-Api-Key", SESSION),)),
        entry(f"https://h/b/{PLAIN}", "POST", body=json.dumps({"session": SESSION, "n": 1})),
    )
    assert requests[0].target == "/a?token=redacted-2&other=1"
    assert requests[1].target == "/b/redacted-2"
    assert json.loads(requests[1].body) == {"session": "redacted-1", "n": 1}
    assert found == 2
    assert b"redacted-3" not in data


def test_the_keys_of_the_command_are_masked_as_well() -> None:
    one = entry(
        "https://h/x?Customer=4711001&q=4711001",
        "POST",
        headers=(("x-customer", "4711001"),),
        body=json.dumps({"customer": 4711001, "email": "ada@example.org", "list": {"EMAIL": ["a@b.example"]}}),
    )
    data, requests, _ = redacted(one, keys=["email", "customer"])
    assert clean(data, "ada@example.org", "a@b.example")
    assert json.loads(requests[0].body)["customer"] == 0
    assert b"Customer=4711001" not in data


def test_what_is_no_secret_stays_byte_for_byte() -> None:
    target = "/a%2Fb/../c;v=1.2/compass?q=caf%C3%A9+au%20lait&empty&x=&author=ada&page_token=abcdef12&bypass=1&key=v%7e"
    body = (
        '{ "max_tokens": 500, "author": "Ada", "tokens": 12, "token_type": "bearer", "secretary": "Bob",\n "x": 1.0 }'
    )
    headers = (("Accept", "text/html;q=0.9"), ("If-None-Match", 'W/"5f3c-9a"'), ("User-Agent", "Mozilla/5.0 (X11; x)"))
    _, [request], found = redacted(entry(f"https://h{target}", "POST", headers=headers, body=body))
    assert (request.target, request.body.decode(), found) == (target, body, 0)
    assert request.headers[:-1] == headers


def test_a_cookie_that_is_a_plain_word_masks_no_path() -> None:
    _, requests, _ = redacted(
        entry("https://h/themes/darkmode.css", headers=(("Cookie", "theme=darkmode; lang=english; consent=accepted"),)),
        entry("https://h/english/accepted", answer=json.dumps({"token_type": "bearer", "password": "required"})),
        entry("https://h/bearer/required"),
    )
    assert [r.target for r in requests] == ["/themes/darkmode.css", "/english/accepted", "/bearer/required"]


def test_masked_json_is_still_json_of_the_same_shape() -> None:
    body = {"a": [1, True, None, {"pin": 1234, "password": "x", "ok": "yes"}], "session_count": 5}
    _, [request], _ = redacted(entry(method="POST", body=json.dumps(body)))
    assert json.loads(request.body) == {
        "a": [1, True, None, {"pin": 0, "password": "redacted-2", "ok": "yes"}],
        "session_count": 5,
    }


@pytest.mark.parametrize(
    "name",
    ["password", "userPassword", "user_pass", "passwd", "access_token", "XSRF-TOKEN", "JSESSIONID", "connect.sid",
     "apiKey", "api-key", "APIKey", "X-Amz-Signature", "sig", "client_secret", "Authorization", "otp", "card_number",
     "jwt", "Ocp-Apim-Subscription-Key", "authToken", "csrfmiddlewaretoken"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["author", "authors", "compass", "bypass", "passenger", "max_tokens", "pageToken", "next_page_token", "tokens",
     "secretary", "key", "design", "signal", "spinner", "shopping", "considered", "monkey", "keyword", ""],
)  # fmt: skip
def test_names_of_no_secrets(name: str) -> None:
    assert not is_secret(name)
    assert not is_secret_number(name)


_VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=40).filter(
    lambda text: text.strip() == text and len(set(text)) > 3 and "redacted" not in text
)


@given(_VALUES, st.sampled_from(["query", "form", "json", "header", "multipart"]))
def test_any_value_is_masked_where_it_is_named(value: str, where: str) -> None:
    value = "7z" + value  # no words of the file's own
    one = {
        "query": lambda: entry("https://h/x?password=" + quote(value)),
        "form": lambda: entry(body="password=" + quote_plus(value), kind="application/x-www-form-urlencoded"),
        "json": lambda: entry(body=json.dumps({"password": value})),
        "header": lambda: entry(headers=(("X-Secret", quote(value)),)),
        "multipart": lambda: entry(
            body=f'--X\r\nContent-Disposition: form-data; name="password"\r\n\r\n{value}\r\n--X--\r\n',
            kind="multipart/form-data; boundary=X",
        ),
    }[where]()
    # The same secret elsewhere, in the three usual encodings.
    other = entry(
        f"https://h/p/{quote(value, safe='')}?b={quote(b64encode(value.encode()).decode())}", body=json.dumps([value])
    )
    data, requests, _ = redacted(one, other)
    assert len(requests) == 2
    assert not traces(data, value)


@given(st.lists(st.text(max_size=30)), st.text(max_size=200))
def test_a_finder_leaves_nothing_and_loses_nothing(secrets: Iterable[str], text: str) -> None:
    hidden = Finder(["a1b2c3d4", *secrets]).replace(f"{text}a1b2c3d4{text}", lambda _: "*")
    assert "a1b2c3d4" not in hidden
    assert Finder([]).replace(text, lambda _: "*") == text


@given(
    st.lists(
        st.builds(
            Request,
            st.just(0.0),
            st.just("POST"),
            st.text("/?&=;%+aeyJ{}[]\"'<>.:20", max_size=40).map("/".__add__),
            st.lists(st.tuples(st.sampled_from(["Cookie", "X-A", "Authorization"]), st.text(max_size=30))).map(tuple),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.encode),
            st.just(200),
        ),
        max_size=4,
    )
)
def test_nothing_breaks_the_redactor(requests: list[Request]) -> None:
    assert len(Redactor().redact(requests)) == len(requests)
