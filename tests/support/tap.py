"""What the Python tests share: TAP output, running the program, and finding the reference readers.

A test file registers cases with @case and ends with run(). Cases raise to fail and call skip(reason) to be skipped.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "build/venv/bin/python"
SHARED = pathlib.Path(os.environ.get("WEIR_SHARED", ROOT / "../shared")).resolve()
WEIR = os.environ.get("WEIR_PROGRAM", str(ROOT / "build/release/src/cli/weir"))
_cases = []


class Skip(Exception):
    pass


def skip(reason):
    raise Skip(reason)


def case(function):
    _cases.append(function)
    return function


def need_venv():
    """Run again under the interpreter that has pyarrow and DuckDB; without it every case is skipped with the reason."""
    if pathlib.Path(sys.prefix).resolve() == VENV.parents[1].resolve():
        return
    if VENV.exists():
        os.execv(str(VENV), [str(VENV)] + sys.argv)
    print("1..1")
    if os.environ.get("CI"):
        print("not ok 1 - reference readers # build/venv is missing; ci/python makes it")
        sys.exit(1)
    print("ok 1 - reference readers # SKIP build/venv is missing; ci/python makes it")
    sys.exit(0)


def shared(name):
    path = SHARED / name
    if not path.exists():
        skip(f"shared/{name} is not here")
    return path


def weir(*arguments, stdin=None, check=0, env=None, binary=False, preexec=None, timeout=600):
    """Run the program; `check` is the exit code it must end with (None: any). Returns the finished process."""
    done = subprocess.run([WEIR, *map(str, arguments)], input=stdin, capture_output=True, text=not binary,
                          env={**os.environ, **(env or {})}, preexec_fn=preexec, timeout=timeout)
    if check is not None and done.returncode != check:
        error = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
        raise AssertionError(f"weir {' '.join(map(str, arguments))}: exit {done.returncode}, not {check}: {error[-2000:]}")
    return done


class Folder:
    """A scratch folder that goes away."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="weir-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def run():
    only = [a for a in sys.argv[1:] if not a.startswith("-")]
    cases = [c for c in _cases if not only or c.__name__ in only]
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, function in enumerate(cases, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {function.__name__} # SKIP {reason}", flush=True)
        except BaseException:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} - {function.__name__}", flush=True)
    sys.exit(1 if failed else 0)
