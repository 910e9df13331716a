"""KAIZ-011 to KAIZ-020."""

from sample.people import ANA, CONTROLLER, EVALUATOR, GRACE, HANNA, IDRIS, JONAS, LUCAS, MEI, PRIYA, SEUN, TOMAS
from sample.script import (
    Approve,
    Card,
    Comment,
    Evaluate,
    Links,
    Measured,
    Move,
    Reject,
    Rollout,
    SignOff,
    Spec,
    Story,
    Verdict,
    pull_request,
    repository,
)

RETRY_STORM = Story(
    created="10-07 08:20",
    by=TOMAS,
    component="billing-worker",
    owner="tomas.herrera",
    title="Bound the retry storm after gateway time-outs",
    severity="critical",
    objective="A bank outage of ten minutes must not cost an hour of queue afterwards",
    success=(
        "queue_age_s <= 60",
        "job_failure_pct <= 0.5",
        "After the 10-minute outage drill the queue is empty within 15 minutes",
    ),
    abort=("job_failure_pct > 2", "queue_age_s > 300"),
    labels=("reliability", "incident-0930"),
    acts=(
        Comment("10-07 08:25", SEUN, "From the review of 30 September: 11,000 jobs retried in lock step every 60 s."),
        Move("10-07 08:40", TOMAS, "planned"),
        Approve("10-07 09:30", SEUN),
        Move("10-07 09:31", TOMAS, "in_progress"),
        Links("10-12 10:15", TOMAS, (repository("billing/worker"), pull_request("billing/worker", 640))),
        Spec("10-12 10:20", TOMAS),
        Move("10-12 10:21", TOMAS, "in_review"),
        Evaluate(
            "10-12 11:00",
            EVALUATOR,
            Card(
                (
                    Measured("queue_age_s", 52.0, 33.0, 0.41, 1.22),
                    Measured("job_failure_pct", 0.24, 0.235, 0.95, 1.04),
                    Measured("jobs_rate", 43.0, 43.2, 0.99, 1.02),
                ),
                passed=151,
                seconds=66.0,
                pairs=8,
            ),
        ),
        SignOff(
            "10-12 14:20",
            SEUN,
            "After the 10-minute outage drill the queue is empty within 15 minutes",
            "Drill on staging at 14:00: empty after 6 min 40 s.",
        ),
        Comment("10-12 14:25", SEUN, "8 pairs can't settle queue_age_s and more take a day. The drill can."),
        Move(
            "10-12 14:30",
            SEUN,
            "canary",
            override="bank certification freezes deploys from 13 October; drill done, rollback is one command",
        ),
        Rollout("10-12 14:31", CONTROLLER, 10),
        Rollout("10-12 15:31", CONTROLLER, 50),
        Verdict("10-12 17:05", CONTROLLER, "promote", "job_failure_pct", 20.4, (0.71, 1.09), 616),
        Approve("10-12 17:20", MEI, "Go, before the freeze."),
        Rollout("10-12 17:21", CONTROLLER, 100),
        Move(
            "10-12 17:25",
            SEUN,
            "complete",
            override="as for the canary: the drill and 156 min of canary stand for the missing pairs",
        ),
    ),
)

