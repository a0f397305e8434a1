#!/usr/bin/env python3
"""CSV and NDJSON against pyarrow and DuckDB.

usage: text.py LIBWEIR_SO [DATA_DIR]

Calls the shared library through ctypes; batches cross by the Arrow C interfaces, so that no file
format of ours stands between what is compared. DATA_DIR holds birdstrikes.csv, seattle-weather.csv
and flights-200k.ndjson; without it those comparisons are skipped.
"""
import ctypes as C
import datetime
import decimal
import io
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import need_venv

need_venv()
import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.json

NDJSON, CSV = 1, 2


class Error(C.Structure):
    _fields_ = [("code", C.c_int32), ("detail", C.c_int32), ("http_status", C.c_int32), ("os_errno", C.c_int32),
                ("retryable", C.c_bool), ("message", C.c_char * 512), ("reserved", C.c_uint64 * 4)]


READ = C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_void_p, C.c_size_t, C.POINTER(C.c_size_t), C.POINTER(Error))
WRITE = C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_void_p, C.c_size_t, C.POINTER(Error))


class Source(C.Structure):
    _fields_ = [("read", READ), ("rewind", C.c_void_p), ("ctx", C.c_void_p)]


class Sink(C.Structure):
    _fields_ = [("write", WRITE), ("ctx", C.c_void_p)]


class ReadOptions(C.Structure):
    _fields_ = [("struct_size", C.c_uint32), ("schema", C.c_void_p), ("name", C.c_char_p), ("sample_rows", C.c_int64),
                ("sample_bytes", C.c_int64), ("batch_rows", C.c_int64), ("batch_bytes", C.c_int64),
                ("max_row_bytes", C.c_int64), ("ignore_unknown", C.c_bool), ("all_strings", C.c_bool),
                ("no_timestamps", C.c_bool), ("delimiter", C.c_char), ("no_header", C.c_bool),
                ("null_text", C.c_char_p)]


class Failed(Exception):
    pass


class Library:
    def __init__(self, path):
        self.lib = C.CDLL(path)
        self.lib.weir_env_default.restype = C.c_void_p
        self.lib.weir_rows_read_source.argtypes = [C.c_void_p, C.c_int] + [C.c_void_p] * 4
        self.lib.weir_rows_writer_new.argtypes = [C.c_void_p, C.c_int] + [C.c_void_p] * 5
        self.lib.weir_rows_writer_write.argtypes = [C.c_void_p] * 3
        self.lib.weir_rows_writer_finish.argtypes = [C.c_void_p] * 2
        self.lib.weir_rows_writer_free.argtypes = [C.c_void_p]

    def read(self, file_format, data, chunk=1 << 20, schema=None, **options):
        at = [0]

        @READ
        def read(_ctx, buf, cap, got, _err):
            n = min(cap, chunk, len(data) - at[0])
            C.memmove(buf, data[at[0]:at[0] + n], n)
            at[0] += n
            got[0] = n
            return 0

        error, source, given = Error(), Source(read, None, None), ReadOptions(**options)
        if schema is not None:
            exported = C.create_string_buffer(72)
            schema._export_to_c(C.addressof(exported))
            given.schema = C.addressof(exported)
        stream = C.create_string_buffer(40)
        if self.lib.weir_rows_read_source(self.lib.weir_env_default(), file_format, C.addressof(source),
                                          C.addressof(given), C.addressof(stream), C.addressof(error)):
            raise Failed(error.message.decode())
        reader = pa.RecordBatchReader._import_from_c(C.addressof(stream))
        table = reader.read_all()
        table.validate(full=True)
        return table

    def write(self, file_format, table):
        pieces = []

        @WRITE
        def write(_ctx, buf, n, _err):
            pieces.append(C.string_at(buf, n))
            return 0

        error, sink, writer = Error(), Sink(write, None), C.c_void_p()
        schema = C.create_string_buffer(72)
        table.schema._export_to_c(C.addressof(schema))

        def must(status):
            if status:
                raise Failed(error.message.decode())

        must(self.lib.weir_rows_writer_new(self.lib.weir_env_default(), file_format, C.addressof(schema), None,
                                           C.addressof(sink), C.addressof(writer), C.addressof(error)))
        for batch in table.to_batches():
            array = C.create_string_buffer(80)
            batch._export_to_c(C.addressof(array))
            must(self.lib.weir_rows_writer_write(writer, C.addressof(array), C.addressof(error)))
            pa.RecordBatch._import_from_c(C.addressof(array), table.schema)
        must(self.lib.weir_rows_writer_finish(writer, C.addressof(error)))
        self.lib.weir_rows_writer_free(writer)
        return b"".join(pieces)


