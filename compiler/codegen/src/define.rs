//! Machine code of all functions, on several threads, put together into an image.

use crate::clif::{Compiler, Shared, Translated};
use crate::code::{self, Code};
use crate::dispatch::Dispatch;
use crate::env::Env;
use crate::image::Image;
use crate::symbol::Symbol;
use crate::{CompileError, Options, ir, reach};
use cranelift_codegen::isa::TargetIsa;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use vitbc::FuncIdx;

/// The largest frame that functions lay out before they check the stack, in bytes. The runtime keeps more than this,
/// and what its own code needs, below the limit.
const MAX_FRAME: u32 = 64 << 10;

/// Makes machine code of a program's functions. The image is the same whatever the number of threads.
///
/// # Errors
/// A program that is too large, or an error of the compiler.
pub fn define(
    env: Env<'_>,
    functions: &[ir::Function],
    isa: &dyn TargetIsa,
    options: &Options,
) -> Result<Image, CompileError> {
    let dispatch = Dispatch::new(&env);
    let functions: FxHashMap<FuncIdx, &ir::Function> =
        functions.iter().map(|function| (function.func, function)).collect();
    let shared = Shared { env, isa, dispatch: &dispatch };
    let codes = each(&shared, &functions, |compiler, translated| {
        let mut code = finish(compiler, isa, translated, options.debug)?;
        match code.symbol {
            Symbol::Function(func) if code.frame_size > MAX_FRAME => {
                code.symbol = Symbol::LargeFrame(func);
                let guard = compiler.translate_guard(functions[&func], code.frame_size);
                Ok(vec![finish(compiler, isa, guard, options.debug)?, code])
            }
            _ => Ok(vec![code]),
        }
    })?;
    Image::new(env, &dispatch, &functions, codes.into_iter().flatten().collect())
}

/// Machine code of what has just been translated.
fn finish(
    compiler: &mut Compiler<'_>,
    isa: &dyn TargetIsa,
    translated: Translated,
    debug: bool,
) -> Result<Code, String> {
    let context = compiler.compile()?;
    code::collect(context, isa, translated, debug)
}

/// The Cranelift form of a program's functions as text.
///
/// # Errors
/// An error of the compiler.
pub fn print_clif(env: Env<'_>, functions: &[ir::Function], isa: &dyn TargetIsa) -> Result<String, CompileError> {
    print(env, functions, isa, |compiler, translated, out| {
        out.push_str(&compiler.display(&translated));
        Ok(())
    })
}

/// The machine code of a program's functions as text.
///
/// # Errors
/// An error of the compiler.
pub fn print_asm(env: Env<'_>, functions: &[ir::Function], isa: &dyn TargetIsa) -> Result<String, CompileError> {
    print(env, functions, isa, |compiler, _, out| {
        compiler.want_disassembly();
        let context = compiler.compile()?;
        let code = context.compiled_code().and_then(|code| code.vcode.as_deref());
        let names = context.func.params.user_named_funcs();
        name_symbols(code.expect("the disassembly was asked for"), out, |number| {
            names.iter().nth(number).map(|(_, name)| Symbol::from(name).name(&env).escape_debug().to_string())
        });
        Ok(())
    })
}

/// Copies a disassembly, with the names of symbols in place of Cranelift's numbers.
fn name_symbols(code: &str, out: &mut String, name: impl Fn(usize) -> Option<String>) {
    const MARK: &str = "userextname";
    let mut rest = code;
    while let Some((before, after)) = rest.split_once(MARK) {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number = after[..digits].parse().ok().and_then(&name);
        out.push_str(before.strip_suffix("User(").unwrap_or(before));
        match &number {
            Some(name) => out.push_str(name),
            None => out.extend([MARK, &after[..digits]]),
        }
        rest = &after[digits..];
        if before.ends_with("User(") {
            rest = rest.strip_prefix(')').unwrap_or(rest);
        }
    }
    out.push_str(rest);
}

fn print(
    env: Env<'_>,
    functions: &[ir::Function],
    isa: &dyn TargetIsa,
    show: impl Fn(&mut Compiler<'_>, Translated, &mut String) -> Result<(), String> + Sync,
) -> Result<String, CompileError> {
    let dispatch = Dispatch::new(&env);
    let functions = functions.iter().map(|function| (function.func, function)).collect();
    let shared = Shared { env, isa, dispatch: &dispatch };
    let texts = each(&shared, &functions, |compiler, translated| {
        let mut out = format!("; {}\n", translated.symbol.name(&env).escape_debug());
        show(compiler, translated, &mut out)?;
        out.push('\n');
        Ok(out)
    })?;
    Ok(texts.concat())
}

/// Translates everything that the program reaches, and does something with each; in the order of the text.
fn each<'s, T: Send>(
    shared: &'s Shared<'s>,
    functions: &FxHashMap<FuncIdx, &ir::Function>,
    make: impl Fn(&mut Compiler<'s>, Translated) -> Result<T, String> + Sync,
) -> Result<Vec<T>, CompileError> {
    let symbols = reach::reach(&shared.env, shared.dispatch, functions);
    let one = |compiler: &mut Compiler<'s>, symbol: &Symbol| {
        let work = AssertUnwindSafe(|| {
            let translated = match symbol {
                Symbol::Function(func) => compiler.translate(functions[func]),
                _ => compiler.translate_shim(*symbol),
            };
            make(compiler, translated)
        });
        let result = catch_unwind(work).unwrap_or_else(|panic| {
            // A compiler that panicked may be in any state.
            *compiler = Compiler::new(shared);
            Err(panic_message(&*panic))
        });
        result.map_err(|message| CompileError::Internal {
            step: "define",
            function: symbol.name(&shared.env).into_owned(),
            message,
        })
    };
    symbols.par_iter().with_min_len(8).map_init(|| Compiler::new(shared), one).collect()
}

/// What a panic said.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic").to_owned()
}

#[cfg(test)]
mod tests {
    use super::name_symbols;

    #[test]
    fn symbols_get_their_names_in_disassemblies() {
        let mut out = String::new();
        let name = |number: usize| ["vt_print", "main"].get(number).map(|name| name.to_string());
        name_symbols("call User(userextname0)\nlea userextname1+0, %rdx; userextname7", &mut out, name);
        assert_eq!(out, "call vt_print\nlea main+0, %rdx; userextname7");
    }
}