COALESCE = Story(
    created="10-12 09:00",
    by=JONAS,
    component="pcc-main",
    owner="jonas.weber",
    title="Coalesce position updates within one tick",
    severity="high",
    objective="At most one message per position and 5 ms tick; 200 Hz on today's hardware",
    success=(
        "message_broadcast_rate >= 1.1 * baseline",
        "p95_latency_ms <= 1.05 * baseline",
        "drop_rate_pct <= baseline ± 0.02",
        "Operators see no stale position in the 30-minute shadow session",
    ),
    abort=("drop_rate_pct > 0.5", "p95_latency_ms > 15", "message_broadcast_rate < 150"),
    labels=("performance", "q4"),
    acts=(
        Move("10-12 09:30", JONAS, "planned"),
        Approve("10-13 08:05", MEI),
        Move("10-13 08:30", JONAS, "in_progress"),
        Links("11-04 11:20", JONAS, (repository("platform/pcc-main"), pull_request("platform/pcc-main", 511))),
        Spec("11-04 11:30", JONAS),
        Move("11-04 11:31", JONAS, "in_review"),
        Evaluate(
            "11-04 12:30",
            EVALUATOR,
            Card(
                (
                    Measured("message_broadcast_rate", 172.0, 204.0, 1.16, 1.21),
                    Measured("p95_latency_ms", 7.1, 7.3, 0.99, 1.045),
                    Measured("drop_rate_pct", 0.021, 0.021, 0.96, 1.04),
                    Measured("memory_usage_mb", 190.0, 178.0, 0.93, 0.945),
                ),
                passed=329,
                seconds=101.0,
                pairs=30,
            ),
        ),
        SignOff(
            "11-05 15:10",
            ANA,
            "Operators see no stale position in the 30-minute shadow session",
            "Two operators, 30 min beside the live board: none.",
        ),
        Approve("11-05 16:00", MEI),
        Approve("11-06 08:15", SEUN, "Monday morning, not Friday."),
        Move("11-09 07:30", JONAS, "canary"),
        Rollout("11-09 07:31", CONTROLLER, 1),
        Rollout("11-10 07:31", CONTROLLER, 5),
        Rollout("11-12 07:31", CONTROLLER, 25),
        Verdict("11-19 09:40", CONTROLLER, "promote", "drop_rate_pct", 26.3, (0.84, 1.10), 40320),
        Approve("11-19 10:15", MEI, "Ten days without a finding. Second approval from reliability, please."),
    ),
)

RING_BUFFER = Story(
    created="10-13 16:45",
    by=ANA,
    component="pcc-main",
    title="Cap MCP server memory with a ring buffer",
    severity="critical",
    objective="Memory stays below 200 MB however many displays are slow",
    success=("memory_usage_mb < 200", "drop_rate_pct <= 0.1", "A display stalled for 60 s recovers without a restart"),
    abort=("memory_usage_mb > 260", "drop_rate_pct > 0.5"),
    labels=("incident-1013", "reliability"),
    acts=(
        Comment("10-13 16:50", SEUN, "Tonight: three stalled displays, 1.1 GB of queued packets in 9 min, OOM."),
        Move("10-13 17:05", ANA, "planned"),
        Approve("10-14 07:50", MEI),
        Move("10-14 08:00", ANA, "in_progress"),
        Links("11-13 17:30", ANA, (repository("platform/pcc-main"), pull_request("platform/pcc-main", 518))),
        Spec("11-13 17:40", ANA),
        Comment(
            "11-17 09:15",
            ANA,
            "Ring buffer works; dropping to a key frame on overflow doubles bandwidth for that display. Measuring.",
        ),
    ),
)

TAX_CACHE = Story(
    created="10-14 11:30",
    by=PRIYA,
    component="checkout-api",
    title="Cache tax rates in the process",
    objective="Take the tax service's 40 ms out of the p99",
    success=("p99_latency_ms <= 0.9 * baseline", "response_kb <= 1.01 * baseline"),
    abort=("error_ratio_pct > 0.5",),
    labels=("performance",),
    acts=(
        Move("10-14 11:45", PRIYA, "planned"),
        Approve("10-15 09:20", MEI),
        Move("10-15 09:30", PRIYA, "in_progress"),
        Spec("10-22 10:00", PRIYA),
        Move("10-22 10:01", PRIYA, "in_review"),
        Evaluate(
            "10-22 11:10",
            EVALUATOR,
            Card(
                (
                    Measured("p99_latency_ms", 271.0, 289.0, 1.052, 1.083),
                    Measured("error_ratio_pct", 0.07, 0.07, 0.98, 1.03),
                    Measured("response_kb", 31.0, 31.0, 0.999, 1.001),
                ),
                passed=607,
                failed=2,
                skipped=4,
                seconds=209.0,
            ),
        ),
        Comment(
            "10-22 11:40",
            PRIYA,
            "The invalidation lock is on the hot path: slower, not faster. And two tests caught yesterday's rate after midnight.",
        ),
        Reject(
            "10-22 13:05", TOMAS, "A wrong tax rate is worse than a slow one. The tax service can cache; we shouldn't."
        ),
        Move("10-23 08:20", PRIYA, "aborted", reason="slower than the baseline, and the wrong place for the cache"),
    ),
)

