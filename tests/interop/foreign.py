"""Files written by pyarrow and DuckDB, read by weir with equal values.

Every type x page version x codec x encoding that pyarrow can write, nested shapes, null patterns, seeded; DuckDB's writer
with its codecs. weir's answer comes as an Arrow stream and is compared with what the writer was given.
"""
import decimal
import itertools
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import Folder, case, need_venv, run, weir

need_venv()
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 2500
random.seed(11)


def nulls(values, pattern):
    """pattern: none, some, runs, all"""
    if pattern == "none":
        return values
    if pattern == "all":
        return [None] * len(values)
    if pattern == "runs":
        return [None if i // 37 % 3 == 1 else v for i, v in enumerate(values)]
    return [None if random.random() < 0.3 else v for v in values]


def ints(bits, signed=True):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return [random.choice([low, high, 0, 1]) if random.random() < 0.1 else random.randint(low, high) for _ in range(ROWS)]


def few(values):
    return [values[random.randrange(min(20, len(values)))] for _ in range(ROWS)]


def flat_columns():
    texts = [random.choice(["", "a", "é漢字", "x" * 40, "prefix-%d" % random.randrange(1000)]) for _ in range(ROWS)]
    decimals = lambda p, s: [decimal.Decimal(random.randint(-(10 ** p - 1), 10 ** p - 1)).scaleb(-s) for _ in range(ROWS)]
    with decimal.localcontext() as context:
        context.prec = 80
        many = {
            "bool": (pa.bool_(), [random.random() < 0.5 for _ in range(ROWS)]),
            "i8": (pa.int8(), ints(8)), "i16": (pa.int16(), ints(16)), "i32": (pa.int32(), ints(32)), "i64": (pa.int64(), ints(64)),
            "u8": (pa.uint8(), ints(8, False)), "u16": (pa.uint16(), ints(16, False)),
            "u32": (pa.uint32(), ints(32, False)), "u64": (pa.uint64(), ints(64, False)),
            "f16": (pa.float16(), [float(random.randrange(-2048, 2048)) for _ in range(ROWS)]),
            "f32": (pa.float32(), [float(random.randrange(-1 << 20, 1 << 20)) / 8 for _ in range(ROWS)]),
            "f64": (pa.float64(), [random.gauss(0, 1e6) for _ in range(ROWS)]),
            "str": (pa.string(), texts), "bin": (pa.binary(), [t.encode() for t in texts]),
            "lstr": (pa.large_string(), texts), "fsb": (pa.binary(7), [random.randbytes(7) for _ in range(ROWS)]),
            "dec5": (pa.decimal128(5, 2), decimals(5, 2)), "dec18": (pa.decimal128(18, 6), decimals(18, 6)),
            "dec38": (pa.decimal128(38, 10), decimals(38, 10)),
            "date32": (pa.date32(), ints(16)), "date64": (pa.date64(), [v * 86400000 for v in ints(12)]),
            "t32": (pa.time32("ms"), [random.randrange(86400000) for _ in range(ROWS)]),
            "t64us": (pa.time64("us"), [random.randrange(86400000000) for _ in range(ROWS)]),
            "t64ns": (pa.time64("ns"), [random.randrange(86400000000000) for _ in range(ROWS)]),
            "fewstr": (pa.string(), few(texts)), "fewint": (pa.int64(), few(ints(64))),
        }
        for unit in ("s", "ms", "us", "ns"):
            stamps = [random.randrange(0, 2_000_000_000) * {"s": 1, "ms": 10 ** 3, "us": 10 ** 6, "ns": 10 ** 9}[unit] for _ in range(ROWS)]
            many[f"ts_{unit}"] = (pa.timestamp(unit), stamps)
            many[f"tz_{unit}"] = (pa.timestamp(unit, "UTC"), stamps)
            many[f"tb_{unit}"] = (pa.timestamp(unit, "Europe/Berlin"), stamps)
        return many


def raw_array(kind, values):
    integers = {pa.date32(): pa.int32(), pa.date64(): pa.int64()}
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_time32(kind):
        return pa.array(values, pa.int32()).cast(kind)
    if kind in integers:
        return pa.array(values, integers[kind]).cast(kind)
    return pa.array(values, kind)


def table_of(pattern, columns=None):
    given = flat_columns()
    return pa.table({name: raw_array(kind, nulls(values, pattern)) for name, (kind, values) in given.items()
                     if columns is None or name in columns})


def nested_table():
    def item(depth):
        if random.random() < 0.15:
            return None
        return [random.choice([None, random.randrange(100)]) for _ in range(random.randrange(4))]
    rows = 700
    return pa.table({
        "list": pa.array([item(1) for _ in range(rows)], pa.list_(pa.int32())),
        "list2": pa.array([None if random.random() < .1 else [item(1) for _ in range(random.randrange(3))] for _ in range(rows)],
                          pa.list_(pa.list_(pa.int32()))),
        "struct": pa.array([None if random.random() < .2 else {"a": random.choice([None, 1, 2]), "b": random.choice([None, "x", "yy"])}
                            for _ in range(rows)], pa.struct([("a", pa.int64()), ("b", pa.string())])),
        "map": pa.array([None if random.random() < .2 else [(f"k{i}", random.choice([None, i])) for i in range(random.randrange(3))]
                         for _ in range(rows)], pa.map_(pa.string(), pa.int32())),
        "deep": pa.array([None if random.random() < .1 else [{"x": item(1), "y": random.random() < .5} for _ in range(random.randrange(3))]
                          for _ in range(rows)], pa.list_(pa.struct([("x", pa.list_(pa.int32())), ("y", pa.bool_())]))),
        "large": pa.array([item(1) for _ in range(rows)], pa.large_list(pa.int32())),
        "fixed": pa.array([[i, i + 1, None] for i in range(rows)], pa.list_(pa.int16(), 3)),
    })


def through_weir(path):
    done = weir("convert", path, "-", "--to", "arrow-stream", binary=True)
    return pa.ipc.open_stream(done.stdout).read_all()


def same(path, expected, label):
    got = through_weir(path)
    assert got.num_rows == expected.num_rows, (label, got.num_rows)
    assert got.schema.names == expected.schema.names, label
    for name in expected.schema.names:
        left, right = got[name].combine_chunks(), expected[name].combine_chunks()
        if left.type != right.type:
            left = left.cast(right.type)
        if not left.equals(right):
            a, b = left.to_pylist(), right.to_pylist()
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), None)
            assert at is None, f"{label}: {name}[{at}]: {a[at]!r}, not {b[at]!r}"


