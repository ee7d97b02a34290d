"""Run commands turn by turn and report what each run cost, as JSON.

A program of its own, and a small one, for the memory: a process's peak counts what its parent held when
it was started (exec keeps the old peak), and the benchmarks themselves hold more than what they measure.

Reads ``{"commands": {name: [argument...]}, "repetitions": n, "environment": {...}, "directory": ...,
"codes": [exit code...]}`` from stdin; ``{run}`` in an argument becomes a number that is new for each run, and
a command that ends with none of the codes ends the program. Every command is run once unmeasured, so that
bytecode and files are in their caches; then in turn, forth and back, so that what changes on the machine in
between meets all of them alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def run_once(
    command: list[str], environment: dict[str, str], directory: str, codes: list[int]
) -> dict[str, float | None]:
    """Run a command; give wall and processor time in seconds and peak memory in bytes, where they can be told."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    cpu = peak = None
    if sys.platform == "win32":
        process.wait()
    else:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    seconds = time.perf_counter() - start
    if process.returncode not in codes:
        sys.exit(f"{command} ended with {process.returncode}")
    return {"seconds": seconds, "cpu": cpu, "peak": peak}


def main() -> None:
    order = json.load(sys.stdin)
    names = list(order["commands"])
    samples: dict[str, list[dict[str, float | None]]] = {name: [] for name in names}
    runs = 0
    for repetition in range(-1, order["repetitions"]):
        for name in names if repetition % 2 else reversed(names):
            runs += 1
            command = [part.replace("{run}", str(runs)) for part in order["commands"][name]]
            sample = run_once(command, order["environment"], order["directory"], order["codes"])
            if repetition >= 0:
                samples[name].append(sample)
    json.dump(samples, sys.stdout)


if __name__ == "__main__":
    main()
