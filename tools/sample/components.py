"""The registry of the sample platform: file name -> text."""

CONFIG = """\
# Settings of this workspace. Every key is optional; docs/config.md explains them.
metrics:
  source: simulated          # nothing is connected: a made-up platform answers for every metric

governance:
  enforce_from: canary       # from this state on an unmet condition refuses; before it, it warns
  approvals: {0: 2, 1: 1, 2: 1, 3: 1}   # tier: how many people
  owner_may_approve: [3]     # tiers whose owner's approval counts
  approvers: ["*@kestrel.example"]

splitters:                   # who gets a canary: rules of a flag file, set by `kaizen run` once you said `kaizen trust`
  checkout: {type: flagd, file: registry/kaizen/flags.json, flag: checkout-api}
  positions: {type: flagd, file: registry/kaizen/flags.json, flag: pcc-main}
  search: {type: flagd, file: registry/kaizen/flags.json, flag: search-index}

generators:                  # `kaizen create --generator rename`, once you said `kaizen trust`
  rename:
    command: [python, tools/rename_codemod.py]
    paths: ["**/*.py"]
"""

PCC_MAIN = """\
id: pcc-main
name: PCC State Broadcaster
tier: 0                     # every cockpit display hangs on it
owner: backend-team
description: "Collects the state of all positions and sends it to every subscribed display, 150 times a second"
links:
  repository: "https://git.kestrel.example/platform/pcc-main"
  dashboard: "https://grafana.kestrel.example/d/pcc-main"
  runbook: "https://wiki.kestrel.example/runbooks/pcc-main"
selector: {job: pcc-main, env: prod}
versions: {label: track, baseline: "stable", canary: "canary"}
slo:
  metrics:
    - name: p95_latency_ms
      threshold: "10"
      abort_threshold: "15"
      unit: ms
      description: "From the change of a position until the last display has it"
      sli: {type: latency, histogram: pcc_broadcast_latency_ms, quantile: 0.95}
    - name: message_broadcast_rate
      threshold: "200"            # higher is better: it aborts below
      abort_threshold: "150"
      unit: Hz
      description: "Full state messages sent per second and display"
      query: 'avg(rate(pcc_messages_broadcast_total{$selector}[$window]))'
    - name: memory_usage_mb
      threshold: "200"
      abort_threshold: "260"
      unit: MB
      query: 'max(process_resident_memory_bytes{$selector}) / 1e6'
    - name: drop_rate_pct
      threshold: "0.1"
      abort_threshold: "0.5"
      unit: "%"
      description: "Messages that a display never got"
      sli: {type: ratio, bad: pcc_messages_dropped_total, total: pcc_messages_broadcast_total}
      objective: 99.9
      window: 30d
rollout: {splitter: positions, steps: [1%, 5%, 25%, 100%], look: 10s}
rollback_plan: "systemctl restart mcp-server@stable"
"""

CHECKOUT_API = """\
id: checkout-api
name: Checkout API
tier: 0
owner: web-team
description: "Basket to paid order: prices, addresses, payment authorisation"
links:
  repository: "https://git.kestrel.example/shop/checkout-api"
  dashboard: "https://grafana.kestrel.example/d/checkout"
selector: {service: checkout-api}
versions: {label: version, baseline: "stable", canary: "canary"}
slo:
  metrics:
    - name: p99_latency_ms
      threshold: "300"
      abort_threshold: "450"
      unit: ms
      sli: {type: latency, histogram: http_request_duration_ms, quantile: 0.99}
    - name: error_ratio_pct
      threshold: "0.1"
      abort_threshold: "0.5"
      unit: "%"
      sli: {type: ratio, bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
      objective: 99.9
      window: 30d
    - name: payment_success_pct
      threshold: "98.5"
      abort_threshold: "97"
      unit: "%"
      description: "Authorisations that the customer could complete, declines by the bank left out"
      sli: {type: ratio, good: payment_authorised_total, total: payment_attempts_total}
    - name: response_kb
      threshold: "40"
      abort_threshold: "80"
      unit: kB
      query: 'sum(rate(http_response_size_bytes_sum{$selector}[$window])) / sum(rate(http_response_size_bytes_count{$selector}[$window])) / 1e3'
rollout: {splitter: checkout, steps: [1%, 5%, 25%, 100%], look: 10s}
rollback_plan: "kubectl -n shop rollout undo deployment/checkout-api && kubectl -n shop rollout status deployment/checkout-api"
"""