CODECS = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]


@case
def pyarrow_every_type_codec_page_version_and_null_pattern():
    with Folder() as folder:
        for pattern, codec, version in itertools.product(["none", "some", "runs", "all"], CODECS, ["1.0", "2.0"]):
            if pattern in ("runs", "all") and codec not in ("none", "zstd"):
                continue
            table = table_of(pattern)
            path = folder / "x.parquet"
            pq.write_table(table, path, compression=codec, data_page_version=version, data_page_size=3000, row_group_size=1000)
            same(path, pq.read_table(path), (pattern, codec, version))


@case
def pyarrow_every_encoding():
    encodings = {
        "PLAIN": None,
        "DELTA_BINARY_PACKED": ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "date32", "ts_us", "tz_ns", "t64us", "fewint"],
        "DELTA_LENGTH_BYTE_ARRAY": ["str", "bin", "lstr", "fewstr"],
        "DELTA_BYTE_ARRAY": ["str", "bin", "lstr", "fewstr", "fsb", "dec38"],
        "BYTE_STREAM_SPLIT": ["f32", "f64", "i32", "i64", "fsb", "f16", "dec38"],
        "RLE": ["bool"],
    }
    with Folder() as folder:
        for (encoding, columns), pattern, version in itertools.product(encodings.items(), ["none", "some", "all"], ["1.0", "2.0"]):
            table = table_of(pattern, columns)
            path = folder / "x.parquet"
            pq.write_table(table, path, use_dictionary=False, column_encoding=None if columns is None else encoding,
                           data_page_version=version, data_page_size=2000, compression="snappy")
            same(path, pq.read_table(path), (encoding, pattern, version))


@case
def pyarrow_nested_types():
    with Folder() as folder:
        for codec, version, size in itertools.product(["none", "zstd"], ["1.0", "2.0"], [300, 100000]):
            path = folder / "x.parquet"
            table = nested_table()
            pq.write_table(table, path, compression=codec, data_page_version=version, data_page_size=size, row_group_size=250)
            same(path, table, (codec, version, size))


@case
def pyarrow_flavours_int96_crc_index_dictionary():
    table = table_of("some", ["ts_ns", "str", "fewstr", "i64", "f64"])
    with Folder() as folder:
        path = folder / "x.parquet"
        for options in [dict(use_deprecated_int96_timestamps=True), dict(write_page_checksum=True), dict(write_page_index=True),
                        dict(store_schema=False), dict(flavor="spark"), dict(version="1.0"), dict(version="2.4"),
                        dict(dictionary_pagesize_limit=64), dict(write_statistics=False), dict(column_encoding=None, use_dictionary=["fewstr"])]:
            pq.write_table(table, path, **options)
            same(path, pq.read_table(path), options)
        encoded = pa.table({"d": table["fewstr"].combine_chunks().dictionary_encode()})
        pq.write_table(encoded, path)
        same(path, encoded, "dictionary")


@case
def duckdb_every_codec():
    con = duckdb.connect()
    con.execute("select setseed(0.5)")
    con.execute("""create table t as select i, case when random() < .2 then null else (random() * 100)::int end n, random() f,
        'row ' || (i % 40) s, md5(i::varchar) u, (i % 3 = 0) b, date '2020-01-01' + (i % 900)::int d,
        timestamp '2021-01-01' + to_microseconds(i * 1000003) ts, (i * 1.01)::decimal(18,3) dec, [i, null, i + 1] l,
        {'a': i, 'b': 'x' || i} st, map {'k' || (i % 5): i} m, (i % 250)::utinyint tiny, i::hugeint::double h,
        '00000000-0000-0000-0000-00000000000' || (i % 10) tx
        from range(5000) r(i)""")
    with Folder() as folder:
        for codec, version in itertools.product(["uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"], ["V1", "V2"]):
            path = folder / "x.parquet"
            con.execute(f"copy t to '{path}' (format parquet, compression {codec}, parquet_version {version}, row_group_size 2048)")
            same(path, con.execute(f"select * from read_parquet('{path}')").to_arrow_table(), (codec, version))


run()
