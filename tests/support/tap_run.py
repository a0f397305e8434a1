#!/usr/bin/env python3
"""tap_run.py PROGRAM: runs a cmocka test program and passes its TAP on, with skips as TAP wants them.

cmocka 1.1.5 prints a skipped case as "not ok N # SKIP name", which counts as a failure; the reason stands in a line
"# reason: ..." before it.
"""
import re
import subprocess
import sys

reason = "no reason given"
with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True, errors="replace") as process:
    for line in process.stdout:
        told = re.match(r"# reason: (.*)", line)
        skipped = re.match(r"not ok (\d+) # SKIP (\S+)", line)
        if told:
            reason = told.group(1)
        if skipped:
            line = f"ok {skipped.group(1)} - {skipped.group(2)} # SKIP {reason}\n"
        sys.stdout.write(line)
        sys.stdout.flush()
sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)
