#!/usr/bin/env python3
"""Cold start of a program: from its process' begin to the first line that it prints. usage: cold-start.py PROGRAM [RUNS]"""
import os
import statistics
import subprocess
import sys
import time

program, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
times = []
for _ in range(runs):
    begin = time.perf_counter()
    with subprocess.Popen([program], stdout=subprocess.PIPE) as process:
        line = process.stdout.readline()
        times.append((time.perf_counter() - begin) * 1000)
    if process.returncode != 0 or not line:
        sys.exit(f"{program} ended with code {process.returncode}")

print(line.decode().strip())
print(f"{os.path.basename(program)}: {os.path.getsize(program):,} bytes; process begin to first kernel result, {runs} runs: "
      f"median {statistics.median(times):.1f} ms, {min(times):.1f} to {max(times):.1f} ms")
