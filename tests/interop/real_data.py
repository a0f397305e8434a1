"""Real data in, partitioned table out, the same rows back, and the files read identically by pyarrow and DuckDB."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import Folder, case, need_venv, run, shared, weir

need_venv()
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.ipc
import pyarrow.json
import pyarrow.parquet as pq

SETS = {
    "birdstrikes.csv": "Phase of flight",
    "flights-200k.ndjson": "delay_bin",
    "flights-200k.arrow": "delay_bin",
}


def as_arrow(path):
    """The input as weir itself reads it: the schema it inferred, all rows."""
    done = weir("convert", path, "-", "--to", "arrow-stream", binary=True)
    return pa.ipc.open_stream(done.stdout).read_all()


def independent(path):
    """The input as pyarrow reads it."""
    if path.suffix == ".csv":
        return pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True,
                                                                                      quoted_strings_can_be_null=False))
    if path.suffix == ".arrow":
        return pa.ipc.open_file(path).read_all()
    return pyarrow.json.read_json(path)


def rows_of(table):
    return table.to_pylist()


def plain(value):
    """A value in a form in which two readers can be compared: dates as text, numbers as numbers."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def partition_input(path, column, folder):
    """Give the input a partition column that is valid: numbers binned, text as it is."""
    table = as_arrow(path)
    if column == "delay_bin":
        bins = pc.cast(pc.floor(pc.divide(pc.cast(table["delay"], pa.float64()), 60.0)), pa.int64())
        table = table.append_column("delay_bin", bins)
    out = folder / ("in" + (".arrow" if path.suffix == ".arrow" else path.suffix))
    if path.suffix == ".arrow":
        with pa.ipc.new_file(out, table.schema) as writer:
            writer.write_table(table)
    elif path.suffix == ".ndjson":
        import json
        with open(out, "w") as file, open(path) as source:
            for line, bin_ in zip(source, bins.to_pylist()):
                file.write(json.dumps({**json.loads(line), "delay_bin": bin_}) + "\n")
    else:
        out = path
    return out


def check_set(name, column):
    source = shared(f"data/real/{name}")
    with Folder() as folder:
        given = partition_input(source, column, folder)
        table = folder / "table"
        weir("init", table, "--partition-by", column)
        weir("write", table, given, "--empty-as-null", "--batch-rows", "1000000")
        back = pa.ipc.open_stream(weir("read", table, "--format", "arrow-stream", binary=True).stdout).read_all()
        expected = as_arrow(given)
        assert back.num_rows == expected.num_rows, (back.num_rows, expected.num_rows)
        # Partitions in bytewise order of the key, rows of a partition in input order.
        keys = [key_text(v) for v in expected[column].to_pylist()]
        order = sorted(range(len(keys)), key=lambda i: (f"{column}={keys[i]}".encode(), i))
        assert back.schema.names == expected.schema.names
        wanted = expected.take(pa.array(order))
        for at, field in enumerate(wanted.schema):
            got = back.column(at).combine_chunks()
            assert got.type == field.type, (field.name, got.type, field.type)
            assert got.equals(wanted.column(at).combine_chunks()), f"column {field.name} differs"
        against_pyarrow_input(independent(given), expected)
        files = weir("files", table).stdout.split("\n")[:-1]
        read_identically(files, back)


def key_text(value):
    if value is None or value == "":
        return "__HIVE_DEFAULT_PARTITION__"
    return str(value)


def against_pyarrow_input(theirs, ours):
    """The text was understood as another reader understands it."""
    assert theirs.num_rows == ours.num_rows
    for name in theirs.schema.names:
        left, right = theirs[name].to_pylist(), ours[name].to_pylist()
        for row, (a, b) in enumerate(zip(left, right)):
            a, b = plain(a), plain(b)
            if a != b and not (str(a)[:10] == str(b)[:10] and len(str(a)) >= 10):
                assert a in (None, "") and b in (None, ""), (name, row, a, b)


def read_identically(files, back):
    """types, nulls, values and statistics of every data file in both readers"""
    tables = [pq.ParquetFile(f).read() for f in files]
    joined = pa.concat_tables(tables)
    assert joined.schema.names == back.schema.names
    for at, field in enumerate(back.schema):
        assert joined.schema.field(at).type == field.type, (field, joined.schema.field(at))
        assert joined.column(at).combine_chunks().equals(back.column(at).combine_chunks()), field.name
    con = duckdb.connect()
    quoted = ", ".join("'" + f.replace("'", "''") + "'" for f in files)
    reader = f"read_parquet([{quoted}], hive_partitioning=false, file_row_number=true, filename=true)"
    arrow = con.execute(f"select * exclude (file_row_number, filename) from {reader} order by filename, file_row_number").to_arrow_table()
    by_name = sorted(range(len(files)), key=lambda i: files[i])
    ordered = pa.concat_tables([tables[i] for i in by_name])
    for name in back.schema.names:
        assert arrow[name].to_pylist() == [v for v in ordered[name].to_pylist()], f"duckdb differs in {name}"
    for file, table in zip(files, tables):
        check_statistics(file, table)


def check_statistics(file, table):
    meta = pq.ParquetFile(file).metadata
    at = 0
    for g in range(meta.num_row_groups):
        group = meta.row_group(g)
        part = table.slice(at, group.num_rows)
        at += group.num_rows
        for c in range(group.num_columns):
            chunk = group.column(c)
            column = part[chunk.path_in_schema]
            stats = chunk.statistics
            assert stats is not None and stats.null_count == column.null_count, (file, chunk.path_in_schema)
            if column.null_count == len(column):
                assert not stats.has_min_max
                continue
            bounds = pc.min_max(column)
            low, high = bounds["min"].as_py(), bounds["max"].as_py()
            assert stats.min <= low if stats.min != low else True
            if not isinstance(low, str) or len(low.encode()) <= 64:
                assert stats.min == low, (chunk.path_in_schema, stats.min, low)
            if not isinstance(high, str) or len(high.encode()) <= 64:
                assert stats.max == high, (chunk.path_in_schema, stats.max, high)


for set_name, set_column in SETS.items():
    def one(name=set_name, column=set_column):
        check_set(name, column)
    one.__name__ = f"real_data_is_the_same_in_and_out_for_{set_name.replace('-', '_').replace('.', '_')}"
    case(one)

run()
