"""Parquet write and read, weir beside DuckDB, Polars and pyarrow: one core, same rows, same run, alternating.

usage: parquet.py WEIR_BENCH [--rows N] [--rounds N] [--core N]

Every peer starts from its own in-memory form of the same 10 M rows (pyarrow table, Polars frame, DuckDB table, Arrow
batches) and ends with a whole file, or starts from the same file and ends with all columns in memory as Arrow. Files lie
on tmpfs. Prints medians and the ratio peer / weir: above 1 weir is faster.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import tempfile
import time

CODECS = ["uncompressed", "snappy", "zstd"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--json")
    return parser.parse_args()


def events(rows):
    """Timestamps, zipf users, 200 countries, ~70-byte URLs of high cardinality, prices, a nullable int, a bool."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    rng = np.random.default_rng(42)
    step = 1_000_000
    batches = []
    countries = np.array([f"{chr(65 + i // 26 % 26)}{chr(65 + i % 26)}" for i in range(200)])
    at = 1_700_000_000_000_000
    for begin in range(0, rows, step):
        n = min(step, rows - begin)
        times = at + np.cumsum(rng.integers(0, 2000, n))
        at = int(times[-1])
        users = np.minimum(rng.zipf(1.2, n), 5_000_000)
        country = countries[np.minimum(rng.zipf(1.5, n) - 1, 199)]
        numbers = pa.array(rng.integers(0, 1 << 40, n))
        words = pa.array(np.array(["products", "articles", "search", "checkout", "profile"])[rng.integers(0, 5, n)])
        url = pc.binary_join_element_wise("https://shop.example.com", words, pc.cast(numbers, pa.string()),
                                          pc.cast(pa.array(rng.integers(0, 1 << 50, n)), pa.string()), "?ref=newsletter", "/")
        price = np.round(rng.gamma(2.0, 25.0, n), 2)
        quantity = pa.array(rng.integers(1, 20, n), mask=rng.random(n) < 0.2)
        batches.append(pa.record_batch({
            "ts": pa.array(times, pa.timestamp("us", "UTC")), "user_id": pa.array(users.astype(np.int64)),
            "country": pa.array(country.tolist(), pa.string()), "url": url, "price": pa.array(price),
            "qty": quantity, "ok": pa.array(rng.random(n) < 0.7)}))
    return pa.Table.from_batches(batches)


class Weir:
    name = "weir"

    def __init__(self, program, data):
        self.process = subprocess.Popen([program, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().strip() == "ready"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def write(self, codec, path):
        return self.ask(f"write {codec} {path}")

    def read(self, path):
        return self.ask(f"read {path}")


class Timed:
    def write(self, codec, path):
        began = time.monotonic()
        self.do_write(codec, path)
        return time.monotonic() - began

    def read(self, path):
        began = time.monotonic()
        rows = self.do_read(path)
        seconds = time.monotonic() - began
        del rows
        return seconds


class PyArrow(Timed):
    name = "pyarrow"

    def __init__(self, table):
        import pyarrow.parquet
        self.pq, self.table = pyarrow.parquet, table

    def do_write(self, codec, path):
        self.pq.write_table(self.table, path, compression="none" if codec == "uncompressed" else codec)

    def do_read(self, path):
        return self.pq.read_table(path, use_threads=False)


class Polars(Timed):
    name = "polars"

    def __init__(self, table):
        import polars
        self.polars, self.frame = polars, polars.from_arrow(table)

    def do_write(self, codec, path):
        self.frame.write_parquet(path, compression=codec)

    def do_read(self, path):
        return self.polars.read_parquet(path)


class DuckDB(Timed):
    name = "duckdb"

    def __init__(self, table):
        import duckdb
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        self.connection.execute("set preserve_insertion_order = true")
        self.connection.register("given", table)
        self.connection.execute("create table events as select * from given")
        self.connection.unregister("given")

    def do_write(self, codec, path):
        self.connection.execute(f"copy events to '{path}' (format parquet, compression {codec})")

    def do_read(self, path):
        return self.connection.execute(f"select * from read_parquet('{path}')").to_arrow_table()


def measure(peers, folder, rounds):
    cells = {}
    for codec in CODECS:
        for _ in range(rounds):
            for peer in peers:
                path = folder / f"{peer.name}.{codec}.parquet"
                path.unlink(missing_ok=True)
                cells.setdefault(("write", codec, peer.name), []).append(peer.write(codec, path))
        # Reading: every peer reads the same two files, pyarrow's and weir's, so that no writer favours its own reader.
        for source in ("pyarrow", "weir"):
            path = folder / f"{source}.{codec}.parquet"
            for _ in range(rounds):
                for peer in peers:
                    cells.setdefault((f"read {source}'s", codec, peer.name), []).append(peer.read(path))
        sizes = {peer.name: (folder / f"{peer.name}.{codec}.parquet").stat().st_size for peer in peers}
        cells[("bytes", codec)] = sizes
    return cells


def report(cells, peers, options, versions):
    print(f"\n{options.rows:,} rows, one core, {options.rounds} alternating rounds, medians; {machine()}")
    print("peers: " + ", ".join(f"{n} {v}" for n, v in versions.items()))
    names = [p.name for p in peers]
    print(f"\n{'':28}" + "".join(f"{n:>12}" for n in names) + "   ratio to weir: " + " ".join(names[1:]))
    for kind in ("write", "read pyarrow's", "read weir's"):
        for codec in CODECS:
            medians = {n: statistics.median(cells[kind, codec, n]) for n in names}
            ratios = "  ".join(f"{medians[n] / medians['weir']:.2f}" for n in names[1:])
            print(f"{kind + ' ' + codec:28}" + "".join(f"{medians[n]:11.3f}s" for n in names) + f"   {ratios}")
    for codec in CODECS:
        sizes = cells["bytes", codec]
        print(f"{'file bytes ' + codec:28}" + "".join(f"{sizes[n] / 1e6:10.1f}MB" for n in names))


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def main():
    options = arguments()
    os.environ["POLARS_MAX_THREADS"] = "1"
    os.sched_setaffinity(0, {options.core % os.cpu_count()})
    import pyarrow as pa
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-", dir="/dev/shm"))
    try:
        table = events(options.rows)
        data = folder / "rows.arrow"
        with pa.ipc.new_file(data, table.schema) as writer:
            writer.write_table(table)
        mean = table.nbytes / table.num_rows
        print(f"{table.num_rows:,} rows, {mean:.1f} Arrow bytes a row")
        peers = [Weir(options.program, data)]
        data.unlink()
        peers += [DuckDB(table), Polars(table), PyArrow(table)]
        import duckdb
        import polars
        versions = {"duckdb": duckdb.__version__, "polars": polars.__version__, "pyarrow": pa.__version__}
        cells = measure(peers, folder, options.rounds)
        report(cells, peers, options, versions)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps({" ".join(map(str, k)): v for k, v in cells.items()}))
    finally:
        shutil.rmtree(folder)


main()
