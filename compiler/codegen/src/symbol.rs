//! What compiled code refers to: other code, functions of the runtime, data.
//!
//! Cranelift knows a symbol as a pair of numbers, a namespace and an index.

use crate::env::Env;
use crate::exports;
use cranelift_codegen::ir::UserExternalName;
use std::borrow::Cow;
use vitbc::{ExternIdx, FuncIdx, StrIdx};
use vitte_abi::functions::{Helper, NativeFn, Stub};

macro_rules! symbols {
    ($($(#[$doc:meta])* $number:literal $name:ident($index:ident) { $of:expr } { $from:expr };)*) => {
        /// A symbol. The order is that of the program's sections.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Symbol {
            $($(#[$doc])* $name($index),)*
        }

        impl From<Symbol> for UserExternalName {
            fn from(symbol: Symbol) -> Self {
                match symbol {
                    $(Symbol::$name(index) => UserExternalName { namespace: $number, index: ($of)(index) },)*
                }
            }
        }

        impl From<&UserExternalName> for Symbol {
            fn from(name: &UserExternalName) -> Self {
                match name.namespace {
                    $($number => Symbol::$name(($from)(name.index)),)*
                    namespace => unreachable!("no symbols in namespace {namespace}"),
                }
            }
        }
    };
}

symbols! {
    /// A function of the program.
    0 Function(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// The body of a function with a frame so large that [`Symbol::Function`] only checks the stack for it.
    16 LargeFrame(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// The same function for calls through a function value, whose object it drops.
    1 WithoutClosure(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// The same function for calls through a trait object, which it unboxes.
    2 UnboxReceiver(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// A C function that calls the function.
    14 Callback(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// What that C function has the runtime call.
    15 CallbackBody(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// The C function for an export of the module, by its position.
    17 Export(u32) { |index| index } { |index| index };
    /// Code that the runtime or the system calls.
    3 Entry(Entry) { |entry: Entry| entry as u32 } { |index: u32| Entry::ALL[index as usize] };
    /// A slow path of the runtime.
    4 Stub(Stub) { |stub: Stub| stub as u32 } { |index: u32| Stub::ALL[index as usize] };
    /// A helper of the runtime.
    5 Helper(Helper) { |helper: Helper| helper as u32 } { |index: u32| Helper::ALL[index as usize] };
    /// A native of the runtime.
    6 Native(NativeFn) { |native: NativeFn| native as u32 } { |index: u32| NativeFn::ALL[index as usize] };
    /// A C function.
    7 Extern(ExternIdx) { |idx: ExternIdx| idx.0 } { ExternIdx };
    /// What there is one of.
    8 Single(Single) { |single: Single| single as u32 } { |index: u32| Single::ALL[index as usize] };
    /// A constant string object.
    9 Str(StrIdx) { |idx: StrIdx| idx.0 } { StrIdx };
    /// Constant bytes, numbered within the function that uses them.
    10 Bytes(u32) { |index| index } { |index| index };
    /// The code addresses of one method of a trait, by type id.
    11 Dispatch(u32) { |index| index } { |index| index };
    /// The object of a function value without captures.
    12 ClosureObject(FuncIdx) { |func: FuncIdx| func.0 } { FuncIdx };
    /// The word that holds the address of a C function.
    13 ExternSlot(ExternIdx) { |idx: ExternIdx| idx.0 } { ExternIdx };
}

/// What there is one of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Single {
    /// The runtime's main function, of the C convention.
    VtMain,
    /// The runtime's function for callbacks, of the C convention.
    VtCallback,
    /// The runtime's function for calls of exports, of the C convention.
    VtExport,
    /// What the runtime writes floats by.
    VtFloats,
    /// The start of the program's code.
    Text,
    /// The [`Program`](vitte_abi::program::Program) record.
    Program,
}

impl Single {
    /// All of them.
    pub const ALL: [Single; 6] =
        [Single::VtMain, Single::VtCallback, Single::VtExport, Single::VtFloats, Single::Text, Single::Program];
}

/// Code that follows the C convention, for the runtime or the system to call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Entry {
    /// [`vitte_abi::program::Program::entry`].
    Entry,
    /// [`vitte_abi::program::Program::call_closure`].
    CallClosure,
    /// C's `main`.
    Main,
}

impl Entry {
    /// All of them.
    pub const ALL: [Entry; 3] = [Entry::Entry, Entry::CallClosure, Entry::Main];
}

impl Symbol {
    /// Its name, for object files and for people. What the program defines begins with `vitte.`, so that nothing of it
    /// clashes with the runtime or with C; exports, which C calls, with `vitte_`.
    pub fn name(self, env: &Env<'_>) -> Cow<'static, str> {
        let of = |prefix: &str, func: FuncIdx| Cow::Owned(format!("{prefix}{}", env.module.func_name(func)));
        match self {
            Symbol::Function(func) => of("vitte.", func),
            Symbol::LargeFrame(func) => of("vitte.body.", func),
            Symbol::WithoutClosure(func) => of("vitte.fn.", func),
            Symbol::UnboxReceiver(func) => of("vitte.method.", func),
            Symbol::Callback(func) => of("vitte.callback.", func),
            Symbol::CallbackBody(func) => of("vitte.callback_body.", func),
            Symbol::Export(index) => exports::c_name(&env.module.exports[index as usize]).into(),
            Symbol::Entry(Entry::Entry) => "vitte.entry".into(),
            Symbol::Entry(Entry::CallClosure) => "vitte.call_closure".into(),
            Symbol::Entry(Entry::Main) => "main".into(),
            Symbol::Stub(stub) => stub.info().symbol.into(),
            Symbol::Helper(helper) => helper.info().symbol.into(),
            Symbol::Native(native) => native.info().symbol.into(),
            Symbol::Extern(idx) => env.module.externs[idx.index()].symbol.clone().into(),
            Symbol::Single(Single::VtMain) => "vt_main".into(),
            Symbol::Single(Single::VtCallback) => vitte_abi::foreign::CALLBACK_SYMBOL.into(),
            Symbol::Single(Single::VtExport) => vitte_abi::foreign::EXPORT_SYMBOL.into(),
            Symbol::Single(Single::VtFloats) => vitte_abi::program::FLOATS_SYMBOL.into(),
            Symbol::Single(Single::Text) => "vitte.text".into(),
            Symbol::Single(Single::Program) => vitte_abi::program::PROGRAM_SYMBOL.into(),
            Symbol::Str(idx) => format!("vitte.str.{}", idx.0).into(),
            Symbol::Bytes(index) => format!("vitte.bytes.{index}").into(),
            Symbol::Dispatch(index) => format!("vitte.dispatch.{index}").into(),
            Symbol::ClosureObject(func) => of("vitte.value.", func),
            Symbol::ExternSlot(idx) => format!("vitte.extern.{}", idx.0).into(),
        }
    }

    /// Whether it is code of the program.
    pub fn is_code(self) -> bool {
        matches!(
            self,
            Symbol::Function(_)
                | Symbol::LargeFrame(_)
                | Symbol::WithoutClosure(_)
                | Symbol::UnboxReceiver(_)
                | Symbol::Callback(_)
                | Symbol::CallbackBody(_)
                | Symbol::Export(_)
                | Symbol::Entry(_)
        )
    }

    /// Whether the program only uses it, and the runtime or a library defines it.
    pub fn is_import(self) -> bool {
        matches!(
            self,
            Symbol::Stub(_)
                | Symbol::Helper(_)
                | Symbol::Native(_)
                | Symbol::Extern(_)
                | Symbol::Single(Single::VtMain | Single::VtCallback | Single::VtExport | Single::VtFloats)
        )
    }
}
