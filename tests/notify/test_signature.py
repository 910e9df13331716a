"""Signatures, against the vectors that the standard's own libraries are tested with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.notify.signature import secrets_of, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_standards_own_vector() -> None:
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', secrets_of(SECRET))
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_are_two_signatures_and_none_is_no_signature() -> None:
    both = secrets_of(f"{SECRET}\nwhsec_" + "A" * 40)
    assert signed_headers("a", 1, b"", both)["webhook-signature"].count("v1,") == 2
    assert set(signed_headers("a", 1, b"", ())) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("whsec_", "0 bytes"), ("whsec_c2hvcnQ=", "5 bytes"), ("hunter2!", "no base64"), ("é", "no base64"),
     ("whsec_" + "A" * 88, "66 bytes")],
)  # fmt: skip
def test_a_wrong_secret_is_told_without_it(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        secrets_of(text)
    assert not text or text not in str(caught.value)


@given(st.text())
def test_any_text_is_secrets_or_a_sentence(text: str) -> None:
    try:
        found: tuple[bytes, ...] | str = secrets_of(text)
    except ValueError as error:
        found = str(error)
    assert found.startswith("it ") if isinstance(found, str) else all(24 <= len(one) <= 64 for one in found)
