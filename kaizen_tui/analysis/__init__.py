"""The statistics: verdicts on benchmarks and on canaries. Pure: observations in, verdicts with their evidence out."""
