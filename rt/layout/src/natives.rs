//! Which runtime function each native of a module is.

use crate::type_names;
use vitbc::error::{Error, Result};
use vitbc::{Code, Module, Verified};
use vitte_abi::functions::NativeFn;

/// The runtime functions that the module's natives name, in their order.
///
/// # Errors
/// A native that the runtime does not have, or has with another type.
pub fn resolve_natives(module: &Verified<Module>) -> Result<Vec<NativeFn>> {
    let names = type_names(module);
    let resolve = |native: &vitbc::Native| {
        let Some(function) = NativeFn::by_name(&native.name) else {
            let message = format!("the runtime has no function `{}`", native.name.escape_debug());
            return Err(Error::new(Code::UNKNOWN_NATIVE, message));
        };
        let info = function.info();
        let same =
            |ty: &vitbc::TypeIdx, arg| Some(names[ty.index()].as_str()) == vitte_abi::functions::ArgType::vitte(arg);
        let params = &native.signature.params;
        let fits = params.len() == info.args.len()
            && params.iter().zip(info.args).all(|(ty, &(_, arg))| same(ty, arg))
            && same(&native.signature.result, info.result);
        if fits {
            return Ok(function);
        }
        let args: Vec<&str> = info.args.iter().filter_map(|arg| arg.1.vitte()).collect();
        let message = format!("the native `{}` is declared with another type than the runtime gives it", native.name);
        let real = format!("({}) -> {}", args.join(", "), info.result.vitte().unwrap_or("unit"));
        Err(Error::new(Code::NATIVE_SIGNATURE, message).help(format!("its type is {real}")))
    };
    module.natives.iter().map(resolve).collect()
}
