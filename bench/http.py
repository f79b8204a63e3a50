#!/usr/bin/env python3
"""How many requests a second an HTTP server answers that says hello: Vitte's and Go's, by turns.

    http.py VITTEC [GO] [-k ROUNDS] [-n REQUESTS] [-c CONNECTIONS]

One client in C for both, http/load.c: connections on the loopback that stay open, one request on each at a time. Client and
server share the machine; so the server's processor time for a request says more than the rate.
"""
import argparse, os, statistics, subprocess, tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "http")
LIMIT = 120


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(server, load, connections, requests):
    """Requests a second, and the server's processor time for each, in microseconds."""
    process = subprocess.Popen([server], stdout=subprocess.PIPE, text=True)
    try:
        port = process.stdout.readline().rsplit(":", 1)[1].strip()
        ask = lambda n: float(subprocess.run([load, port, str(connections), str(n)], stdout=subprocess.PIPE,
                                             text=True, check=True, timeout=LIMIT).stdout)
        ask(requests // 10)
        before = cpu_seconds(process.pid)
        seconds = ask(requests)
        return requests / seconds, (cpu_seconds(process.pid) - before) / requests * 1e6
    finally:
        process.kill()
        process.wait()


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("vittec")
    p.add_argument("go", nargs="?")
    p.add_argument("-k", type=int, default=3)
    p.add_argument("-n", type=int, default=100000)
    p.add_argument("-c", type=int, default=64)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        o = lambda name: os.path.join(folder, name)
        source = lambda name: os.path.join(HERE, name)
        env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GOCACHE=o("cache"))
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-o", o("load"), source("load.c")], check=True)
        subprocess.run([a.vittec, "build", "-O2", source("hello.vit"), "-o", o("vitte")], check=True)
        servers = ["vitte"]
        if a.go:
            subprocess.run([a.go, "build", "-o", o("go"), source("hello.go")], check=True, env=env)
            servers.append("go")
        results = {server: [] for server in servers}
        for _ in range(a.k):
            for server in servers:
                results[server].append(measure(o(server), o("load"), a.c, a.n))
    for server, rounds in results.items():
        rate, cpu = (statistics.median(column) for column in zip(*rounds))
        print("%-6s %8.0f requests/s  %6.2f us of processor time for each" % (server, rate, cpu))


if __name__ == "__main__":
    main()
