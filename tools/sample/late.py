"""KAIZ-021 to KAIZ-030."""

from sample.people import ANA, EVALUATOR, GRACE, HANNA, IDRIS, JONAS, LUCAS, MEI, PRIYA, SEUN, TOMAS
from sample.script import (
    Approve,
    Card,
    Comment,
    Evaluate,
    Links,
    Measured,
    Move,
    Reject,
    Spec,
    Story,
    pull_request,
)

TLS_REUSE = Story(
    created="11-02 10:40",
    by=LUCAS,
    component="edge-gateway",
    title="Share TLS session tickets between workers",
    objective="Nine of ten returning clients resume instead of shaking hands again",
    success=("tls_resumption_pct >= 90", "cpu_usage_pct <= 0.85 * baseline"),
    abort=("error_ratio_pct > 1", "p95_latency_ms > 40"),
    labels=("cost", "security"),
    acts=(
        Move("11-02 10:55", LUCAS, "planned"),
        Comment(
            "11-03 09:00",
            SEUN,
            "Keys must rotate every 12 hours and never touch the disk. With that in the plan I approve.",
        ),
    ),
)

QUEUE_PARTITIONS = Story(
    created="11-03 08:15",
    by=TOMAS,
    component="billing-worker",
    title="Partition the job queue by customer",
    severity="high",
    objective="One customer's 40,000 invoices no longer delay everybody else's",
    success=(
        "queue_age_s <= 0.5 * baseline",
        "jobs_rate >= 0.98 * baseline",
        "Invoices of one customer are still rendered in order",
    ),
    abort=("job_failure_pct > 2", "queue_age_s > 300"),
    acts=(
        Move("11-03 08:30", TOMAS, "planned"),
        Approve("11-04 09:10", MEI, "Keep the single queue behind a flag until December."),
        Move("11-04 09:15", TOMAS, "in_progress"),
        Links("11-19 16:40", TOMAS, (pull_request("billing/worker", 671),)),
    ),
)

ZERO_COPY = Story(
    created="11-04 13:05",
    by=JONAS,
    component="pcc-main",
    title="Zero-copy fan-out to subscribers",
    severity="medium",
    objective="One serialised buffer for all displays instead of one each",
    success=("memory_usage_mb <= 0.8 * baseline", "p95_latency_ms <= 0.95 * baseline", "drop_rate_pct <= 0.1"),
    abort=("drop_rate_pct > 0.5", "memory_usage_mb > 260"),
    labels=("performance",),
    acts=(
        Move("11-04 13:20", JONAS, "planned"),
        Approve("11-05 08:30", MEI),
        Move("11-05 08:45", JONAS, "in_progress"),
        Links("11-17 10:50", JONAS, (pull_request("platform/pcc-main", 524),)),
        Spec("11-17 11:00", JONAS),
        Move("11-17 11:01", JONAS, "in_review"),
        Evaluate(
            "11-17 12:00",
            EVALUATOR,
            Card(
                (
                    Measured("memory_usage_mb", 190.0, 141.0, 0.73, 0.76),
                    Measured("p95_latency_ms", 7.2, 6.6, 0.90, 0.94),
                    Measured("drop_rate_pct", 0.02, 0.02, 0.96, 1.04),
                    Measured("message_broadcast_rate", 172.0, 175.0, 1.00, 1.03),
                ),
                passed=331,
                seconds=99.0,
            ),
        ),
        Approve("11-18 08:40", MEI, "The numbers are good."),
        Reject(
            "11-18 14:10",
            SEUN,
            "Numbers yes, but one slow display pins the shared buffer. Land KAIZ-013 first, then evaluate both together.",
        ),
        Comment("11-18 14:40", JONAS, "Fair. Rebasing on Ana's ring buffer."),
    ),
)

