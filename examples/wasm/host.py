"""Runs a packed program: python3 host.py main.wasm ARGUMENT...

A small host with wasmtime (pip install wasmtime). docs/wasm.md describes the imports.
"""

import ctypes
import errno
import os
import secrets
import stat
import sys
import time

import wasmtime


class Exit(Exception):
    """Leaves the module."""


def main(path, args):
    store = wasmtime.Store()
    instance = None

    def memory():
        return instance.exports(store)["memory"]

    def get(address, length):
        return bytes(memory().read(store, address, address + length))

    def path_at(address, length):
        return get(address, length).decode()

    def answer(call):
        try:
            return call() or 0
        except OSError as error:
            return -(error.errno or errno.EIO)

    def exit_(code):
        raise Exit(code)

    def write(file, address, length):
        return answer(lambda: os.write(file, get(address, length)))

    def read(file, into, length):
        def call():
            data = os.read(file, length)
            memory().write(store, data, into)
            return len(data)

        return answer(call)

    def open_(address, length, how):
        flags = (os.O_RDWR if how & 1 else os.O_WRONLY) if how & 2 else os.O_RDONLY
        for bit, flag in [(4, os.O_APPEND), (8, os.O_CREAT), (16, os.O_TRUNC), (32, os.O_EXCL)]:
            flags |= flag if how & bit else 0
        return answer(lambda: os.open(path_at(address, length), flags, 0o666))

    def info(address, length, into):
        def call():
            found = os.stat(path_at(address, length))
            kind = 0 if stat.S_ISREG(found.st_mode) else 1 if stat.S_ISDIR(found.st_mode) else 2
            numbers = [kind, found.st_size, found.st_mtime_ns]
            memory().write(store, b"".join(n.to_bytes(8, "little", signed=True) for n in numbers), into)

        return answer(call)

    def change(address, length, how):
        return answer(lambda: [os.unlink, os.rmdir, os.mkdir][how](path_at(address, length)))

    def rename(from_, from_len, to, to_len):
        return answer(lambda: os.replace(path_at(from_, from_len), path_at(to, to_len)))

    def text(what, name, length, into, room):
        def find():
            if what == 0:
                return "".join(f"{arg}\0" for arg in args)
            if what == 1:
                value = os.environ.get(path_at(name, length))
                if value is None:
                    raise FileNotFoundError(errno.ENOENT, "no such variable")
                return value
            if what == 2:
                return os.getcwd()
            if what == 3:
                return os.uname().nodename
            return "".join(f"{entry}\0" for entry in os.listdir(path_at(name, length)))

        def call():
            data = find().encode(errors="replace")
            if len(data) <= room:
                memory().write(store, data, into)
            return len(data)

        return answer(call)

    def number(what):
        return [
            time.time_ns,
            time.monotonic_ns,
            lambda: os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            lambda: int(os.isatty(1)),
            lambda: ctypes.c_int64(secrets.randbits(64)).value,
        ][what]()

    imports = {
        "exit": exit_,
        "write": write,
        "read": read,
        "open": open_,
        "close": lambda file: answer(lambda: os.close(file)),
        "seek": lambda file, offset, whence: answer(lambda: os.lseek(file, offset, whence)),
        "info": info,
        "change": change,
        "rename": rename,
        "text": text,
        "number": number,
        "sleep": lambda nanos: time.sleep(nanos / 1e9),
    }
    module = wasmtime.Module.from_file(store.engine, path)
    linker = wasmtime.Linker(store.engine)
    for needed in module.imports:
        linker.define_func("vitte", needed.name, needed.type, imports[needed.name])
    instance = linker.instantiate(store, module)
    try:
        return instance.exports(store)["run"](store)
    except Exit as code:
        return code.args[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]) & 0xFF)
