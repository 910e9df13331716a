"""config.yml: every key typed, strict, and a wrong one named with its path and the nearest right one."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.config import Config, FlagdSplitter, HaproxySplitter
from kaizen_tui.core.fields import FieldErrors, Path

EXAMPLE = """
metrics: {source: prometheus, url: "http://localhost:9090", headers: {X-Scope-OrgID: team-a},
  bearer_token_env: PROM_TOKEN, ca: ca.pem, timeout: 3s, refresh: 15s}
governance: {enforce_from: canary, approvals: {0: 2, 1: 1, 2: 1, 3: 1}, owner_may_approve: [3], approvers: ["*"],
  require_signature: false}
generators: {codemod: {command: [./tools/codemod], network: none}}
splitters: {edge: {type: haproxy, socket: /run/haproxy/admin.sock, limit_map: /l.map, salt_map: /s.map}}
notify: [{on: [verdict, approval_needed, rollback], command: [./notify.sh]}]
keys: {ticket.approve: "A"}
theme: kaizen-dark
wip: {in_progress: 6, canary: 2}
"""


def load(text: str) -> Config:
    return Config.from_raw(yaml.load(text, yaml.BaseLoader) or {})


def errors_of(text: str) -> dict[Path, str]:
    with pytest.raises(FieldErrors) as caught:
        load(text)
    return {error.path: str(error) for error in caught.value.errors}


def test_the_example() -> None:
    config = load(EXAMPLE)
    assert config.metrics is not None
    assert (config.metrics.timeout, config.metrics.refresh) == (3, 15)
    assert config.metrics.headers == {"X-Scope-OrgID": "team-a"}
    assert config.governance == Config().governance
    assert config.generators["codemod"].command == ("./tools/codemod",)
    assert isinstance(config.splitters["edge"], HaproxySplitter)
    assert config.notify[0].on == ("verdict", "approval_needed", "rollback")
    assert config.keys == {"ticket.approve": "A"}


def test_defaults() -> None:
    config = Config()
    assert config == load("") == Config.from_raw({"metrics": None, "governance": None, "keys": {}, "theme": None})
    assert config.metrics is None
    assert config.theme == "kaizen-dark"
    assert config.governance.enforce_from == "canary"
    assert config.governance.approvals == {0: 2, 1: 1, 2: 1, 3: 1}
    assert config.governance.owner_may_approve == (3,)
    assert config.governance.approvers == ("*",)
    assert config.governance.require_signature is False


def test_a_tier_that_is_not_named_keeps_its_default() -> None:
    assert load("governance: {approvals: {3: 0}}").governance.approvals == {0: 2, 1: 1, 2: 1, 3: 0}
    assert Config().governance.approvals[3] == 1  # and the default itself is untouched


def test_other_sources_and_splitters() -> None:
    config = load("metrics: {source: simulated}\nsplitters: {a: {type: flagd, file: f.json, flag: canary}}")
    assert config.metrics is not None
    assert config.metrics.url is None
    assert isinstance(config.splitters["a"], FlagdSplitter)


@pytest.mark.parametrize(
    ("text", "path", "part"),
    [
        ("goverance: {}", ("goverance",), "unknown key `goverance`; did you mean `governance`?"),
        ("metrics: {source: simulated, timout: 3s}", ("metrics", "timout"), "did you mean `timeout`?"),
        ("zzz: 1", ("zzz",), "one of metrics, governance"),
        ("metrics: {source: promethius, url: 'http://x'}", ("metrics", "source"), "did you mean `prometheus`?"),
        ("metrics: {source: prometheus}", ("metrics",), "needs a `url`"),
        ("metrics: {}", ("metrics",), "metrics.source is missing"),
        ("metrics: {source: prometheus, url: 'ftp://x'}", ("metrics", "url"), "no URL"),
        ("metrics: {source: simulated, timeout: 3}", ("metrics", "timeout"), "not a duration such as"),
        ("metrics: {source: simulated, timeout: 0s}", ("metrics", "timeout"), "must be above 0"),
        ("metrics: {source: simulated, headers: {a b: c}}", ("metrics", "headers", "a b"), "no header name"),
        ('metrics: {source: simulated, headers: {a: "b\\r\\nc: d"}}', ("metrics", "headers", "a"), "one line"),
        ("metrics: {source: simulated, bearer_token_env: abc.def}", ("metrics", "bearer_token_env"), "doesn't belong"),
        (
            "metrics: {source: simulated, bearer_token_env: A, bearer_token_file: b}",
            ("metrics",),
            "keep one of them",
        ),
        ("metrics: [a]", ("metrics",), "must be a mapping, not a list"),
        ("governance: {enforce_from: canry}", ("governance", "enforce_from"), "did you mean `canary`?"),
        ("governance: {enforce_from: aborted}", ("governance", "enforce_from"), "can't be `aborted`"),
        ("governance: {approvals: {0: 1_0}}", ("governance", "approvals", "0"), "not a whole number"),
        ("governance: {approvals: {0: 02}}", ("governance", "approvals", "0"), "leading zero"),
        ("governance: {approvals: {4: 1}}", ("governance", "approvals", "4"), "at most 3, not `4`"),
        ("governance: {approvals: {0: -1}}", ("governance", "approvals", "0"), "at least 0"),
        ("governance: {owner_may_approve: 3}", ("governance", "owner_may_approve"), "must be a list"),
        ("governance: {approvers: []}", ("governance", "approvers"), "must not be empty"),
        ("governance: {require_signature: no}", ("governance", "require_signature"), "neither true nor false"),
        ("governance: {require_signature: True}", ("governance", "require_signature"), "neither true nor false"),
        ("generators: {a: {command: ./x}}", ("generators", "a", "command"), "list of words"),
        ("generators: {a: {command: [x], network: lan}}", ("generators", "a", "network"), "can't be `lan`"),
        ("splitters: {a: {type: haproxi}}", ("splitters", "a", "type"), "did you mean `haproxy`?"),
        ("splitters: {a: {}}", ("splitters", "a"), "needs a `type`"),
        (
            "splitters: {a: {type: command, command: [x], comand: [y]}}",
            ("splitters", "a", "comand"),
            "did you mean `command`?",
        ),
        ("metrics: {source: prometheus, url: 'https://a:b@prom.example'}", ("metrics", "url"), "use bearer_token_env"),
        ("notify: [{on: [verdit], command: [x]}]", ("notify", 0, "on", 0), "did you mean `verdict`?"),
        ("notify: [{on: [verdict]}]", ("notify", 0), "needs one of command, webhook"),
        ("notify: [{on: [verdict], webhook: {}}]", ("notify", 0, "webhook"), "needs one of url, url_env, url_file"),
        (
            "notify: [{on: [verdict], webhook: {url: 'https://a:b@hooks.example.org'}}]",
            ("notify", 0, "webhook", "url"),
            "doesn't belong here",
        ),
        (
            "notify: [{on: [verdict], webhook: {url: 'https://a.example', secret: x}}]",
            ("notify", 0, "webhook", "secret"),
            "did you mean",
        ),
        ("notify: [{on: [verdict], command: [x], timeout: 5m}]", ("notify", 0, "timeout"), "at most 60"),
        ("notify: {on: [verdict]}", ("notify",), "must be a list, not a mapping"),
        ("keys: {Approve it: a}", ("keys", "Approve it"), "no action id"),
        ('keys: {ticket.approve: ""}', ("keys", "ticket.approve"), "must not be empty"),
        ("theme: [a]", ("theme",), "must be text, not a list"),
    ],
)
def test_wrong(text: str, path: Path, part: str) -> None:
    errors = errors_of(text)
    assert list(errors) == [path]
    assert part in errors[path]


def test_every_wrong_key_is_named_at_once() -> None:
    assert len(errors_of("theme: [a]\nzzz: 1\ngovernance: {approvals: {0: x}, approvers: []}")) == 4


def paths_of_errors(raw: dict[str, Any]) -> list[Path]:
    try:
        Config.from_raw(raw)
    except FieldErrors as errors:
        return [error.path for error in errors.errors]
    return []


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=8) | st.sampled_from(["prometheus", "haproxy", "1", "3s", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["source", "url", "type", "approvals", "on", "command", "0", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*Config.model_fields, "x"]), VALUES))
def test_any_file_is_read_or_refused_by_key(raw: dict[str, Any]) -> None:
    assert all(path[0] in raw for path in paths_of_errors(raw))


def test_a_splitter_may_be_named_like_a_type() -> None:
    errors = errors_of("splitters: {command: {type: haproxy, socket: ''}, haproxy: {type: haproxy, sockt: a}}")
    assert ("splitters", "command", "socket") in errors
    assert errors["splitters", "haproxy", "sockt"].endswith("did you mean `socket`?")


def test_limits_of_work_in_progress() -> None:
    assert load("wip: {in_progress: 6, canary: 2}").wip == {"in_progress": 6, "canary": 2}
    assert load("").wip == {}
    assert ("wip", "in_progress") in errors_of("wip: {in_progress: 0}")
    assert any(path[0] == "wip" for path in errors_of("wip: {complete: 3}"))
    assert any(path[0] == "wip" for path in errors_of("wip: {in_progress: many}"))
