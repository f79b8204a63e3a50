//! What can be seen of a run: trace, dump, profile, exit code; and what is refused before one.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use vitbc::text::{ParseOptions, parse};
use vitbc::verify::verify;
use vitbc::{Module, Opcode, Verified};
use vitte_interp::{Error, TraceStyle, Vm};
use vitte_rt::Options;

/// A sink whose content can be read while others write to it.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("sinks get UTF-8")
    }
}

fn assemble(source: &str) -> Verified<Module> {
    let options = ParseOptions { source_name: Some("test.vitasm".into()) };
    verify(parse(source, &options).expect("the source is well-formed")).expect("the module is valid")
}

fn vm(source: &str) -> Vm {
    let mut vm = Vm::new();
    vm.set_options(Options::default());
    vm.load(assemble(source));
    vm
}

const ADD: &str = "
FUNC add(x, y)
  LOAD_ARG r1, x
  LOAD_ARG r2, y
  ADD r3, r1, r2
  RETURN r3
END
MAIN
  LOAD_CONST r0, 2
  LOAD_CONST r1, 3
  CALL add, r0, r1
  PRINT r0
END";

#[test]
fn trace_shows_each_instruction() {
    let mut vm = vm(ADD);
    let sink = Sink::default();
    vm.set_trace(Box::new(sink.clone()));
    assert_eq!(vm.run().unwrap(), 0);
    let expected = "\
VM Start
> LOAD_CONST r0, 2
> LOAD_CONST r1, 3
> CALL add
> LOAD_ARG r1, x
> LOAD_ARG r2, y
> ADD r3, r1, r2
> RETURN r3 (5)
> PRINT 5
VM End
";
    assert_eq!(sink.text(), expected);
    // The sink is still there for the next run.
    assert_eq!(vm.run().unwrap(), 0);
    assert_eq!(sink.text(), expected.repeat(2));
}

#[test]
fn detailed_trace_shows_positions_and_depth() {
    let mut vm = vm(ADD);
    let sink = Sink::default();
    vm.set_trace(Box::new(sink.clone()));
    vm.set_trace_style(TraceStyle::Detailed);
    assert_eq!(vm.run().unwrap(), 0);
    let expected = "\
VM Start
[trace] LOAD_CONST r0, 2 @ 0x0000
[trace] LOAD_CONST r1, 3 @ 0x0001
[trace] CALL r0, add, r0, r1 @ 0x0002
  CALL add with 2 params
  [trace] LOAD_ARG r1, x @ 0x0000
  [trace] LOAD_ARG r2, y @ 0x0001
  [trace] ADD r3, r1, r2 @ 0x0002
  [trace] RETURN r3 @ 0x0003
[trace] PRINT r0 @ 0x0003
[trace] RETURN @ 0x0004
VM End
";
    assert_eq!(sink.text(), expected);
}

#[test]
fn trace_shows_branches_as_they_stand() {
    let source = "
MAIN -> int
  REG r0 i, r1 one: int
  REG r2: bool
  LOAD_CONST i, 0
  LOAD_CONST one, 1
again:
  ADD i, i, one
  LT r2, i, one
  IF r2, again
  RETURN i
END";
    let mut vm = vm(source);
    let sink = Sink::default();
    vm.set_trace(Box::new(sink.clone()));
    assert_eq!(vm.run().unwrap(), 1);
    let tail = "> ADD i, i, one\n> LT r2, i, one\n> IF r2, L1\n> RETURN i (1)\nVM End\n";
    assert!(sink.text().ends_with(tail), "{}", sink.text());
}

