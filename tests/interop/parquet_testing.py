"""The Apache parquet-testing collection: good files match expected.json leaf by leaf and column by column; bad files are
refused with one line, within 64 MiB; fuzzed files give an error or rows."""
import datetime
import decimal
import json
import math
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import WEIR, case, need_venv, run, shared, weir

need_venv()
import pyarrow as pa

LEAF_FACTS = ["path", "physical_type", "repetition", "max_def", "max_rep", "codec", "num_values", "non_null", "nulls",
              "plain_crc32", "plain_bytes"]
# The format's names for one thing: our printed names on the left.
CODEC_NAMES = {"LZ4_HADOOP": "LZ4"}


# What is expected of one value is not what the file holds: the last timestamp lies in the year 290000, and the
# expectation was computed with a Julian day of -1 for it. The rows themselves are checked by DuckDB's view of the column.
EXPECTATION_IS_OFF = {("int96_from_spark.parquet", "a", "plain_crc32")}


def check_leaves(name, found, expected):
    assert len(found) == len(expected), f"{name}: {len(found)} leaves, not {len(expected)}"
    for got, want in zip(found, expected):
        for fact in LEAF_FACTS:
            if fact not in want or (name, want["path"], fact) in EXPECTATION_IS_OFF:
                continue
            have = CODEC_NAMES.get(got.get(fact), got.get(fact))
            assert have == want[fact], f"{name}: {want['path']}: {fact} is {have!r}, not {want[fact]!r}"


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02X}" for b in value)
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return str(value)


def same(value, text):
    """A value against the text that DuckDB printed for it."""
    shown = text_of(value)
    if shown == text or shown.rstrip("0").rstrip(".") == text.rstrip("0").rstrip("."):
        return True
    try:
        a, b = float(value), float(text)
    except (TypeError, ValueError):
        return False
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-6)


def plain(value):
    """Nested values as JSON has them; maps as objects."""
    if isinstance(value, list):
        if value == []:
            return {}  # an empty list or an empty map
        if all(isinstance(v, tuple) and len(v) == 2 for v in value):
            return {str(k): plain(v) for k, v in value}
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def check_column(name, table, want):
    column = table.column(want["name"]).combine_chunks()
    label = f"{name}: {want['name']}"
    try:
        values = [v for v in column.to_pylist() if v is not None]
    except OverflowError:  # years that Python's datetime cannot hold
        assert len(column) - column.null_count == want["non_null"], label
        assert len(set(column.drop_null().cast(pa.int64()).to_pylist())) == want["distinct"], label
        return
    assert len(values) == want["non_null"], f"{label}: {len(values)} values, not {want['non_null']}"
    if "first_json" in want:
        for got, text in zip(column.to_pylist(), want["first_json"]):
            expected = plain(json.loads(text)) if text is not None else None
            got = plain(got)
            assert got == expected or str(got) == str(expected), f"{label}: {got!r}, not {text}"
        return
    if not values:
        return
    comparable = [v for v in values if not (isinstance(v, float) and math.isnan(v))]
    if "sum" in want and not isinstance(values[0], (str, bytes)):
        assert same(sum(values, decimal.Decimal(0) if isinstance(values[0], decimal.Decimal) else 0), want["sum"]), f"{label}: sum"
    if "min" in want:
        assert same(min(comparable), want["min"]), f"{label}: min {min(comparable)!r}, not {want['min']}"
    if "max" in want and want["max"] != "nan":
        assert same(max(comparable), want["max"]), f"{label}: max {max(comparable)!r}, not {want['max']}"
    if "distinct" in want:
        assert len(set(values)) == want["distinct"], f"{label}: distinct"


def check_good(name, want):
    path = shared("data/parquet-testing/good") / name
    seen = json.loads(weir("inspect", "--json", "--values", path).stdout)
    assert seen["rows"] == want["rows"], f"{name}: {seen['rows']} rows, not {want['rows']}"
    check_leaves(name, seen["leaves"], want.get("leaves", []))
    table = pa.ipc.open_stream(weir("convert", path, "-", "--to", "arrow-stream", binary=True).stdout).read_all()
    assert table.num_rows == want["rows"]
    for column in want["columns"]:
        check_column(name, table, column)


@case
def good_files_match_what_is_expected():
    folder = shared("data/parquet-testing/good")
    failures = []
    for name, want in json.loads((folder / "expected.json").read_text()).items():
        if want.get("heavy") or name.startswith("large_string_map"):
            continue
        try:
            check_good(name, want)
        except AssertionError as error:
            failures.append(str(error)[:300])
    assert not failures, "\n".join(failures)


# The peak that the kernel reports for a child begins with what its parent held when it forked: fork from a small one.
MEASURE = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024)
"""


def outcome(path):
    """Exit code, error text and peak memory in MiB of reading every value of a file."""
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE, WEIR, "convert", str(path), os.devnull, "--to", "ndjson"],
                          capture_output=True, text=True, timeout=30)
    code, mib = map(int, done.stdout.split())
    return code, done.stderr, mib


@case
def bad_files_are_refused_with_one_line():
    folder = shared("data/parquet-testing/bad")
    for name in json.loads((folder / "expected.json").read_text()):
        code, error, mib = outcome(folder / name)
        assert code == 1, f"{name}: exit {code}"
        assert error.startswith("weir: ") and error.count("\n") == 1 and name in error, f"{name}: {error!r}"
        assert mib < 64, f"{name}: {mib} MiB"


@case
def fuzzed_files_give_an_error_or_rows():
    folder = shared("data/parquet-testing/fuzz")
    for path in sorted(folder.glob("*.parquet")):
        code, error, mib = outcome(path)
        assert code in (0, 1) and mib < 64, f"{path.name}: exit {code}, {mib} MiB: {error}"
    assert outcome(folder / "ARROW-GH-43605.parquet")[0] == 0


run()
