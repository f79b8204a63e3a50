// Runs the Vitte program in the module beside this file:
//
//   node main.mjs ARGUMENT…                                in Node 24 or newer
//   import run from "./main.mjs"; const code = await run({ stdout: (bytes) => … });      in a page or elsewhere
//
// What the module imports is described in docs/wasm.md of vittec.

/** The module, in the folder of this file. */
const MODULE = "main.wasm";

/** Error numbers as Linux counts them. */
const ERRORS = {
  EPERM: 1, ENOENT: 2, EINTR: 4, EIO: 5, EBADF: 9, EAGAIN: 11, ENOMEM: 12, EACCES: 13, EBUSY: 16, EEXIST: 17,
  EXDEV: 18, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, ENFILE: 23, EMFILE: 24, ETXTBSY: 26, EFBIG: 27, ENOSPC: 28,
  ESPIPE: 29, EROFS: 30, EMLINK: 31, EPIPE: 32, ENAMETOOLONG: 36, ENOSYS: 38, ENOTEMPTY: 39, ELOOP: 40, EDQUOT: 122,
};

/** How a file is opened, as bits. */
const READ = 1, WRITE = 2, APPEND = 4, CREATE = 8, TRUNCATE = 16, NEW = 32;

/** The exit code where the engine lacks something, and after a failure of the runtime. */
const MISSING = 69, ABORTED = 134;

/** What engines let a module's memory grow to. */
const MAX_MEMORY = 16 * 2 ** 30;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const node = globalThis.process?.versions?.node;
const inWorker = "WorkerGlobalScope" in globalThis;

/** Thrown through the module when the program ends itself. */
class Exit {
  constructor(code) {
    this.code = code;
  }
}

/** An error with a name that has a number. */
function failure(code) {
  return Object.assign(new Error(code), { code });
}

/** What this engine lacks, in words; undefined if it can run programs. */
export function missing() {
  // A module with a table and a memory that have addresses of 64 bits.
  const module = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 4, 4, 1, 0x70, 4, 0, 5, 3, 1, 4, 0];
  if (WebAssembly.validate(new Uint8Array(module))) return undefined;
  const engine = node ? `Node ${node}` : "this engine";
  return `${engine} lacks WebAssembly's 64-bit memories and tables (memory64), which Vitte programs need; ` +
    "there are Node 24, Chrome and Edge 133, Firefox 134, and newer ones";
}

/**
 * Runs the program; gives its exit code. All options may be left out:
 * `args`, a list of strings; `env`, an object; `stdin`, a string, bytes, or a function that gives some bytes or, at the end,
 * null (or promises of them, where the engine has JavaScript Promise Integration);
 * `stdout` and `stderr`, functions that take bytes; `files`, an object from absolute paths to strings or bytes, which stands
 * for the file system and is changed as the program changes that; `module`, the module's bytes or their URL.
 * In Node the default is what the process itself has.
 */
export default async function run(options = {}) {
  const lack = missing();
  if (lack) throw new Error(lack);
  const host = node && !options.files ? await nodeHost(options) : memoryHost(options);
  const module = await WebAssembly.compile(await bytesOf(options.module ?? encodeURIComponent(MODULE)));
  const imports = importsOf(host, () => instance.exports.memory.buffer);
  const suspends = !node && "Suspending" in WebAssembly;
  if (suspends) {
    imports.sleep = new WebAssembly.Suspending(pause);
    imports.read = new WebAssembly.Suspending(imports.read);
  }
  const instance = await WebAssembly.instantiate(module, { vitte: imports });
  const start = suspends ? WebAssembly.promising(instance.exports.run) : instance.exports.run;
  try {
    return await start();
  } catch (error) {
    if (error instanceof Exit) return error.code;
    host.write(2, encoder.encode(`vitte runtime: ${error}\n`));
    return ABORTED;
  } finally {
    host.end?.();
  }
}