COLD_SEGMENTS = Story(
    created="10-19 09:10",
    by=HANNA,
    component="search-index",
    owner="hanna.lindqvist",
    title="Prune cold segments before a merge",
    objective="Merges without the two-second query stalls",
    success=("query_p95_ms <= 0.9 * baseline", "index_lag_s <= 1.1 * baseline", "zero_result_pct <= baseline ± 0.2"),
    abort=("query_p95_ms > 200", "zero_result_pct > 10"),
    acts=(
        Move("10-19 09:25", HANNA, "planned"),
        Approve("10-19 14:10", IDRIS),
        Move("10-19 14:30", HANNA, "in_progress"),
        Spec("11-10 16:00", HANNA),
        Links("11-10 16:02", HANNA, (pull_request("search/index", 1322),)),
        Move("11-10 16:03", HANNA, "in_review"),
        Evaluate(
            "11-10 17:10",
            EVALUATOR,
            Card(
                (
                    Measured("query_p95_ms", 98.0, 90.0, 0.83, 1.02),
                    Measured("index_lag_s", 12.0, 12.4, 0.94, 1.13),
                    Measured("zero_result_pct", 5.1, 5.1, 0.99, 1.01),
                ),
                passed=271,
                seconds=191.0,
                pairs=12,
            ),
        ),
        Comment(
            "11-10 17:20", HANNA, "Merges come every few minutes, so 12 pairs hit two of them. Running 60 tonight."
        ),
    ),
)

SIZE_CLASSES = Story(
    created="10-20 13:50",
    by=IDRIS,
    component="session-cache",
    title="Evict by size class instead of plain LRU",
    objective="Two points more hits in the same memory",
    success=("hit_ratio_pct >= baseline ± 0", "memory_usage_mb <= 1.02 * baseline", "p99_latency_ms < 3ms"),
    abort=("hit_ratio_pct < 90", "p99_latency_ms > 6"),
    acts=(
        Move("10-20 14:00", IDRIS, "planned"),
        Approve("10-21 09:15", SEUN),
        Move("10-21 09:20", IDRIS, "in_progress"),
        Comment(
            "11-11 14:30", IDRIS, "Trace of 21 October replayed: 96.8 -> 98.1 % in the simulator. Now the real thing."
        ),
    ),
)

NIGHTLY_TRAINING = Story(
    created="10-21 10:30",
    by=GRACE,
    component="recommendations",
    title="Retrain nightly from the streaming feature store",
    severity="low",
    objective="A model never older than a day, without the manual export on Mondays",
    success=("model_age_hours < 24", "click_through_pct >= 1.0 * baseline"),
    abort=("click_through_pct < 3", "model_age_hours > 72"),
    labels=("ml",),
    acts=(Move("10-21 10:50", GRACE, "planned"),),
)