#[test]
fn dump_shows_frames_and_registers() {
    let source = "
FUNC half(x: int, text: str) -> int
  REG r0 zero, r1: int
  REG r2: [str]
  REG r3: float?
  LIST r2, text
  LOAD_CONST zero, 0
  DIV r1, x, zero
  RETURN r1
END
MAIN
  REG r0: int
  REG r1: str
  LOAD_CONST r0, 7
  LOAD_CONST r1, \"seven\"
  CALL r0, half, r0, r1
END";
    let mut vm = vm(source);
    let sink = Sink::default();
    vm.set_dump(Box::new(sink.clone()));
    assert_eq!(vm.run().unwrap(), 101);
    let expected = "\
VM stack (2 frames)
  #0 half at instruction 2 (test.vitasm:8:3)
    x = 7
    text = \"seven\"
    zero = 0
    r1 = 0
    r2 = [\"seven\"]
  #1 main at instruction 2 (test.vitasm:16:3)
    r0 = 7
    r1 = \"seven\"
VM heap
";
    let text = sink.text();
    assert!(text.starts_with(expected), "{text}");
    assert!(text[expected.len()..].starts_with("  live "), "{text}");
}

#[test]
fn profile_counts_instructions_and_calls() {
    let mut vm = vm(ADD);
    assert_eq!(vm.run().unwrap(), 0);
    assert!(vm.profile().is_none());
    vm.set_profiling(true);
    assert_eq!(vm.run().unwrap(), 0);
    let profile = vm.profile().expect("the run was profiled");
    assert_eq!((profile.instructions(Opcode::LoadConst), profile.instructions(Opcode::Mul)), (2, 0));
    assert_eq!((profile.calls("add"), profile.calls("main")), (1, 0));
    let text = profile.to_string();
    assert!(text.starts_with("instructions 9\n") && text.ends_with("calls 1\n           1 add\n"), "{text}");
}

#[test]
fn exit_codes() {
    let exit = "NATIVE exit(int) -> unit\nMAIN\nREG r0: int\nLOAD_CONST r0, 300\nCALL_NATIVE _, exit, r0\nEND";
    assert_eq!(vm(exit).run().unwrap(), 300);
    assert_eq!(vm("MAIN -> int\nREG r0: int\nLOAD_CONST r0, -1\nRETURN r0\nEND").run().unwrap(), -1);
    assert_eq!(vm("MAIN\nTHROW r0\nEND".replace("THROW", "LOAD_CONST r0, 1\nTHROW").as_str()).run().unwrap(), 101);
}

#[test]
fn limits_of_memory_are_exceptions() {
    let recursion = "
FUNC f(n: int) -> int
  CALL n, f, n
  RETURN n
END
MAIN -> int
  REG r0: int
  HANDLER from, to, caught, r1, StackOverflow
  LOAD_CONST r0, 1
from:
  CALL r0, f, r0
to:
  RETURN r0
caught:
  LOAD_CONST r0, 2
  RETURN r0
END";
    let mut vm = vm(recursion);
    vm.set_options(Options { stack: 64 << 10, ..Options::default() });
    assert_eq!(vm.run().unwrap(), 2);
}

#[test]
fn refusals_say_why() {
    assert!(matches!(Vm::new().run(), Err(Error::NoProgram)));
    assert!(matches!(vm("FUNC f()\nEND").run(), Err(Error::NoEntry)));
    let import = "IMPORT other.f() -> unit\nMAIN\nCALL _, other.f\nEND";
    let error = vm(import).run().unwrap_err();
    assert_eq!(error.to_string(), "function `f` of module `other` is not linked");
    let native = "NATIVE no_such_thing() -> unit\nMAIN\nEND";
    let error = vm(native).run().unwrap_err();
    assert_eq!(error.to_string(), "VT0481: the runtime has no function `no_such_thing`");
    let error = Vm::new().load_file("/no/such/file.vitbc").unwrap_err();
    assert!(error.to_string().starts_with("cannot read /no/such/file.vitbc: "), "{error}");
}

#[test]
fn files_of_either_form_are_loaded() {
    let folder = std::env::temp_dir().join(format!("vitte-interp-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (text, binary, broken) = (folder.join("a.vitasm"), folder.join("a.vitbc"), folder.join("b.vitbc"));
    std::fs::write(&text, ADD).unwrap();
    std::fs::write(&binary, vitbc::write(&assemble(ADD))).unwrap();
    std::fs::write(&broken, b"VITBC?").unwrap();
    for file in [&text, &binary] {
        let mut vm = Vm::new();
        vm.load_file(file).unwrap();
        assert_eq!(vm.run().unwrap(), 0);
    }
    assert!(matches!(Vm::new().load_file(&broken), Err(Error::Invalid(_, errors)) if errors.len() == 1));
    std::fs::remove_dir_all(&folder).unwrap();
}