async function bytesOf(module) {
  if (typeof module !== "string" && !(module instanceof URL)) return module;
  const url = new URL(module, import.meta.url);
  if (node && url.protocol === "file:") return (await import("node:fs")).readFileSync(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot load ${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** The module's imports, from what a host does with plain strings, numbers and bytes. */
function importsOf(host, memory) {
  const view = (address, len) => new Uint8Array(memory(), Number(address), Number(len));
  const str = (address, len) => decoder.decode(view(address, len));
  // The answer to a call: a number, or what went wrong.
  const answer = (call) => {
    try {
      const value = call();
      if (value instanceof Promise) return value.then((value) => BigInt(value ?? 0), failed);
      return BigInt(value ?? 0);
    } catch (error) {
      return failed(error);
    }
  };
  const failed = (error) => {
    if (error instanceof Exit) throw error;
    return BigInt(-(ERRORS[error.code] ?? ERRORS.EIO));
  };
  const numbers = [
    () => BigInt(Date.now()) * 1_000_000n,
    () => BigInt(Math.round(performance.now() * 1e6)),
    () => host.memory,
    () => host.isTerminal,
    () => globalThis.crypto.getRandomValues(new BigInt64Array(1))[0],
  ];
  const texts = [host.args, host.variable, host.currentDir, host.hostname, host.names];
  return {
    number: (what) => BigInt(numbers[what]()),
    text: (what, name, nameLen, into, room) => answer(() => {
      const value = texts[what](str(name, nameLen));
      const bytes = encoder.encode(typeof value === "string" ? value : value.map((item) => `${item}\0`).join(""));
      if (bytes.length <= room) view(into, bytes.length).set(bytes);
      return bytes.length;
    }),
    sleep: (nanos) => void (node || (inWorker && crossOriginIsolated) ? block(nanos) : spin(nanos)),
    exit: (code) => {
      throw new Exit(code);
    },
    read: (file, into, len) => answer(() => host.read(file, () => view(into, len))),
    write: (file, bytes, len) => answer(() => host.write(file, view(bytes, len))),
    open: (path, len, how) => answer(() => host.open(str(path, len), how)),
    close: (file) => answer(() => host.close(file)),
    seek: (file, offset, whence) => answer(() => host.seek(file, Number(offset), whence)),
    info: (path, len, into) => answer(() => {
      const info = host.info(str(path, len));
      new BigInt64Array(memory(), Number(into), 3).set(info.map(BigInt));
    }),
    rename: (from, fromLen, to, toLen) => answer(() => host.rename(str(from, fromLen), str(to, toLen))),
    change: (path, len, how) => answer(() => [host.removeFile, host.removeDir, host.createDir][how](str(path, len))),
  };
}

/** Milliseconds that engines can wait. */
const millis = (nanos) => Math.min(Number(nanos) / 1e6, 2 ** 31 - 1);

/** Waits while the engine does other things. */
const pause = (nanos) => new Promise((resume) => setTimeout(resume, millis(nanos)));

/** Waits in a thread that may be stopped. */
const block = (nanos) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis(nanos));

/** Waits where nothing else can be done. */
function spin(nanos) {
  const end = performance.now() + millis(nanos);
  while (performance.now() < end);
}

/** The operating system under Node. */
async function nodeHost(options) {
  const fs = await import("node:fs");
  const os = await import("node:os");
  const tty = await import("node:tty");
  const env = options.env ?? process.env;
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC, O_EXCL } = fs.constants;
  // The place in each open file that has places.
  const places = new Map();
  // A pipe may have no room, or nothing to read yet.
  const patiently = (call) => {
    for (;;) {
      try {
        return call();
      } catch (error) {
        if (error.code === "EOF") return 0;
        if (error.code !== "EAGAIN") throw error;
        block(1_000_000);
      }
    }
  };
  const given = options.stdin === undefined ? undefined : inputOf(options.stdin);
  return {
    memory: Math.min(os.totalmem(), MAX_MEMORY),
    isTerminal: !options.stdout && tty.isatty(1) ? 1 : 0,
    args: () => options.args ?? process.argv.slice(2),
    variable: (name) => env[name] ?? fail("ENOENT"),
    currentDir: () => process.cwd(),
    hostname: () => os.hostname(),
    names: (path) => fs.readdirSync(path),
    read(file, into) {
      if (file === 0 && given) return given(into);
      const place = places.get(file) ?? null;
      const count = patiently(() => fs.readSync(file, into(), 0, into().length, place));
      if (place !== null) places.set(file, place + count);
      return count;
    },
    write(file, bytes) {
      const sink = [, options.stdout, options.stderr][file];
      if (sink) return sink(bytes.slice()), bytes.length;
      const place = places.get(file) ?? null;
      const count = patiently(() => fs.writeSync(file, bytes, 0, bytes.length, place));
      if (place !== null) places.set(file, place + count);
      return count;
    },
    open(path, how) {
      let flags = how & READ ? (how & WRITE ? O_RDWR : O_RDONLY) : O_WRONLY;
      for (const [bit, flag] of [[APPEND, O_APPEND], [CREATE, O_CREAT], [TRUNCATE, O_TRUNC], [NEW, O_EXCL]]) {
        if (how & bit) flags |= flag;
      }
      const file = fs.openSync(path, flags, 0o666);
      if (!(how & APPEND) && fs.fstatSync(file).isFile()) places.set(file, 0);
      return file;
    },
    close(file) {
      places.delete(file);
      fs.closeSync(file);
    },
    seek(file, offset, whence) {
      const stat = fs.fstatSync(file);
      if (!stat.isFile()) fail("ESPIPE");
      const place = [0, places.get(file) ?? stat.size, stat.size][whence] + offset;
      if (place < 0) fail("EINVAL");
      if (places.has(file)) places.set(file, place);
      return place;
    },
    info(path) {
      const stat = fs.statSync(path, { bigint: true });
      return [stat.isFile() ? 0 : stat.isDirectory() ? 1 : 2, stat.size, stat.mtimeNs];
    },
    rename: (from, to) => fs.renameSync(from, to),
    removeFile: (path) => fs.unlinkSync(path),
    removeDir: (path) => fs.rmdirSync(path),
    createDir: (path) => fs.mkdirSync(path),
  };
}

function fail(code) {
  throw failure(code);
}

/** Reads what was given as standard input. */
function inputOf(stdin = "") {
  let rest = new Uint8Array();
  const toBytes = (part) => (typeof part === "string" ? encoder.encode(part) : part);
  let next = typeof stdin === "function" ? stdin : () => (next = () => null, stdin);
  const take = (into, part) => {
    rest = toBytes(part) ?? new Uint8Array();
    const room = into();
    const count = Math.min(rest.length, room.length);
    room.set(rest.subarray(0, count));
    rest = rest.subarray(count);
    return count;
  };
  return (into) => {
    const part = rest.length ? rest : next();
    return part instanceof Promise ? part.then((part) => take(into, part)) : take(into, part);
  };
}

/** A host of its own: files in memory, and streams that the caller gives. */
function memoryHost(options) {
  const files = options.files ?? {};
  const input = inputOf(options.stdin);
  const sinks = [, options.stdout ?? logger(console.log), options.stderr ?? logger(console.error)];
  const end = () => sinks.forEach((sink) => sink.end?.());
  const open = new Map();
  const resolve = (path) => {
    const parts = [];
    for (const part of path.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return "/" + parts.join("/");
  };
  const isDir = (path) => path === "/" || files[path] === null || Object.keys(files).some((name) => name.startsWith(path + "/"));
  const parent = (path) => isDir(path.replace(/\/[^/]*$/, "") || "/") || fail("ENOENT");
  const content = (path) => {
    const bytes = files[path];
    return typeof bytes === "string" ? (files[path] = encoder.encode(bytes)) : bytes;
  };
  const file = (number) => open.get(number) ?? fail("EBADF");
  const byName = (call) => (path, ...more) => call(resolve(path), ...more);
  return {
    end,
    memory: MAX_MEMORY,
    isTerminal: 0,
    args: () => options.args ?? [],
    variable: (name) => options.env?.[name] ?? fail("ENOENT"),
    currentDir: () => "/",
    hostname: () => "localhost",
    names: byName((path) => {
      if (!isDir(path)) fail(path in files ? "ENOTDIR" : "ENOENT");
      const start = path === "/" ? path : path + "/";
      const inside = Object.keys(files).filter((name) => name.startsWith(start));
      return [...new Set(inside.map((name) => name.slice(start.length).split("/")[0]))];
    }),
    read(number, into) {
      if (number === 0) return input(into);
      const from = file(number), room = into();
      const part = content(from.path).subarray(from.place, from.place + room.length);
      room.set(part);
      from.place += part.length;
      return part.length;
    },
    write(number, bytes) {
      if (sinks[number]) return sinks[number](bytes.slice()), bytes.length;
      const to = file(number), old = content(to.path);
      const place = to.how & APPEND ? old.length : to.place;
      const all = new Uint8Array(Math.max(old.length, place + bytes.length));
      all.set(old);
      all.set(bytes, place);
      files[to.path] = all;
      to.place = place + bytes.length;
      return bytes.length;
    },
    open: byName((path, how) => {
      if (isDir(path)) fail("EISDIR");
      if (path in files && how & NEW) fail("EEXIST");
      if (!(path in files) && !(how & CREATE)) fail("ENOENT");
      parent(path);
      if (!(path in files) || how & TRUNCATE) files[path] = new Uint8Array();
      let number = 3;
      while (open.has(number)) number++;
      open.set(number, { path, how, place: 0 });
      return number;
    }),
    close: (number) => void open.delete(number),
    seek(number, offset, whence) {
      const at = file(number);
      const place = [0, at.place, content(at.path).length][whence] + offset;
      if (place < 0) fail("EINVAL");
      return (at.place = place);
    },
    info: byName((path) => (isDir(path) ? [1, 0, 0] : path in files ? [0, content(path).length, 0] : fail("ENOENT"))),
    rename: (from, to) => {
      [from, to] = [resolve(from), resolve(to)];
      if (!isDir(from) && !(from in files)) fail("ENOENT");
      parent(to);
      for (const name of Object.keys(files)) {
        if (name !== from && !name.startsWith(from + "/")) continue;
        const bytes = files[name];
        delete files[name];
        files[to + name.slice(from.length)] = bytes;
      }
    },
    removeFile: byName((path) => (isDir(path) ? fail("EISDIR") : path in files ? void delete files[path] : fail("ENOENT"))),
    removeDir: byName((path) => {
      if (!isDir(path)) fail(path in files ? "ENOTDIR" : "ENOENT");
      if (Object.keys(files).some((name) => name.startsWith(path + "/"))) fail("ENOTEMPTY");
      delete files[path];
    }),
    createDir: byName((path) => {
      if (path in files || isDir(path)) fail("EEXIST");
      parent(path);
      files[path] = null;
    }),
  };
}

/** Writes lines to a console. */
function logger(log) {
  let rest = "";
  const decoder = new TextDecoder();
  const write = (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop();
    lines.forEach((line) => log(line));
  };
  return Object.assign(write, { end: () => rest && log(rest) });
}

// Started by its name.
if (node && process.argv[1]) {
  const { realpathSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    const lack = missing();
    if (lack) {
      console.error(`error: ${lack}`);
      process.exit(MISSING);
    }
    process.exit(await run());
  }
}
