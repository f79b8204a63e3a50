//! Runs a module file: `interpret [--trace] [--dump] [--profile] FILE [ARGUMENT…]`.

use std::process::ExitCode;
use vitte_interp::Vm;

fn main() -> ExitCode {
    let mut vm = Vm::new();
    let mut args = std::env::args().skip(1);
    let mut is_profiled = false;
    let file = loop {
        match args.next().as_deref() {
            Some("--trace") => vm.set_trace(Box::new(std::io::stdout())),
            Some("--dump") => vm.set_dump(Box::new(std::io::stderr())),
            Some("--profile") => {
                is_profiled = true;
                vm.set_profiling(true);
            }
            Some(file) => break file.to_owned(),
            None => {
                eprintln!("usage: interpret [--trace] [--dump] [--profile] FILE [ARGUMENT...]");
                return ExitCode::from(64);
            }
        }
    };
    vm.set_args(args.collect());
    let code = match vm.load_file(&file).and_then(|()| vm.run()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    if is_profiled && let Some(profile) = vm.profile() {
        eprint!("{profile}");
    }
    ExitCode::from(code as u8)
}
