#!/usr/bin/env python3
"""Cold start of native programs against C programs that make the same driver calls, and where the time goes.

usage: run.py FOLDER OUT [RUNS]
FOLDER has what this starts:
  ColdStart, NativeAot           dotnet publish bench/ColdStart -r linux-x64 -c Release, and samples/NativeAot
  scale.cubin, one_shot.cubin    of the GPU's architecture: artifacts/kernels/NativeAot/images/kernels/scale.sm_90a.cubin and
                                 artifacts/kernels/Fusion.Runtime/images/one_shot_bf16.sm_90a.cubin
  bare, trace/libcuda.so.1       of bare.c and driver.c; made with gcc if they are missing
  ColdStart-NAME                 programs of other commits to compare with, if there are any
OUT gets report.md, steps.csv, calls.csv and sequence.csv. The starts of all programs alternate, in an order that changes."""
import collections
import csv
import ctypes
import os
import random
import statistics
import subprocess
import sys
import time

folder, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
runs = int(sys.argv[3]) if len(sys.argv) > 3 else 10
here = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = "CUDA_DEVICE_MAX_CONNECTIONS"


def at(name):
    return os.path.join(folder, name)


def build(name, *command):
    if os.path.exists(at(name)):
        return
    os.makedirs(os.path.dirname(at(name)), exist_ok=True)
    subprocess.run(["gcc", "-O2", "-o", at(name), *command], check=True)