def random_table(seed, n=3000):
    r = random.Random(seed)

    def column(make, type_, nulls=0.2):
        return pa.array([None if r.random() < nulls else make() for _ in range(n)], type_)

    words = ["", "x", "a,b", 'q"q', "é\n", " lead", "\\.", "longer than sixteen bytes", "日本", "true", "12"]
    return pa.table({
        "key": pa.array([f"k{i}" for i in range(n)]),
        "i64": column(lambda: r.randrange(-2**63, 2**63), pa.int64()),
        "i8": column(lambda: r.randrange(-128, 128), pa.int8()),
        "u64": column(lambda: r.randrange(2**64), pa.uint64()),
        "f64": column(lambda: r.choice([r.uniform(-1e9, 1e9), r.random() * 10.0**r.randrange(-300, 300), 95.0, -0.0]),
                      pa.float64()),
        "f32": column(lambda: r.uniform(-1e3, 1e3), pa.float32()),
        "b": column(lambda: r.random() < 0.5, pa.bool_()),
        "s": column(lambda: r.choice(words), pa.string()),
        "ls": column(lambda: r.choice(words) * 3, pa.large_string()),
        "d": column(lambda: datetime.date(1, 1, 1) + datetime.timedelta(r.randrange(3000000)), pa.date32()),
        "t": column(lambda: r.randrange(86400 * 10**6), pa.time64("us")),
        "tz": column(lambda: r.randrange(-2**55, 2**55), pa.timestamp("us", "UTC")),
        "tl": column(lambda: r.randrange(-2**62, 2**62), pa.timestamp("ns")),
        "dec": column(lambda: decimal.Decimal(r.randrange(-10**18, 10**18)).scaleb(-4), pa.decimal128(18, 4)),
        "big": column(lambda: decimal.Decimal(r.randrange(-10**60, 10**60)).scaleb(-10), pa.decimal256(70, 10)),
        "bin": column(lambda: r.randbytes(r.randrange(9)), pa.binary()),
        "fix": column(lambda: r.randbytes(4), pa.binary(4)),
        "dur": column(lambda: r.randrange(-10**9, 10**9), pa.duration("ms")),
    })


def nested_table(seed, n=1000):
    r = random.Random(seed)

    def maybe(make):
        return None if r.random() < 0.2 else make()

    return pa.table({
        "l": pa.array([maybe(lambda: [maybe(lambda: r.randrange(9)) for _ in range(r.randrange(4))]) for _ in range(n)],
                      pa.list_(pa.int64())),
        "s": pa.array([maybe(lambda: {"a": maybe(lambda: "x\"y"), "b": maybe(lambda: {"c": 1.5})}) for _ in range(n)],
                      pa.struct([("a", pa.string()), ("b", pa.struct([("c", pa.float64())]))])),
        "m": pa.array([maybe(lambda: [(str(k), maybe(lambda: k)) for k in range(r.randrange(3))]) for _ in range(n)],
                      pa.map_(pa.string(), pa.int32())),
        "fl": pa.array([maybe(lambda: [1, maybe(lambda: 2)]) for _ in range(n)], pa.list_(pa.int32(), 2)),
        "ll": pa.array([maybe(lambda: [[maybe(lambda: True)]] * r.randrange(3)) for _ in range(n)],
                       pa.large_list(pa.list_(pa.bool_()))),
    })


def same(got, wanted, what):
    for name in wanted.schema.names:
        a, b = got[name].combine_chunks(), wanted[name].combine_chunks()
        if not a.equals(b):
            raise AssertionError(f"{what}: column {name}: {a.type} and {b.type} differ:\n{a.diff(b)}"[:2000])