COMPRESS_BLOBS = Story(
    created="11-05 15:30",
    by=IDRIS,
    component="session-cache",
    title="Compress session blobs over 4 KB",
    severity="low",
    objective="A quarter less memory for 3 % of the CPU",
    success=("memory_usage_mb <= 0.75 * baseline", "p99_latency_ms <= 3 ms"),
    abort=("p99_latency_ms > 6", "hit_ratio_pct < 90"),
    labels=("cost",),
    acts=(
        Move("11-05 15:40", IDRIS, "planned"),
        Comment("11-10 09:50", MEI, "After KAIZ-016, or we can't tell which of the two did it."),
    ),
)

TYPOS = Story(
    created="11-09 11:20",
    by=HANNA,
    component="search-index",
    title="Typo tolerance for short queries",
    objective="Half as many empty result pages for words of three to five letters",
    success=("zero_result_pct <= 0.7 * baseline", "query_p95_ms <= 1.1 * baseline"),
    abort=("query_p95_ms > 200",),
    acts=(Comment("11-09 11:40", GRACE, "Our click data has 2 million query/correction pairs if you want them."),),
)

POPULAR_FALLBACK = Story(
    created="11-10 09:25",
    by=GRACE,
    component="recommendations",
    owner="grace.kim",
    title="Fall back to popular items when the model times out",
    objective="Never an empty shelf, never a page that waits for us",
    success=("p95_latency_ms < 180", "click_through_pct >= 0.98 * baseline"),
    abort=("p95_latency_ms > 350",),
    labels=("reliability", "ml"),
    acts=(
        Move("11-10 09:40", GRACE, "planned"),
        Approve("11-10 09:41", GRACE),
        Move("11-10 09:42", GRACE, "in_progress"),
    ),
)

ADDRESS_LOOKUP = Story(
    created="11-12 14:00",
    by=PRIYA,
    component="checkout-api",
    title="Cut the p99 of the address lookup",
    severity="high",
    objective="TBD",
    success=("p99_latency_ms < 300",),
    acts=(
        Comment(
            "11-12 14:05",
            PRIYA,
            "p99 is 281 ms and creeping up 4 ms a week. Traces point at the postcode service; looking.",
        ),
    ),
)

SHED_TELEMETRY = Story(
    created="11-16 09:50",
    by=ANA,
    component="pcc-main",
    title="Shed telemetry before state when a link is slow",
    severity="high",
    objective="A slow link loses statistics, never a position",
    success=(
        "drop_rate_pct <= 0.1%",
        "p95_latency_ms <= 1.1 * baseline",
        "On a link of 64 kbit/s every position still arrives within a second",
    ),
    abort=("drop_rate_pct > 0.5%", "p95_latency_ms > 15ms"),
    labels=("reliability", "protocol"),
    acts=(
        Move("11-16 10:20", ANA, "planned"),
        Approve("11-17 08:55", MEI, "Yes. Mark the class in the header byte that delta encoding left free."),
    ),
)

RATE_LIMIT_KEY = Story(
    created="11-17 16:15",
    by=LUCAS,
    component="edge-gateway",
    title="Rate-limit by API key instead of address",
    objective="Customers behind one carrier NAT stop blocking each other",
    success=(
        "error_ratio_pct <= 1 * baseline",
        "p95_latency_ms <= baseline ± 0.5 ms",
        "Abuse drill: 10,000 keys from one address are still stopped",
    ),
    abort=("error_ratio_pct > 1",),
    labels=("security",),
)

UNUSED_FLAGS = Story(
    created="11-19 13:30",
    by=SEUN,
    component="feature-flags",
    owner="seun.adeyemi",
    title="Remove flags that nobody has read for 90 days",
    severity="low",
    objective="214 of 1,912 rules are dead weight in every client",
    labels=("cleanup",),
)

STORIES = (
    TLS_REUSE,
    QUEUE_PARTITIONS,
    ZERO_COPY,
    COMPRESS_BLOBS,
    TYPOS,
    POPULAR_FALLBACK,
    ADDRESS_LOOKUP,
    SHED_TELEMETRY,
    RATE_LIMIT_KEY,
    UNUSED_FLAGS,
)
