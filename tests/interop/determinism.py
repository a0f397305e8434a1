"""Same input, same options: byte-identical Parquet, 100 runs, 1 and 8 threads."""
import hashlib
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tap import Folder, case, run, weir


@case
def hundred_runs_give_the_same_bytes_with_1_and_8_threads():
    random.seed(7)
    with Folder() as folder:
        source = folder / "in.ndjson"
        with open(source, "w") as out:
            for i in range(20000):
                out.write(json.dumps({
                    "id": i, "user": int(random.paretovariate(1.1)), "country": random.choice(["de", "fr", "pl", "us"]),
                    "url": f"https://example.org/{random.getrandbits(64):x}", "price": round(random.random() * 100, 2),
                    "qty": random.choice([None, 1, 2, 3]), "ok": random.random() < 0.5,
                    "tags": [random.choice("abc") for _ in range(random.randrange(3))]}) + "\n")
        digests = set()
        for n in range(100):
            target = folder / "out.parquet"
            weir("convert", source, target, "--threads", 8 if n % 2 else 1, "--row-group-rows", 6000)
            digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
        assert len(digests) == 1, f"{len(digests)} different files"


run()
