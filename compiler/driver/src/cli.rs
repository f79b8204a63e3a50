//! The command line, declared once; help and completions follow from it.

use crate::codes;
use crate::failure::Diagnostic;
use crate::pipeline::GENERIC;
use crate::report::{Color, MessageFormat, Reporter};
use clap::builder::{StringValueParser, TypedValueParser};
use clap::{Arg, Args, Parser, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use vittec_link::Target;

/// The ahead-of-time compiler of the Vitte language.
#[derive(Parser, Debug)]
#[command(name = "vittec", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How diagnostics are printed.
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORMAT")]
    pub message_format: MessageFormat,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: Color,
}

/// Prints what is wrong with the arguments of this process, in the format that they ask for as far as they can be
/// understood.
pub fn report_usage(error: &clap::Error) {
    let args: Vec<_> = std::env::args_os().skip(1).take_while(|arg| arg != "--").collect();
    let wants_json = args.iter().any(|arg| arg == "--message-format=json")
        || args.windows(2).any(|pair| pair[0] == "--message-format" && pair[1] == "json");
    if wants_json {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or(&text);
        let mut diagnostic = Diagnostic::new(codes::BAD_USAGE, first.strip_prefix("error: ").unwrap_or(first));
        diagnostic.help = Some("see --help".into());
        Reporter::new(MessageFormat::Json, Color::Never).print(&diagnostic);
    } else {
        let _ = error.print();
    }
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Compile a program to a native executable, or to another form.
    Build(Build),
    /// Run a program at once.
    Run(Run),
    /// Run a program in the interpreter, with a trace or a dump.
    Exec(Exec),
    /// Read and verify modules.
    Check(Check),
    /// Compile Vitte source to bytecode.
    Compile(Compile),
    /// Run the tests of Vitte source.
    Test(Test),
    /// Run Vitte source as it is typed.
    Repl(Repl),
    /// Serve an editor: the language server protocol, on standard input and output.
    Lsp,
    /// Lay out Vitte source in the one usual way.
    Fmt(Fmt),
    /// Write the documentation of modules, from their `///` comments.
    Doc(Doc),
    /// Make a folder with a small program to start from.
    New {
        /// The folder, and the program's name.
        name: PathBuf,
    },
    /// Assemble text to bytecode.
    Asm(Convert),
    /// Print bytecode as text.
    Dis(Convert),
    /// Tell what is in a module, or what an executable was made of.
    Inspect(Inspect),
    /// Tell whether an executable is, byte for byte, what this compiler makes of a program.
    Verify(Verify),
    /// Print one form of a program on the way to machine code.
    Emit(EmitForm),
    /// Say more about an error code.
    Explain {
        /// The code, such as VT0220; all of them if left out.
        code: Option<String>,
    },
    /// List the targets.
    Targets {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look for everything that building needs, and say what is missing.
    Doctor {
        /// For this target.
        #[arg(long, value_name = "TRIPLE")]
        target: Option<String>,
    },
    /// Print a completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where modules are found.
#[derive(Args, Debug, Clone)]
pub struct Source {
    /// The program: a .vit, .vitbc or .vitasm file, `-` for standard input.
    pub input: PathBuf,
    /// Look for imported modules here too.
    #[arg(short = 'I', value_name = "DIR")]
    pub include: Vec<PathBuf>,
}

/// How code is made.
#[derive(Args, Debug, Clone)]
pub struct CodeOptions {
    /// Optimisation: 0 none, 1 quick, 2 full.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub opt: u8,
    /// Put debug information into the program.
    #[arg(short = 'g')]
    pub debug: bool,
    /// The target; the host if left out.
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// The processor that programs need at least: `generic`, `native`, or one that `list` lists.
    #[arg(long, value_name = "NAME", value_parser = Cpu)]
    pub cpu: Option<String>,
    /// Compile with so many threads; one for each processor if left out.
    #[arg(short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Print how long each step took.
    #[arg(long)]
    pub timings: bool,
    /// Print what each pass did.
    #[arg(long)]
    pub stats: bool,
}

/// Any name of a processor; `list` is answered at once.
#[derive(Clone)]
struct Cpu;

impl TypedValueParser for Cpu {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        let name = StringValueParser::new().parse_ref(command, arg, value)?;
        if name == "list" {
            return Err(clap::Error::raw(clap::error::ErrorKind::DisplayHelp, processors()));
        }
        Ok(name)
    }
}

/// The names that `--cpu` takes, a line for each architecture.
fn processors() -> String {
    let mut text = String::new();
    for target in Target::names().filter_map(|name| Target::find(name).ok()).filter(|target| !target.packed) {
        let architecture = format!("{}: ", target.triple.architecture);
        if !text.contains(&architecture) {
            let generic = if target.cpu == GENERIC { GENERIC.into() } else { format!("{GENERIC} ({})", target.cpu) };
            let mut names = vec![generic.as_str()];
            names.extend(Some(vittec_codegen::isa::NATIVE).filter(|_| target.native));
            names.extend(vittec_codegen::isa::models(&target.triple));
            text += &format!("{architecture}{}\n", names.join(", "));
        }
    }
    text
}

/// A form of a program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Form {
    /// A native executable.
    Exe,
    /// An object file.
    Obj,
    /// A static library for C, with what the module exports.
    Staticlib,
    /// A shared library for C, with the same.
    Sharedlib,
    /// The C header of both.
    Header,
    /// Machine code as text.
    Asm,
    /// Cranelift's intermediate form.
    Clif,
    /// Our SSA form, after the passes.
    Ssa,
    /// Bytecode as text.
    Vitasm,
    /// Bytecode.
    Vitbc,
}