FILTER_ONLY = Story(
    created="10-26 08:55",
    by=HANNA,
    component="search-index",
    title="Skip scoring for filter-only queries",
    objective="A third of all queries has no words: answer them without the scorer",
    success=("query_p95_ms <= 0.85 * baseline", "zero_result_pct <= baseline ± 0.1", "error_ratio_pct < 0.5"),
    abort=("query_p95_ms > 200", "zero_result_pct > 10", "error_ratio_pct > 2"),
    labels=("performance",),
    acts=(
        Move("10-26 09:10", HANNA, "planned"),
        Approve("10-27 10:00", MEI),
        Move("10-27 10:05", HANNA, "in_progress"),
        Spec("11-16 14:00", HANNA),
        Links("11-16 14:02", HANNA, (pull_request("search/index", 1329),)),
        Move("11-16 14:03", HANNA, "in_review"),
        Evaluate(
            "11-16 15:20",
            EVALUATOR,
            Card(
                (
                    Measured("query_p95_ms", 98.4, 76.0, 0.75, 0.80),
                    Measured("zero_result_pct", 5.1, 5.1, 0.995, 1.005),
                    Measured("error_ratio_pct", 0.09, 0.09, 0.96, 1.05),
                    Measured("index_lag_s", 12.1, 12.0, 0.97, 1.02),
                ),
                passed=274,
                seconds=190.0,
            ),
        ),
        Approve("11-17 08:30", IDRIS, "Sorting of ties differs, which is fine."),
        Move("11-18 07:30", HANNA, "canary"),
        Rollout("11-18 07:31", CONTROLLER, 5),
        Verdict(
            "11-18 19:31",
            CONTROLLER,
            "hold",
            "error_ratio_pct",
            0.8,
            (0.7, 1.5),
            2880,
            "baseline and canary both burn: shard 4 is being moved; a person decides when to go on",
        ),
        Comment("11-19 08:10", HANNA, "Shard 4 has arrived. Leaving it at 5 % until Monday's traffic."),
    ),
)

TRIM_PAYLOADS = Story(
    created="10-28 14:20",
    by=PRIYA,
    component="checkout-api",
    title="Trim checkout payloads for mobile clients",
    objective="Half the bytes on the phone's way from basket to order",
    success=(
        "response_kb <= 0.5 * baseline",
        "p99_latency_ms <= 1 * baseline",
        "Old app versions (before 7.2) still check out",
    ),
    abort=("error_ratio_pct > 0.5", "payment_success_pct < 97"),
    labels=("mobile",),
    acts=(
        Move("10-28 14:30", PRIYA, "planned"),
        Move("10-29 08:40", PRIYA, "in_progress"),
        Comment(
            "11-16 11:05",
            MEI,
            "Started without the plan's approval, I see. Please ask before review; the field list touches the partner API.",
        ),
    ),
)

RULE_TABLE = Story(
    created="10-30 09:15",
    by=IDRIS,
    component="feature-flags",
    title="Evaluate flags from a compiled rule table",
    severity="high",
    objective="Halve the p99 of an evaluation: 61 services call it on every request",
    success=(
        "evaluation_p99_us <= 0.6 * baseline",
        "error_ratio_pct <= 0.1",
        "All 1,912 rules of production give the same answers as before",
    ),
    abort=("error_ratio_pct > 1", "evaluation_p99_us > 2ms"),
    labels=("performance",),
    acts=(
        Move("10-30 09:30", IDRIS, "planned"),
        Approve("10-30 13:45", SEUN),
        Move("11-02 08:10", IDRIS, "in_progress"),
        Links(
            "11-17 15:40", IDRIS, (repository("platform/feature-flags"), pull_request("platform/feature-flags", 121))
        ),
        Spec("11-17 15:50", IDRIS),
        Move("11-17 15:51", IDRIS, "in_review"),
        Evaluate(
            "11-17 16:30",
            EVALUATOR,
            Card(
                (
                    Measured("evaluation_p99_us", 514.0, 228.0, 0.43, 0.46),
                    Measured("error_ratio_pct", 0.01, 0.01, 0.98, 1.02),
                    Measured("propagation_s", 1.3, 1.33, 1.00, 1.04),
                ),
                passed=233,
                seconds=93.0,
                pairs=24,
            ),
        ),
        SignOff(
            "11-18 10:20",
            LUCAS,
            "All 1,912 rules of production give the same answers as before",
            "1,912 rules x 5,000 contexts, compared answer by answer: no difference.",
        ),
        Approve("11-19 09:00", MEI, "Ready. Start it on Monday when Idris is back."),
    ),
)

STORIES = (
    RETRY_STORM,
    COALESCE,
    RING_BUFFER,
    TAX_CACHE,
    COLD_SEGMENTS,
    SIZE_CLASSES,
    NIGHTLY_TRAINING,
    FILTER_ONLY,
    TRIM_PAYLOADS,
    RULE_TABLE,
)
