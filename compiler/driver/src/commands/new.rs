//! `vittec new`: a folder with a small program.

use crate::codes;
use crate::failure::{Diagnostic, Failure, Result, USAGE};
use crate::output;
use std::fs;
use std::path::Path;

const MAIN: &str = "import greeting

fn main(args: [str]) {
    let name = if args.len() > 0 { args[0] } else { \"world\" }
    print(greeting.greet(name))
}
";

const MODULE: &str = "/// What to say to somebody.
pub fn greet(name: str) -> str { \"Hello, {name}!\" }

test \"a greeting has the name in it\" {
    assert greet(\"Ada\") == \"Hello, Ada!\"
}
";

/// Makes the folder, which must not be there yet, and its files.
pub fn new(folder: &Path) -> Result<()> {
    let Some(name) = folder.file_name().map(|name| output::shown(Path::new(name))) else {
        let message = format!("`{}` is no name for a program", output::shown(folder));
        return Err(Failure::new(USAGE, Diagnostic::new(codes::BAD_USAGE, message)));
    };
    fs::create_dir(folder).map_err(|error| Failure::io(folder, "create", &error))?;
    let readme = format!(
        "# {name}\n\n    vittec run main.vit\n    vittec build main.vit -o {name}\n    vittec fmt .\n    vittec check main.vit\n"
    );
    let ignored = format!("/{name}\n*.vitbc\n");
    let files = [("main.vit", MAIN), ("greeting.vit", MODULE), ("README.md", &readme), (".gitignore", &ignored)];
    for (file, text) in files {
        output::write(&folder.join(file), text.as_bytes())?;
    }
    output::print(format!("made {}: try `vittec run {}`\n", name, output::shown(&folder.join("main.vit"))).as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn new_programs_are_formatted() {
        for text in [super::MAIN, super::MODULE] {
            assert_eq!(vitte_frontend::format::format(text).as_deref(), Ok(text));
        }
    }
}