def check_round_trips(weir):
    for seed in range(1, 6):
        flat, nested = random_table(seed), nested_table(seed)
        same(weir.read(NDJSON, weir.write(NDJSON, flat), schema=flat.schema), flat, f"ndjson, seed {seed}")
        same(weir.read(NDJSON, weir.write(NDJSON, nested), schema=nested.schema), nested, f"nested, seed {seed}")
        same(weir.read(CSV, weir.write(CSV, flat), schema=flat.schema, chunk=1000), flat, f"csv, seed {seed}")
        same(weir.read(NDJSON, weir.write(NDJSON, flat.slice(100, 700)), schema=flat.schema), flat.slice(100, 700),
             f"slice, seed {seed}")


def check_other_readers(weir):
    """What we write, others read as the same values."""
    flat = random_table(7).select(["key", "i64", "i8", "f64", "b", "s"])
    text = weir.write(CSV, flat)
    options = pa.csv.ConvertOptions(column_types=flat.schema, strings_can_be_null=True,
                                    quoted_strings_can_be_null=False, null_values=[""])
    same(pa.csv.read_csv(io.BytesIO(text), parse_options=pa.csv.ParseOptions(newlines_in_values=True),
                         convert_options=options), flat, "pyarrow csv")
    lines = weir.write(NDJSON, flat)
    same(pa.json.read_json(io.BytesIO(lines), parse_options=pa.json.ParseOptions(explicit_schema=flat.schema)), flat,
         "pyarrow ndjson")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "t.ndjson"
        path.write_bytes(lines)
        types = "{key: 'VARCHAR', i64: 'BIGINT', i8: 'TINYINT', f64: 'DOUBLE', b: 'BOOLEAN', s: 'VARCHAR'}"
        got = duckdb.sql(f"SELECT * FROM read_json('{path}', columns={types}, format='newline_delimited')").arrow()
        got = got.read_all() if hasattr(got, "read_all") else got
        same(got.cast(flat.schema), flat, "duckdb ndjson")


def check_other_writers(weir):
    """What others write, we read as the same values and types."""
    table = random_table(8).select(["key", "i64", "f64", "b", "s", "d", "tz"])
    out = io.BytesIO()
    pa.csv.write_csv(table, out)
    got = weir.read(CSV, out.getvalue())
    same(got, table.set_column(6, "tz", got["tz"]), "pyarrow csv in")
    if got["tz"].type != pa.timestamp("us", "UTC"):
        raise AssertionError(f"pyarrow csv in: tz is {got['tz'].type}")
    same(got.select(["tz"]), table.select(["tz"]), "pyarrow csv in")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "t.json"
        plain = table.select(["key", "i64", "f64", "b", "s", "d"])
        duckdb.sql(f"COPY (SELECT * FROM plain) TO '{path}' (FORMAT json)")
        same(weir.read(NDJSON, path.read_bytes()), plain, "duckdb ndjson in")


def check_real(weir, folder):
    for name in ("birdstrikes.csv", "seattle-weather.csv"):
        data = (folder / name).read_bytes()
        got, wanted = weir.read(CSV, data), pa.csv.read_csv(io.BytesIO(data), convert_options=pa.csv.ConvertOptions(
            strings_can_be_null=True, null_values=[""]))
        same(got, wanted.cast(got.schema), name)
        same(weir.read(CSV, weir.write(CSV, got)), got, name + " again")
        for chunk in (1, 7, 4096):
            head = data[:data.rindex(b"\n", 0, 40000) + 1]
            same(weir.read(CSV, head, chunk=chunk), weir.read(CSV, head), f"{name} in chunks of {chunk}")
    data = (folder / "flights-200k.ndjson").read_bytes()
    got = weir.read(NDJSON, data)
    same(got, pa.json.read_json(io.BytesIO(data)), "flights-200k.ndjson")
    same(weir.read(NDJSON, weir.write(NDJSON, got)), got, "flights-200k.ndjson again")


def main():
    weir = Library(sys.argv[1])
    check_round_trips(weir)
    check_other_readers(weir)
    check_other_writers(weir)
    if len(sys.argv) > 2 and pathlib.Path(sys.argv[2]).is_dir():
        check_real(weir, pathlib.Path(sys.argv[2]))
    print("text: all equal")


if __name__ == "__main__":
    main()