EDGE_GATEWAY = """\
id: edge-gateway
name: Edge Gateway
tier: 1
owner: edge-team
description: "TLS, routing and rate limits in front of everything that is public"
selector: {job: edge-gateway}
versions: {label: backend, baseline: "be_baseline", canary: "be_canary"}
slo:
  metrics:
    - name: p95_latency_ms
      threshold: "25"
      abort_threshold: "40"
      unit: ms
      description: "Time added by the gateway itself"
      sli: {type: latency, histogram: gateway_overhead_ms, quantile: 0.95}
    - name: error_ratio_pct
      threshold: "0.2"
      abort_threshold: "1"
      unit: "%"
      sli: {type: ratio, bad: 'gateway_responses_total{code=~"5.."}', total: gateway_responses_total}
      objective: 99.8
      window: 30d
    - name: cpu_usage_pct
      threshold: "60"
      abort_threshold: "85"
      unit: "%"
      query: '100 * avg(rate(process_cpu_seconds_total{$selector}[$window]))'
    - name: tls_resumption_pct
      threshold: "90"
      abort_threshold: "50"
      unit: "%"
      description: "Returning clients that resume a session; exported from version 4.2 on, which is not out yet"
      sli: {type: ratio, good: gateway_tls_resumed_total, total: gateway_tls_handshakes_total}
rollback_plan: "haproxyctl reload --config /etc/haproxy/stable.cfg"
"""

SESSION_CACHE = """\
id: session-cache
name: Session Cache
tier: 1
owner: platform-team
description: "Signed-in state of 2.4 million users, six shards"
selector: {job: session-cache}
slo:
  metrics:
    - name: p99_latency_ms
      threshold: "3"
      abort_threshold: "6"
      unit: ms
      sli: {type: latency, histogram: cache_command_ms, quantile: 0.99}
    - name: hit_ratio_pct
      threshold: "95"
      abort_threshold: "90"
      unit: "%"
      sli: {type: ratio, good: cache_hits_total, total: cache_lookups_total}
    - name: memory_usage_mb
      threshold: "4096"
      abort_threshold: "6144"
      unit: MB
      query: 'max(process_resident_memory_bytes{$selector}) / 1e6'
    - name: open_connections
      threshold: "2000"
      abort_threshold: "4000"
      sli: {type: gauge, metric: cache_client_connections, aggregate: max}
rollback_plan: "ansible-playbook cache.yml -e version=stable --limit cache"
"""

BILLING_WORKER = """\
id: billing-worker
name: Billing Worker
tier: 1
owner: billing-team
description: "Renders invoices, books payments, talks to the bank's gateway"
selector: {app: billing-worker}
slo:
  metrics:
    - name: job_failure_pct
      threshold: "0.5"
      abort_threshold: "2"
      unit: "%"
      sli: {type: ratio, bad: 'billing_jobs_total{result="failed"}', total: billing_jobs_total}
      objective: 99.5
      window: 28d
    - name: queue_age_s
      threshold: "60"
      abort_threshold: "300"
      unit: s
      description: "How long the oldest job has been waiting"
      sli: {type: gauge, metric: billing_queue_oldest_job_seconds, aggregate: max}
    - name: jobs_rate
      threshold: "40"
      abort_threshold: "25"
      unit: /s
      sli: {type: rate, counter: billing_jobs_total}
    - name: bank_latency_ms
      threshold: "900"
      abort_threshold: "2500"
      unit: ms
      description: "The bank's gateway as we see it; pushed by a batch job, so a little late"
      sli: {type: latency, histogram: bank_request_ms, quantile: 0.95}
rollback_plan: "nomad job revert billing-worker stable"
"""

SEARCH_INDEX = """\
id: search-index
name: Search Index
tier: 2
owner: search-team
description: "Full text and filters over 38 million products"
selector: {job: search-index}
versions: {label: version, baseline: "stable", canary: "canary"}
slo:
  metrics:
    - name: query_p95_ms
      threshold: "120"
      abort_threshold: "200"
      unit: ms
      sli: {type: latency, histogram: search_query_ms, quantile: 0.95}
    - name: index_lag_s
      threshold: "30"
      abort_threshold: "120"
      unit: s
      sli: {type: gauge, metric: search_index_lag_seconds, aggregate: max}
    - name: zero_result_pct
      threshold: "6"
      abort_threshold: "10"
      unit: "%"
      sli: {type: ratio, bad: search_zero_result_total, total: search_queries_total}
    - name: error_ratio_pct
      threshold: "0.5"
      abort_threshold: "2"
      unit: "%"
      sli: {type: ratio, bad: search_errors_total, total: search_queries_total}
      objective: 99.5
      window: 30d
rollout: {splitter: search, steps: [5%, 25%, 100%]}
rollback_plan: "searchctl alias products --to products-stable"
"""

