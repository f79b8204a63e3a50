//! Programs for wasm where they do not run by themselves: in a page, in another program, on an engine that is too old.
//!
//! What they print by themselves, `programs.rs` compares. Where the runtime for wasm was not made, or there is no browser
//! or Node to run a test with, that is told and the test left out.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;
use vitte_tests::Node;

const WASM: &str = "wasm64-unknown-unknown";

/// Reads its input and a file, sleeps, hears of another process, writes a file, fails.
const PROGRAM: &str = r#"
import io

fn main(args: [str]) -> int {
    for line in io.read_lines() { print("{args[0]}: {line}") }
    let me = self_pid()
    spawn {
        sleep(20)
        me.send(io.read("/data/in.txt").trim())
    }
    receive { text: str => io.write_text("/data/out.txt", "{text}!") }
    try { print(io.read("/data/none.txt")) } catch e: IoError { print(e.message) }
    let numbers = [1, 2]
    numbers[args.len() + 1]
}
"#;

const PRINTED: &str = "a: one\na: two\ncannot read '/data/none.txt': No such file or directory\n";
const FAILURE: &str = "error: uncaught IndexError: index 2 out of range for length 2\n";

/// How a page or a script runs it.
const RUN: &str = r#"
const text = new TextDecoder();
const files = { "/data/in.txt": "read" };
let out = "", err = "";
const code = await run({
  args: ["a"], stdin: "one\ntwo\n", files,
  stdout: (bytes) => { out += text.decode(bytes); },
  stderr: (bytes) => { err += text.decode(bytes); },
});
const result = [code, text.decode(files["/data/out.txt"]), out, err].join("|");
"#;

/// A folder with the program; `None` if no programs can be packed.
fn program() -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path(), PROGRAM).then_some(folder)
}

/// Packs a program in a folder; false if no programs can be packed.
fn build(folder: &Path, program: &str) -> bool {
    fs::write(folder.join("main.vit"), program).unwrap();
    let mut build = Command::new(env!("CARGO_BIN_EXE_vittec"));
    let output = build.args(["build", "main.vit", "--target", WASM]).current_dir(folder).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    if message.contains("[VT0503]") {
        eprintln!("left out: {message}");
        return false;
    }
    assert!(output.status.success(), "{message}");
    true
}

fn check(result: &str) {
    let start = format!("101|read!|{PRINTED}|{FAILURE}");
    assert!(result.starts_with(&start), "expected {start:?}, got {result:?}");
}

#[test]
fn another_program_gives_all_that_is_outside() {
    let Some(folder) = program() else { return };
    let node = match Node::find() {
        Ok(node) => node,
        Err(why) => return eprintln!("left out: {why}"),
    };
    let script = folder.path().join("script.mjs");
    fs::write(&script, format!("import run from \"./main.mjs\";\n{RUN}\nconsole.log(result);\n")).unwrap();
    let output = node.command(&script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check(&String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_old_engine_is_told_what_it_lacks() {
    let Some(folder) = program() else { return };
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return eprintln!("left out: there is no Node in PATH");
    };
    let version = String::from_utf8_lossy(&output.stdout).trim_start_matches('v').trim().to_owned();
    if version.split('.').next().is_none_or(|major| major.parse().is_ok_and(|major: u32| major >= 24)) {
        return eprintln!("left out: Node {version} is not too old");
    }
    let output = Command::new("node").arg(folder.path().join("main.mjs")).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.starts_with(&format!("error: Node {version} lacks WebAssembly's 64-bit memories")), "{message}");
    assert!(message.contains("Node 24") && output.status.code() == Some(69), "{message}");
}

#[test]
fn a_host_in_python_runs_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Where `scripts/test` installs wasmtime.
    let python = |argument: &OsStr| {
        let mut command = Command::new("python3");
        command.arg(argument).env("PYTHONPATH", root.join("target/wasmtime")).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let folder = tempfile::tempdir().unwrap();
    if !python("-c".as_ref()).arg("import wasmtime").output().is_ok_and(|output| output.status.success()) {
        return eprintln!(
            "left out: Python has no wasmtime; `pip install --target target/wasmtime wasmtime` installs it"
        );
    }
    // This host shows the file system as it is.
    let data = folder.path().to_str().expect("a path in UTF-8");
    if !build(folder.path(), &PROGRAM.replace("/data", data)) {
        return;
    }
    fs::write(folder.path().join("in.txt"), "read").unwrap();
    let mut command = python(root.join("examples/wasm/host.py").as_os_str());
    command.arg(folder.path().join("main.wasm")).arg("a");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one\ntwo\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), PRINTED.replace("/data", data), "{stderr}");
    assert!(stderr.starts_with(FAILURE) && output.status.code() == Some(101), "{}: {stderr}", output.status);
    assert_eq!(fs::read_to_string(folder.path().join("out.txt")).unwrap(), "read!");
}

#[test]
fn a_page_runs_a_program() {
    let Some(folder) = program() else { return };
    let has = |name: &&str| Command::new(name).arg("--version").stderr(Stdio::null()).output().is_ok();
    let Some(browser) = ["chromium", "google-chrome", "chromium-browser"].into_iter().find(has) else {
        return eprintln!("left out: there is no Chromium in PATH");
    };
    let post = "await fetch(\"/result\", { method: \"POST\", body: result });";
    let page = format!("<script type=\"module\">\nimport run from \"./main.mjs\";\n{RUN}\n{post}\n</script>\n");
    fs::write(folder.path().join("page.html"), page).unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/page.html", server.local_addr().unwrap());
    let (sender, results) = mpsc::channel();
    let root = folder.path().to_owned();
    std::thread::spawn(move || {
        for stream in server.incoming().flatten() {
            let (root, sender) = (root.clone(), sender.clone());
            // A browser opens connections ahead of need. Those that it gives up are no failure.
            std::thread::spawn(move || answer(stream, &root, &sender));
        }
    });
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display())).arg(url);
    let _running = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    check(&results.recv_timeout(Duration::from_secs(300)).expect("the page says what came of it"));
}

/// A browser, until it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers one request with a file of `root`, or takes a result.
fn answer(stream: TcpStream, root: &Path, results: &mpsc::Sender<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().trim_start_matches('/'));
    let mut body = vec![];
    if method == "POST" {
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        let _ = results.send(String::from_utf8_lossy(&body).into_owned());
        body.clear();
    } else if let Ok(bytes) = fs::read(root.join(path)) {
        body = bytes;
    }
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html",
        Some("mjs") => "text/javascript",
        _ => "application/wasm",
    };
    let mut stream = reader.into_inner();
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&body)
}
