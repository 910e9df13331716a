"""What HAProxy's configuration needs so that Kaizen can split its users, as text for a person to put in."""

from typing import NamedTuple


class Site(NamedTuple):
    """component: whose users are split. socket, limit_map, salt_map: as in config.yml's splitter."""

    component: str
    socket: str
    limit_map: str
    salt_map: str


def haproxy_snippet(site: Site) -> str:
    """The lines, with comments. Sticky for each user; every larger share keeps the users of the smaller ones; without a
    server that is up the canary gets nobody; a canary that dies loses no request."""
    return f"""\
# HAProxy 2.4 or newer, for the canaries of {site.component}. Make the two maps first:
#   echo 'limit 0'   > {site.limit_map}
#   echo 'salt none' > {site.salt_map}
# HAProxy reads them at its start; Kaizen changes both while it runs, and the files with them.

global
    stats socket {site.socket} mode 660 level admin

frontend fe_{_word(site.component)}
    # Who a user is: a cookie or a header that stays the same, else the address.
    http-request set-var(txn.uid)    req.cook(uid)
    http-request set-var(txn.uid)    src unless {{ var(txn.uid) -m found }}
    http-request set-var(txn.salt)   str(salt),map_str({site.salt_map},none)
    http-request set-var(txn.bucket) var(txn.uid),concat(:,txn.salt),xxh32(0),mod(10000)
    http-request set-var(txn.limit)  str(limit),map_str_int({site.limit_map},0)
    http-request set-var(txn.delta)  var(txn.bucket),sub(txn.limit)
    use_backend be_canary if {{ nbsrv(be_canary) ge 1 }} {{ var(txn.delta) -m int lt 0 }}
    default_backend be_baseline

backend be_canary
    retry-on all-retryable-errors
    retries 3
    option redispatch
    default-server check observe layer4 error-limit 1 on-error mark-down
    server canary   CANARY_HOST:PORT
    server baseline BASELINE_HOST:PORT backup

backend be_baseline
    server baseline BASELINE_HOST:PORT check
"""


def _word(text: str) -> str:
    return "".join(char if char.isalnum() or char in "_-" else "_" for char in text)
