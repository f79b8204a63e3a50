#!/usr/bin/env python3
"""How fast programs for wasm are, against the interpreter as native code: bench/wasm.py VITTEC NODE [ROUNDS]

Prints a table in Markdown: the best processor time of each, of the whole process, start-up and compiling included.
"""

import os
import resource
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {
    "fib": 34, "sieve": 2_000_000, "nbody": 400_000, "spectral": 300, "mandelbrot": 500, "bintrees": 15,
    "hashint": 500_000, "strings": 500_000, "closures": 5_000, "exceptions": 300_000, "richards": 10,
}


def seconds(command, expected=None):
    """The processor time of a run, and what it printed, which is to be as `expected`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if expected is not None and printed != expected:
        sys.exit(f"{command} printed something else")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, printed


def main(vittec, node, rounds=3):
    print("| program | size | native | Node | ratio |\n| --- | --- | --- | --- | --- |")
    for name, size in SIZES.items():
        source = f"{HERE}/progs/{name}/{name}.vit"
        with tempfile.TemporaryDirectory() as folder:
            module = f"{folder}/{name}.wasm"
            subprocess.run([vittec, "build", "--target", "wasm64-unknown-unknown", "-o", module, source], check=True)
            native, packed, expected = [], [], None
            for _ in range(int(rounds)):
                time, expected = seconds([vittec, "run", "--engine=interp", source, str(size)], expected)
                native.append(time)
                packed.append(seconds([node, f"{folder}/{name}.mjs", str(size)], expected)[0])
        print(f"| {name} | {size} | {min(native):.2f} s | {min(packed):.2f} s | {min(packed) / min(native):.1f} |", flush=True)


if len(sys.argv) < 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
