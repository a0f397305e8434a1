"""Memory stays bounded: NDJSON from a pipe into a table and a projected read back, RSS measured by the kernel.

The default size suits an ordinary run; WEIR_MEMORY_GB=10 is the full measure.
"""
import os
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import WEIR, Folder, case, run, weir

SIZE = int(float(os.environ.get("WEIR_MEMORY_GB", "0.4")) * 1e9)
LIMIT_KIB = 512 * 1024


def lines():
    """Blocks of rows of about 8 MB, repeated with a changing first column, so that making input is not what is measured."""
    words = [f"https://example.org/{i * 2654435761 % (1 << 32):08x}/{i:06d}" for i in range(20000)]
    total, block = 0, 0
    while total < SIZE:
        rows = [f'{{"id":{block * 20000 + i},"day":"d{block % 4}","url":"{w}","price":{i % 1000}.25,"n":{i * 7919 % 100003},'
                f'"country":"c{i % 200}","ok":{"true" if i % 3 else "false"},"text":"{w[-14:] * 8}"}}\n' for i, w in enumerate(words)]
        data = "".join(rows).encode()
        yield data, len(rows)
        total += len(data)
        block += 1


def peak_kib(process):
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, f"exit {os.waitstatus_to_exitcode(status)}"
    return usage.ru_maxrss


@case
def write_from_a_pipe_and_projected_read_stay_under_512_mib():
    with Folder() as folder:
        table = folder / "table"
        weir("init", table, "--partition-by", "day")
        writer = subprocess.Popen([WEIR, "write", str(table), "-", "--format", "ndjson"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        rows = size = 0
        for data, n in lines():
            writer.stdin.write(data)
            rows += n
            size += len(data)
        writer.stdin.close()
        peak = peak_kib(writer)
        print(f"# write of {size / 1e9:.2f} GB: peak {peak / 1024:.0f} MiB")
        assert peak < LIMIT_KIB
        reader = subprocess.Popen([WEIR, "read", str(table), "--columns", "id,price", "--format", "csv", "-o", str(folder / "out.csv")])
        peak = peak_kib(reader)
        print(f"# read of two columns: peak {peak / 1024:.0f} MiB")
        assert peak < LIMIT_KIB
        with open(folder / "out.csv", "rb") as out:
            assert sum(1 for _ in out) == rows + 1


run()