impl Form {
    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Form::Exe => "",
            Form::Obj => "o",
            Form::Staticlib => "a",
            Form::Sharedlib => "so",
            Form::Header => "h",
            Form::Asm => "s",
            Form::Clif => "clif",
            Form::Ssa => "ssa",
            Form::Vitasm => "vitasm",
            Form::Vitbc => "vitbc",
        }
    }

    /// Whether it is for C programs to use: then what the module exports counts, not its main.
    pub fn is_library(self) -> bool {
        matches!(self, Form::Staticlib | Form::Sharedlib | Form::Header)
    }
}

/// `build`
#[derive(Args, Debug)]
pub struct Build {
    /// The program.
    #[command(flatten)]
    pub source: Source,
    /// The output; the input's name without its ending if left out.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How code is made.
    #[command(flatten)]
    pub code: CodeOptions,
    /// What to make; several forms go to files beside each other.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "exe", value_name = "FORM")]
    pub emit: Vec<Form>,
    /// The program's collector unless VITTE_GC names another: gen, marksweep or none.
    #[arg(long, value_name = "ENGINE", value_parser = ["gen", "marksweep", "none"])]
    pub gc: Option<String>,
    /// Link without shared libraries, which is the default where vittec links by itself and no library is named.
    #[arg(long = "static", conflicts_with = "dynamic")]
    pub static_: bool,
    /// Link with the target's shared libraries, by its C compiler.
    #[arg(long)]
    pub dynamic: bool,
    /// Leave symbols and debug information out.
    #[arg(long)]
    pub strip: bool,
    /// Link with this program.
    #[arg(long, value_name = "PROGRAM")]
    pub linker: Option<String>,
    /// Let it look for the system's headers and libraries in this folder.
    #[arg(long, value_name = "DIR")]
    pub sysroot: Option<PathBuf>,
    /// Link this library.
    #[arg(short = 'l', value_name = "NAME")]
    pub libs: Vec<String>,
    /// Look for libraries here.
    #[arg(short = 'L', value_name = "DIR")]
    pub lib_dirs: Vec<PathBuf>,
    /// Give the linker this argument.
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub link_arg: Vec<String>,
}

/// A way to run programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Engine {
    /// Compile into memory.
    Jit,
    /// Interpret.
    Interp,
    /// Build an executable and run that.
    Native,
    /// Run all engines and compare what they print.
    Check,
}