def driver_path():
    """Path of the driver's library; None to have the driver's calls answered without one."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    with open("/proc/self/maps") as maps:
        return next(line.split()[-1] for line in maps if "libcuda.so" in line)


def start(variant, traced):
    """Starts a program. Returns the nanoseconds from its begin to each of its steps, and its driver calls if they are traced."""
    command, settings = variant
    environment = {**os.environ, **settings}
    trace = os.path.join(out, "trace.txt")
    if traced or driver is None:
        environment["LD_LIBRARY_PATH"] = at("trace") + ":" + environment.get("LD_LIBRARY_PATH", "")
        environment["COLD_TRACE"] = trace
        if driver:
            environment["COLD_DRIVER"] = driver
    begin = time.monotonic_ns()
    environment["COLD_BEGIN"] = str(begin)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        first = process.stdout.readline()
        line = time.monotonic_ns() - begin
        rest = process.stdout.read()
    steps = {"first line": line, "exited": time.monotonic_ns() - begin}
    if process.returncode != 0 and driver:
        sys.exit(f"{command} ended with code {process.returncode}: {first} {rest}")
    for text in (first + rest).decode().splitlines():
        name, tab, value = text.partition("\t")
        if tab:
            steps[name] = int(value)
    if steps.pop("right", 1) != 1 and driver:
        sys.exit(f"{command} gave a wrong result")
    calls = []
    if traced:
        with open(trace) as lines:
            for text in lines:
                name, called, returned, result = text.split("\t")
                calls.append((name, int(called) - begin, int(returned) - begin, int(result)))
    return steps, calls


driver = driver_path()
os.makedirs(out, exist_ok=True)
build("bare", os.path.join(here, "bare.c"), "-ldl", "-lpthread")
build("trace/libcuda.so.1", os.path.join(here, "driver.c"), "-shared", "-fPIC", "-ldl")

kernel = [at("bare"), "kernel", at("scale.cubin")]
all_reduce = [at("bare"), "all-reduce", at("one_shot.cubin")]
variants = {
    "kernel: C": (kernel, {}),
    "kernel: C, 32 connections": (kernel, {CONNECTIONS: "32"}),
    "kernel: C, 32 connections set after cuInit": (kernel + ["late"], {}),
    "kernel: C, 8 connections": (kernel, {CONNECTIONS: "8"}),
    "kernel: C, 16 connections": (kernel, {CONNECTIONS: "16"}),
    "kernel: ColdStart": ([at("ColdStart"), "kernel"], {}),
    "kernel: ColdStart, 8 connections": ([at("ColdStart"), "kernel"], {CONNECTIONS: "8"}),
    "kernel: NativeAot": ([at("NativeAot")], {}),
    "kernel: NativeAot, 8 connections": ([at("NativeAot")], {CONNECTIONS: "8"}),
    "all-reduce: C": (all_reduce, {}),
    "all-reduce: C, 32 connections": (all_reduce, {CONNECTIONS: "32"}),
    "all-reduce: C, 8 connections": (all_reduce, {CONNECTIONS: "8"}),
    "all-reduce: C, 16 connections": (all_reduce, {CONNECTIONS: "16"}),
    "all-reduce: C, a thread a GPU": (all_reduce + ["parallel"], {}),
    "all-reduce: ColdStart": ([at("ColdStart"), "all-reduce"], {}),
    "all-reduce: ColdStart, 8 connections": ([at("ColdStart"), "all-reduce"], {CONNECTIONS: "8"}),
}
variants.update({f"all-reduce: {name}": ([at(name), "all-reduce"], {}) for name in sorted(os.listdir(folder)) if name.startswith("ColdStart-")})
variants = {name: variant for name, variant in variants.items() if os.path.exists(variant[0][0])}
if driver and subprocess.run(all_reduce, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
    print("no all-reduce here: it needs two GPUs with peer access")
    variants = {name: variant for name, variant in variants.items() if name.startswith("kernel")}

steps, calls = collections.defaultdict(list), collections.defaultdict(list)
for run in range(-1, runs):
    # cuInit's time depends on what the process before used, so the order changes.
    for name, variant in random.Random(run).sample(sorted(variants.items()), len(variants)):
        taken, _ = start(variant, traced=False)
        if run >= 0:
            steps[name].append(taken)
for run in range(max(runs // 2, 1)):
    for name, variant in variants.items():
        calls[name].append(start(variant, traced=True)[1])


def median(name, step):
    values = [one[step] for one in steps[name] if step in one]
    return statistics.median(values) / 1e6 if values else None


def after_init(name):
    values = [one["result"] - one["cuInit"] for one in steps[name] if "cuInit" in one]
    return statistics.median(values) / 1e6 if values else None


def shown(value):
    return "" if value is None else f"{value:.1f}"


order = ["main", "driver", "cuInit", "context", "peers", "module", "workspace", "data", "launch", "synchronized", "result", "released", "exited"]
report = ["# Cold start", "", f"{runs} starts of each program, alternating; medians in ms. Driver: {driver or 'none, calls are answered without one'}."]
for mode in ("kernel", "all-reduce"):
    names = [name for name in variants if name.startswith(mode)]
    if not names:
        continue
    used = [step for step in order if any(median(name, step) is not None for name in names)]
    report += ["", f"## {mode}: time from the process' begin to the end of each step", "",
               "| program | " + " | ".join(used) + " | first line | least and most of result | result / C | from cuInit to result | / C |",
               "|---|" + "--:|" * (len(used) + 5)]
    floor, floor_after = median(names[0], "result"), after_init(names[0])
    for name in names:
        step = "result" if median(name, "result") is not None else "first line"
        values = [one[step] / 1e6 for one in steps[name]]
        report.append(f"| {name.partition(': ')[2]} | " + " | ".join(shown(median(name, one)) for one in used) +
                      f" | {shown(median(name, 'first line'))} | {min(values):.1f} to {max(values):.1f} | {median(name, step) / floor:.2f} | " +
                      (f"{after_init(name):.1f} | {after_init(name) / floor_after:.2f} |" if after_init(name) else "| |"))

rows = []
for name, traces in calls.items():
    report += ["", f"## {name}: where the time goes, with calls traced", "",
               "| call | calls | ms | longest |", "|---|--:|--:|--:|"]
    totals, outside = collections.defaultdict(list), []
    for trace in traces:
        sums = collections.defaultdict(lambda: [0, 0, 0])
        # Up to the result: the last copy to the host, or the wait for it.
        last = max((i for i, call in enumerate(trace) if call[0] == "cuMemcpyDtoHAsync_v2"), default=len(trace) - 1)
        while last + 1 < len(trace) and trace[last + 1][0] in ("cuCtxGetCurrent", "cuStreamSynchronize"):
            last += 1
        spans = sorted((begin, end) for _, begin, end, _ in trace[:last + 1])
        inside, reached = 0, 0
        for begin, end in spans:
            inside += max(0, end - max(begin, reached))
            reached = max(reached, end)
        outside.append(trace[last][2] - inside)
        for call, begin, end, _ in trace[:last + 1]:
            one = sums[call]
            one[0] += 1
            one[1] += end - begin
            one[2] = max(one[2], end - begin)
        for call, one in sums.items():
            totals[call].append(one)
    lines = []
    for call, of_runs in totals.items():
        count, total, longest = (statistics.median(one[i] for one in of_runs) for i in range(3))
        lines.append((total, call, count, longest))
        rows.append([name, call, int(count), f"{total / 1e3:.1f}", f"{longest / 1e3:.1f}"])
    for total, call, count, longest in sorted(lines, reverse=True):
        if total >= 50e3:
            report.append(f"| {call} | {count:.0f} | {total / 1e6:.2f} | {longest / 1e6:.2f} |")
    small = [line for line in lines if line[0] < 50e3]
    report.append(f"| {len(small)} others, each less than 0.05 ms | {sum(line[2] for line in small):.0f} | {sum(line[0] for line in small) / 1e6:.2f} | |")
    report.append(f"| outside the driver | | {statistics.median(outside) / 1e6:.2f} | |")
    rows.append([name, "outside", "", f"{statistics.median(outside) / 1e3:.1f}", ""])

with open(os.path.join(out, "steps.csv"), "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["program", "run", "step", "us"])
    for name, all_runs in steps.items():
        for run, one in enumerate(all_runs):
            table.writerows([name, run, step, f"{value / 1e3:.1f}"] for step, value in one.items())
with open(os.path.join(out, "calls.csv"), "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["program", "call", "calls", "us", "longest_us"])
    table.writerows(rows)
# The order of calls, and the time between them, of the last traced start of each program.
with open(os.path.join(out, "sequence.csv"), "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["program", "call", "begin_us", "us", "result"])
    for name, traces in calls.items():
        table.writerows([name, call, f"{begin / 1e3:.1f}", f"{(end - begin) / 1e3:.1f}", result] for call, begin, end, result in traces[-1])
os.remove(os.path.join(out, "trace.txt"))
with open(os.path.join(out, "report.md"), "w") as file:
    file.write("\n".join(report) + "\n")
print("\n".join(report))
