# SPDX-License-Identifier: GPL-2.0-only
"""Rules that hold inside one histogram: a row of `latencies` alone.

Buckets are [low, high), log-linear: a width of 1, or at most 3.2 % of low.
A quantile is the upper bound of its bucket, clipped to the maximum. Rounding of the rank, and
whether the bound is `high` or the last value below it, are left open.
"""
PERMILLE = {"p50_ns": 500, "p90_ns": 900, "p99_ns": 990, "p999_ns": 999}
WIDEST_PERMILLE = 32


def order(buckets):
    """Buckets ascend, don't overlap, and are narrow enough."""
    end = 0
    for low, high, _ in buckets:
        if low >= high or low < end:
            yield f"bucket [{low}, {high}) is out of order"
        elif high - low > 1 and (high - low) * 1000 > WIDEST_PERMILLE * low:
            yield f"bucket [{low}, {high}) is wider than 3.2 %"
        end = high


def totals(row):
    """The buckets hold every sample, and can hold the sum."""
    inside = sum(count for _, _, count in row["buckets"])
    if inside + row["overflow"] != row["count"]:
        yield f"bucket total {inside} + overflow {row['overflow']} is not count {row['count']}"
    least = sum(low * count for low, _, count in row["buckets"])
    most = sum((high - 1) * count for _, high, count in row["buckets"])
    if row["sum_ns"] < least or (not row["overflow"] and row["sum_ns"] > most):
        yield f"sum_ns {row['sum_ns']} does not fit the buckets ({least} to {most})"


def extremes(row):
    """Minimum, mean and maximum are where buckets and sum say."""
    low, mean, high = row["min_ns"], row["mean_ns"], row["max_ns"]
    if None in (low, mean, high):
        yield "minimum, mean or maximum is null although there are samples"
        return
    if not low <= high:
        yield f"minimum {low} is above maximum {high}"
    if abs(mean * row["count"] - row["sum_ns"]) > row["count"]:
        yield f"mean {mean} is not sum / count"
    if not row["buckets"]:
        return
    first, last = row["buckets"][0], row["buckets"][-1]
    if not first[0] <= low < first[1]:
        yield f"minimum {low} is outside the first bucket {first[:2]}"
    if row["overflow"] == 0 and not last[0] <= high < last[1]:
        yield f"maximum {high} is outside the last bucket {last[:2]}"


def _bucket_of_rank(row, rank):
    seen = 0
    for low, high, count in row["buckets"]:
        seen += count
        if rank <= seen:
            return high
    return None


def _allowed(row, permille):
    ranks = {max(1, -(-row["count"] * permille // 1000)),
             min(row["count"], row["count"] * permille // 1000 + 1)}
    for rank in ranks:
        high = _bucket_of_rank(row, rank)
        yield from [row["max_ns"]] if high is None else [
            min(high, row["max_ns"]), min(high - 1, row["max_ns"])]


def quantiles(row):
    for name, permille in PERMILLE.items():
        if row[name] not in (allowed := set(_allowed(row, permille))):
            yield f"quantile {name} {row[name]} is none of {sorted(allowed)}"


def empty(row):
    """Without samples nothing but count, sum and overflow is a number."""
    for name in ("min_ns", "mean_ns", "max_ns", *PERMILLE):
        if row[name] is not None:
            yield f"{name} is {row[name]} without samples, it should be null"
    if row["sum_ns"] or row["buckets"] or row["overflow"]:
        yield "sum, buckets or overflow without samples"


def complaints(row):
    yield from order(row["buckets"])
    if row["count"] == 0:
        yield from empty(row)
        return
    yield from totals(row)
    yield from extremes(row)
    if row["max_ns"] is not None and row["buckets"]:
        yield from quantiles(row)
