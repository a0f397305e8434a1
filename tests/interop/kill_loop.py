"""Killing `weir write` at any point never shows a partial batch; a repeat with the same token yields the rows once."""
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import WEIR, Folder, case, run, weir

KILLS = int(os.environ.get("WEIR_KILLS", "200"))
ROWS, BATCH, PARTITIONS = 6000, 1500, 4


def make_input(path):
    with open(path, "w") as out:
        for i in range(ROWS):
            out.write(json.dumps({"id": i, "part": f"p{i % PARTITIONS}", "text": "x" * (i % 50)}) + "\n")


def visible(table):
    """Rows seen per (partition, batch); a batch of one partition must be whole or absent."""
    done = weir("read", table, "--columns", "id,part")
    seen = collections.Counter()
    for line in done.stdout.splitlines():
        row = json.loads(line)
        assert row["part"] == f"p{row['id'] % PARTITIONS}"
        seen[row["id"]] += 1
    assert all(n == 1 for n in seen.values()), "a row appears twice"
    for batch in range(ROWS // BATCH):
        for part in range(PARTITIONS):
            ids = [i for i in range(batch * BATCH, (batch + 1) * BATCH) if i % PARTITIONS == part]
            count = sum(i in seen for i in ids)
            assert count in (0, len(ids)), f"batch {batch} of p{part}: {count} of {len(ids)} rows are visible"
    return len(seen)


def start(table, source):
    return subprocess.Popen([WEIR, "write", str(table), str(source), "--token", "load", "--batch-rows", str(BATCH)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@case
def killed_writes_show_whole_batches_and_repeat_once():
    seed = int(os.environ.get("WEIR_SEED", random.randrange(1 << 30)))
    random.seed(seed)
    print(f"# seed {seed}")
    with Folder() as folder:
        source = folder / "in.ndjson"
        make_input(source)
        weir("init", folder / "probe", "--partition-by", "part")
        began = time.monotonic()
        assert start(folder / "probe", source).wait() == 0
        whole = time.monotonic() - began
        kills = done = rounds = 0
        partial = 0
        while kills < KILLS:
            rounds += 1
            assert rounds < KILLS * 20, f"only {kills} kills in {rounds} rounds"
            table = folder / f"t{done}"
            if not table.exists():
                weir("init", table, "--partition-by", "part")
            process = start(table, source)
            time.sleep(random.uniform(0, whole * 1.1))
            process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                assert process.returncode == 0
                assert visible(table) == ROWS
                done += 1
                continue
            kills += 1
            n = visible(table)
            partial += 0 < n < ROWS
            if random.random() < 0.3:
                assert start(table, source).wait() == 0
                assert visible(table) == ROWS, "the repeat did not complete the rows"
                assert start(table, source).wait() == 0
                assert visible(table) == ROWS, "a second repeat changed the rows"
                done += 1
        print(f"# {kills} kills, {partial} left some batches visible, {done} inputs completed")


run()