/// `run`
#[derive(Args, Debug)]
pub struct Run {
    /// How to run it.
    #[arg(long, value_enum, default_value = "jit")]
    pub engine: Engine,
    /// Optimisation: 0 none, 1 quick, 2 full.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub opt: u8,
    /// The collector: gen, marksweep or none.
    #[arg(long, value_name = "ENGINE", value_parser = ["gen", "marksweep", "none"])]
    pub gc: Option<String>,
    /// The program.
    #[command(flatten)]
    pub source: Source,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// What `exec` logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Log {
    /// Nothing.
    Off,
    /// Each instruction, and values where they matter.
    Trace,
    /// Each instruction as it stands, with its position.
    Detail,
}

/// `exec`
#[derive(Args, Debug)]
pub struct Exec {
    /// The program.
    #[command(flatten)]
    pub source: Source,
    /// What to log.
    #[arg(long, value_enum, default_value = "off")]
    pub log: Log,
    /// Show stack, registers and heap at the end.
    #[arg(long)]
    pub dump_vm: bool,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// `check`
#[derive(Args, Debug)]
pub struct Check {
    /// The modules.
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Look for imported modules here too.
    #[arg(short = 'I', value_name = "DIR")]
    pub include: Vec<PathBuf>,
}

/// `compile`
#[derive(Args, Debug)]
pub struct Compile {
    /// The program.
    #[command(flatten)]
    pub source: Source,
    /// The output, `-` for standard output.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `test`
#[derive(Args, Debug)]
pub struct Test {
    /// The files, or folders with .vit files in them.
    #[arg(default_value = ".")]
    pub inputs: Vec<PathBuf>,
    /// Only tests whose names contain this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,
    /// How many seconds each may take; 0 for as many as it likes.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u32,
    /// How to run them: jit, interp or native.
    #[arg(long, value_name = "ENGINE", default_value = "jit", value_parser = ["jit", "interp", "native"])]
    pub engine: String,
    /// Optimisation: 0 none, 1 quick, 2 full.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub opt: u8,
    /// Look for imported modules here too.
    #[arg(short = 'I', value_name = "DIR")]
    pub include: Vec<PathBuf>,
}

/// `repl`
#[derive(Args, Debug)]
pub struct Repl {
    /// Look for imported modules here.
    #[arg(short = 'I', value_name = "DIR")]
    pub include: Vec<PathBuf>,
}

/// `fmt`
#[derive(Args, Debug)]
pub struct Fmt {
    /// The files, or folders with .vit files in them; `-` from standard input to standard output.
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Change nothing; list the files that would change, and fail if there are any.
    #[arg(long)]
    pub check: bool,
}

/// `doc`
#[derive(Args, Debug)]
pub struct Doc {
    /// The modules, or folders with .vit files in them.
    #[arg(required_unless_present = "std", conflicts_with = "std")]
    pub inputs: Vec<PathBuf>,
    /// Document the standard library.
    #[arg(long)]
    pub std: bool,
    /// What to write.
    #[arg(long, value_enum, default_value = "markdown", value_name = "FORMAT")]
    pub format: DocFormat,
    /// The output: for Markdown a file, standard output if left out; for HTML a folder, `doc` if left out.
    #[arg(short = 'o', value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// A form of documentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum DocFormat {
    /// One text.
    Markdown,
    /// A page for each module, and an index.
    Html,
}

/// `asm` and `dis`
#[derive(Args, Debug)]
pub struct Convert {
    /// The file to read, `-` for standard input.
    pub input: PathBuf,
    /// The output, `-` for standard output.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `inspect`
#[derive(Args, Debug)]
pub struct Inspect {
    /// The module or executable.
    pub input: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `verify`
#[derive(Args, Debug)]
pub struct Verify {
    /// The executable, which says how it was built; it is built again and compared.
    #[arg(long, value_name = "EXE")]
    pub rebuild: PathBuf,
    /// The program.
    #[command(flatten)]
    pub source: Source,
}

/// `emit`
#[derive(Args, Debug)]
pub struct EmitForm {
    /// Which form.
    #[arg(value_enum)]
    pub form: Form,
    /// The program.
    #[command(flatten)]
    pub source: Source,
    /// The output; standard output if left out.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How code is made.
    #[command(flatten)]
    pub code: CodeOptions,
}