FEATURE_FLAGS = """\
id: feature-flags
name: Feature Flags
tier: 2
owner: platform-team
description: "Flag rules for 61 services, evaluated in the client library"
selector: {job: feature-flags}
slo:
  metrics:
    - name: evaluation_p99_us
      threshold: "800"
      abort_threshold: "2000"
      unit: µs
      sli: {type: latency, histogram: flag_evaluation_us, quantile: 0.99}
    - name: propagation_s
      threshold: "5"
      abort_threshold: "20"
      unit: s
      description: "From saving a rule until 99 % of clients use it"
      sli: {type: gauge, metric: flag_propagation_seconds, aggregate: max}
    - name: error_ratio_pct
      threshold: "0.1"
      abort_threshold: "1"
      unit: "%"
      sli: {type: ratio, bad: flag_evaluation_errors_total, total: flag_evaluations_total}
      objective: 99.9
      window: 30d
rollback_plan: "flagctl engine set interpreter --all"
"""

RECOMMENDATIONS = """\
id: recommendations
name: Recommendations
tier: 3                     # an experiment: the shop works without it
owner: discovery-team
description: "Products that go with what is in the basket"
selector: {job: recommendations}
slo:
  metrics:
    - name: model_age_hours
      threshold: "24"
      abort_threshold: "72"
      unit: h
      sli: {type: gauge, metric: recommend_model_age_hours, aggregate: max}
    - name: p95_latency_ms
      threshold: "180"
      abort_threshold: "350"
      unit: ms
      sli: {type: latency, histogram: recommend_ms, quantile: 0.95}
    - name: click_through_pct
      threshold: "4"
      abort_threshold: "3"
      unit: "%"
      sli: {type: ratio, good: recommend_clicks_total, total: recommend_impressions_total}
rollback_plan: "modelctl activate ranking@stable"
"""

# Not of the made-up platform: this repository, which its own `kaizen evaluate` measures.
KAIZEN_TUI = """\
id: kaizen-tui
name: Kaizen
tier: 2
owner: kaizen-maintainers
description: "This repository: the kaizen command and the board"
slo:
  metrics:
    - name: list_ms
      threshold: "150"
      abort_threshold: "300"
      unit: ms
      description: "kaizen list of 10,000 tickets, from start to end"
    - name: first_paint_ms
      threshold: "1000"
      abort_threshold: "2000"
      unit: ms
      description: "From the start of the board until its columns are on the screen, with 10,000 tickets"
    - name: tickets_shown_ms
      threshold: "1500"
      abort_threshold: "3000"
      unit: ms
      description: "The same until all tickets are there"
    - name: list_cpu_s
      threshold: "2"
      abort_threshold: "4"
      unit: s
      description: "Processor time of a sample of list_ms, seven runs: what else the machine does is not in it"
    - name: start_cpu_s
      threshold: "10"
      abort_threshold: "20"
      unit: s
      description: "Processor time of a sample of the board's start, five starts"
rollback_plan: "git revert --no-edit COMMIT"
evaluation:
  setup: [python, benchmarks/own_workspace.py]     # 10,000 tickets in build/own/
  tests:
    command: [python, -m, pytest, -q, -p, "no:cacheprovider", --junitxml=build/junit.xml, tests/cli/test_list_fast.py,
              tests/tui/test_board_parts.py, tests/tui/test_board_keys.py]
    junit: build/junit.xml
  benchmarks:
    - command: [python, benchmarks/own_list.py]
      metrics: {list_ms: list_ms, own_list_cpu_s: list_cpu_s}
      pairs: 20
    - command: [python, benchmarks/own_paint.py]
      metrics: {first_paint_ms: first_paint_ms, tickets_shown_ms: tickets_shown_ms, own_paint_cpu_s: start_cpu_s}
      pairs: 20
  tolerance: 5%
  sandbox: {memory: 1GiB, time: 5min}
"""
_FLAG = """\
    "{name}": {{
      "state": "ENABLED",
      "variants": {{"baseline": "stable", "canary": "candidate"}},
      "defaultVariant": "baseline",
      "targeting": {{}}
    }}"""
FLAGS_FILE = "registry/kaizen/flags.json"
FLAGS = (
    '{\n  "$schema": "https://flagd.dev/schema/v0/flags.json",\n  "flags": {\n'
    + ",\n".join(_FLAG.format(name=name) for name in ("checkout-api", "pcc-main", "search-index"))
    + "\n  }\n}\n"
)

FILES = {
    "registry/kaizen/config.yml": CONFIG,
    FLAGS_FILE: FLAGS,
    "registry/kaizen/components/pcc-main.yml": PCC_MAIN,
    "registry/kaizen/components/checkout-api.yml": CHECKOUT_API,
    "registry/kaizen/components/edge-gateway.yml": EDGE_GATEWAY,
    "registry/kaizen/components/session-cache.yml": SESSION_CACHE,
    "registry/kaizen/components/billing-worker.yml": BILLING_WORKER,
    "registry/kaizen/components/search-index.yml": SEARCH_INDEX,
    "registry/kaizen/components/feature-flags.yml": FEATURE_FLAGS,
    "registry/kaizen/components/recommendations.yml": RECOMMENDATIONS,
    "registry/kaizen/components/kaizen-tui.yml": KAIZEN_TUI,
}
