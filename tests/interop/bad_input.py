"""Bad input, one row a case: a one-line error that names object and cause, the exit code, and a table that still reads."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import Folder, case, run, skip, weir

GOOD = '{"id":1,"part":"a","price":1.5}\n{"id":2,"part":"b","price":2.5}\n'


def table_in(folder):
    table = folder / "table"
    weir("init", table, "--partition-by", "part", "--entity-key", "id", "--version-column", "id")
    weir("write", table, "-", "--token", "first", stdin=GOOD)
    return table


def still_reads(table):
    rows = [json.loads(line) for line in weir("read", table).stdout.splitlines()]
    assert sorted(r["id"] for r in rows) == [1, 2], rows


def refused(done, code, *words):
    text = done.stderr
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {text}"
    assert text.startswith("weir: ") and text.count("\n") == 1, f"not one line: {text!r}"
    for word in words:
        assert word in text, f"'{word}' is not in: {text}"


def write_refused(name, content, code, *words, arguments=()):
    def check():
        with Folder() as folder:
            table = table_in(folder)
            source = folder / name
            source.write_bytes(content() if callable(content) else content)
            refused(weir("write", table, source, *arguments, check=None), code, *words)
            still_reads(table)
    return check


def add(label, function):
    function.__name__ = label
    case(function)


def late_wrong_type():
    rows = b'{"id":7,"part":"a","price":1.5}\n' * 999_999
    return rows + b'{"id":"oops","part":"a","price":1.5}\n'


def made(suffix):
    with Folder() as folder:
        (folder / "in.ndjson").write_text("".join(f'{{"id":{i * 7919 % 1009},"part":"a","price":{i}.37}}\n' for i in range(3000)))
        weir("convert", folder / "in.ndjson", folder / f"out{suffix}")
        return (folder / f"out{suffix}").read_bytes()


def arrow_cut():
    return made(".arrow")[:-200]


def parquet_flipped():
    body = bytearray(made(".parquet"))
    body[len(body) // 4] ^= 0x10  # inside a page: the checksum does not fit
    return bytes(body)


add("malformed_ndjson_names_row", write_refused("x.ndjson", b'{"id":3,"part":"a","price":1}\n{"id":4,"part"\n', 1, "x.ndjson", "row 2"))
add("ndjson_that_is_no_object", write_refused("x.ndjson", b"[1,2]\n", 1, "x.ndjson", "row 1"))
add("malformed_csv_names_row", write_refused("x.csv", b"id,part,price\n1,a,2\n3,b\n", 1, "x.csv", "row 2"))
add("csv_open_quote", write_refused("x.csv", b'id,part,price\n1,"a,2\n', 1, "x.csv", "row 1"))
add("invalid_utf8", write_refused("x.ndjson", b'{"id":3,"part":"\xff","price":1}\n', 1, "x.ndjson", "row 1"))
add("cut_arrow_file", write_refused("x.arrow", arrow_cut, 1, "x.arrow"))
add("arrow_that_is_none", write_refused("x.arrow", b"hello, this is no arrow file", 1, "x.arrow"))
add("parquet_that_is_none", write_refused("x.parquet", b"PAR1 no PAR1", 1, "x.parquet"))
add("damaged_parquet", write_refused("x.parquet", parquet_flipped, 1, "x.parquet"))
add("empty_parquet", write_refused("x.parquet", b"", 1, "x.parquet"))
add("wrong_type_at_row_1000000", write_refused("x.ndjson", late_wrong_type, 1, "x.ndjson", "row 1000000", "id", "oops", arguments=("--batch-rows", "10000000", "--batch-bytes", "4GiB")))
add("unknown_column_after_the_sample", write_refused(
    "x.ndjson", b'{"id":3,"part":"a","price":1}\n' * 20000 + b'{"id":3,"part":"a","price":1,"extra":5}\n', 1, "row 20001", "extra"))
add("partition_column_is_missing", write_refused("x.ndjson", b'{"id":3,"price":1}\n', 1, "part"))
add("partition_value_with_slash", write_refused("x.ndjson", b'{"id":3,"part":"a/b","price":1}\n', 1, "part", "a/b"))
add("partition_value_with_two_dots", write_refused("x.ndjson", b'{"id":3,"part":"a..b","price":1}\n', 1, "part", "a..b"))
add("empty_partition_value", write_refused("x.ndjson", b'{"id":3,"part":"","price":1}\n', 1, "part"))
add("bad_key", write_refused("x.ndjson", GOOD.encode(), 2, "a=x", arguments=("--key", "a=x")))
for token, label in [("", "empty"), ("a/b", "with_slash"), ("a;b", "with_semicolon"), ("a..b", "with_two_dots"),
                     ("a b", "with_space"), ("x" * 201, "too_long"), ("j\u00f6b", "not_ascii")]:
    add(f"token_{label}", write_refused("x.ndjson", GOOD.encode(), 2, "token", arguments=("--token", token)))


@case
def bad_patterns_are_bad_usage():
    with Folder() as folder:
        table = table_in(folder)
        for pattern in ["part=a/x=b", "other=a", "part=*b", "part=a?", "part=[a]", "part=..", "part=a..b..c", "part=b..a"]:
            refused(weir("read", table, "--pattern", pattern, check=None), 2, pattern)
            refused(weir("files", table, "--pattern", pattern, check=None), 2, pattern)
        still_reads(table)


@case
def unknown_column_in_read():
    with Folder() as folder:
        table = table_in(folder)
        refused(weir("read", table, "--columns", "id,nope", check=None), 4, "nope")
        still_reads(table)


@case
def unknown_options_and_commands():
    refused(weir("read", "--nope", "x", check=None), 2, "--nope")
    refused(weir("nope", check=None), 2, "nope")
    refused(weir("write", "/tmp/x", "-", "--batch-rows", "0", check=None), 2, "batch-rows")
    refused(weir("read", "/tmp/x", "--format", "xml", check=None), 2, "xml")


@case
def missing_table_and_file():
    with Folder() as folder:
        refused(weir("read", folder / "none", check=None), 4, "none")
        (folder / "empty").mkdir()
        refused(weir("read", folder / "empty", check=None), 4, "weir init")
        table = table_in(folder)
        refused(weir("write", table, folder / "none.ndjson", check=None), 4, "none.ndjson")
        still_reads(table)


@case
def unwritable_directory():
    if os.geteuid() == 0 and subprocess.run(["setpriv", "--version"], capture_output=True).returncode != 0:
        skip("running as root and setpriv is not installed")
    with Folder() as folder:
        table = table_in(folder)
        subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
        source = folder / "x.ndjson"
        source.write_text(GOOD)
        source.chmod(0o644)
        command = [os.environ.get("WEIR_PROGRAM", "weir"), "write", str(table), str(source)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command
        done = subprocess.run(command, capture_output=True, text=True)
        if "Permission denied" in done.stderr and "setpriv" in done.stderr:
            skip("the program is not reachable for another user")
        refused(done, 1, "ermission denied")
        still_reads(table)


@case
def full_disk():
    if os.geteuid() != 0:
        skip("mounting a small tmpfs needs root")
    with Folder() as folder:
        disk = folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True).returncode:
            skip("tmpfs cannot be mounted here")
        try:
            table = table_in(disk)
            source = folder / "big.ndjson"
            with open(source, "w") as out:
                for i in range(60000):
                    out.write(json.dumps({"id": i, "part": "a", "price": float(i), "text": os.urandom(24).hex()}) + "\n")
            refused(weir("write", table, source, check=None), 1, "No space left")
            still_reads(table)
            left = [p for p in disk.rglob("*") if ".weir-" in p.name and p.name.endswith(".tmp")]
            assert not left, left
            weir("write", table, "-", stdin='{"id":1,"part":"a","price":9.5}\n')
        finally:
            subprocess.run(["umount", str(disk)], check=True)


run()
