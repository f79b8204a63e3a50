//! Building modules in memory, for front ends.
//!
//! A [`ModuleBuilder`] hands out indices of types, constants and functions; a [`FunctionBuilder`] collects the
//! instructions of one function. Neither checks what the code means: [`verify`](crate::verify::verify) does.
//!
//! ```
//! use vitbc::builder::{Catch, FunctionBuilder, ModuleBuilder};
//! use vitbc::{Const, Inst, TypeIdx};
//!
//! let mut module = ModuleBuilder::new("main");
//!
//! // fn half(n: int, by: int) -> int? { try { n / by } catch e: DivideByZero { nil } }
//! let optional = module.optional(TypeIdx::INT);
//! let half = module.declare("half", &[TypeIdx::INT, TypeIdx::INT], optional);
//! let mut f = module.body(half);
//! let file = module.file("half.vit");
//! f.line(file, 1, 40);
//! let quotient = f.reg(TypeIdx::INT);
//! let result = f.reg(optional);
//! let caught = f.named_reg(TypeIdx::ANY, "e");
//! let handler = f.label();
//! let region = f.begin_region();
//! f.emit(Inst::Div { dst: quotient, a: f.param(0), b: f.param(1) });
//! let filter = module.predefined("DivideByZero");
//! f.end_region(region, &[Catch { target: handler, reg: caught, filter }]);
//! f.emit(Inst::Wrap { dst: result, src: quotient });
//! f.emit(Inst::Return { value: Some(result) });
//! f.bind(handler);
//! f.emit(Inst::LoadConst { dst: result, value: Const::Nil });
//! f.emit(Inst::Return { value: Some(result) });
//! module.define(half, f.finish());
//!
//! // fn main() { print(half(42, 2)) }
//! let main = module.declare("main", &[], TypeIdx::UNIT);
//! let mut f = module.body(main);
//! let (n, by, result) = (f.reg(TypeIdx::INT), f.reg(TypeIdx::INT), f.reg(optional));
//! f.emit(Inst::LoadConst { dst: n, value: module.int(42) });
//! f.emit(Inst::LoadConst { dst: by, value: module.int(2) });
//! f.emit(Inst::Call { dst: Some(result), func: half, args: [n, by].into() });
//! f.emit(Inst::Print { src: result });
//! f.emit(Inst::Return { value: None });
//! module.define(main, f.finish());
//! module.set_entry(main);
//!
//! let module = vitbc::verify::verify(module.finish()).unwrap();
//! let bytes = vitbc::write(&module);
//! assert_eq!(vitbc::read(&bytes).as_ref(), Ok(&*module));
//! ```

mod function;

use crate::index::*;
use crate::inst::OperandMut;
use crate::intern::Interner;
use crate::module::*;
use crate::types::*;
pub use function::{Catch, FunctionBuilder, Region};

/// A module while it is built.
///
/// The indices of functions that it gives out are its own until [`finish`](Self::finish), as imported functions,
/// which may be added at any time, come before the defined ones.
#[derive(Clone, Debug)]
pub struct ModuleBuilder {
    module: Module,
    interner: Interner,
}

/// Added to the indices of defined functions until the number of imported ones is known.
const DEFINED: u32 = 1 << 31;

impl ModuleBuilder {
    /// An empty module.
    pub fn new(name: &str) -> Self {
        ModuleBuilder { module: Module::new(name), interner: Interner::new() }
    }

    /// The index of a structural type, or of a nominal one that is complete. Equal types have one index.
    pub fn ty(&mut self, ty: Type) -> TypeIdx {
        self.interner.ty(&mut self.module, ty)
    }

    /// `[item]`
    pub fn list(&mut self, item: TypeIdx) -> TypeIdx {
        self.ty(Type::List(item))
    }

    /// `{key: value}`
    pub fn map(&mut self, key: TypeIdx, value: TypeIdx) -> TypeIdx {
        self.ty(Type::Map(key, value))
    }

    /// `(A, B, …)`
    pub fn tuple(&mut self, items: &[TypeIdx]) -> TypeIdx {
        self.ty(Type::Tuple(items.into()))
    }

    /// `inner?`
    pub fn optional(&mut self, inner: TypeIdx) -> TypeIdx {
        self.ty(Type::Optional(inner))
    }

    /// `fn(params) -> result`
    pub fn fn_type(&mut self, params: &[TypeIdx], result: TypeIdx) -> TypeIdx {
        self.ty(Type::Fn(Signature { params: params.into(), result }))
    }

    /// The index of a built-in error struct.
    pub fn predefined(&self, name: &str) -> Option<TypeIdx> {
        let position = ERROR_NAMES.iter().position(|known| *known == name)?;
        Some(TypeIdx(TypeIdx::FIRST_ERROR.0 + position as u32))
    }

    /// The index of a struct, enum or trait to come, so that other types may refer to it.
    /// [`define_type`](Self::define_type) must follow.
    pub fn declare_type(&mut self) -> TypeIdx {
        self.module.types.push(Type::Unit);
        TypeIdx::new(self.module.types.len() - 1)
    }

    /// Says what a declared type is.
    ///
    /// # Panics
    /// If `ty` is not a struct, enum or trait, or `idx` is not one declared.
    pub fn define_type(&mut self, idx: TypeIdx, ty: Type) {
        assert!(ty.name().is_some(), "structural types are not declared beforehand");
        assert!(idx >= TypeIdx::FIRST_USER, "{idx} is predefined");
        self.interner.note_type(ty.clone(), idx);
        self.module.types[idx.index()] = ty;
    }

    /// The type at an index.
    pub fn type_at(&self, idx: TypeIdx) -> &Type {
        self.module.ty(idx)
    }

    /// Adds an implementation of a trait.
    pub fn implement(&mut self, trait_ty: TypeIdx, ty: TypeIdx, methods: &[FuncIdx]) {
        self.module.impls.push(Impl { trait_ty, ty, methods: methods.into() });
    }

    /// An integer constant.
    pub fn int(&mut self, value: i64) -> Const {
        self.interner.int(&mut self.module, value)
    }

    /// A float constant.
    pub fn float(&mut self, value: f64) -> Const {
        self.interner.float(&mut self.module, value.to_bits())
    }

    /// A string constant.
    pub fn str(&mut self, value: &str) -> Const {
        self.interner.str(&mut self.module, value)
    }

    /// A byte constant.
    pub fn data(&mut self, value: &[u8]) -> Const {
        self.interner.data(&mut self.module, value)
    }

    /// Adds a named constant.
    pub fn global(&mut self, name: &str, ty: TypeIdx, value: Const) -> GlobalIdx {
        self.module.globals.push(Global { name: name.to_owned(), ty, value });
        GlobalIdx::new(self.module.globals.len() - 1)
    }

    /// A function of another module. Equal ones have one index.
    pub fn import(&mut self, module: &str, name: &str, params: &[TypeIdx], result: TypeIdx) -> FuncIdx {
        let signature = Signature { params: params.into(), result };
        let import = Import { module: module.to_owned(), name: name.to_owned(), signature };
        FuncIdx::new(position_of(&mut self.module.imports, import))
    }

    /// A C function; `library` is empty for the C library. Makes the module `foreign`. Equal ones have one index.
    pub fn external(
        &mut self,
        library: &str,
        symbol: &str,
        params: &[TypeIdx],
        result: TypeIdx,
        variadic: bool,
        blocking: bool,
    ) -> ExternIdx {
        self.module.foreign = true;
        let signature = Signature { params: params.into(), result };
        let external = Extern { library: library.to_owned(), symbol: symbol.to_owned(), signature, variadic, blocking };
        ExternIdx::new(position_of(&mut self.module.externs, external))
    }

    /// A function of the runtime. Equal ones have one index.
    pub fn native(&mut self, name: &str, params: &[TypeIdx], result: TypeIdx) -> NativeIdx {
        let signature = Signature { params: params.into(), result };
        NativeIdx::new(position_of(&mut self.module.natives, Native { name: name.to_owned(), signature }))
    }

    /// Marks the module as one that uses foreign functions or raw memory.
    pub fn set_foreign(&mut self) {
        self.module.foreign = true;
    }

    /// A source file. Equal ones have one index.
    pub fn file(&mut self, name: &str) -> FileIdx {
        FileIdx::new(position_of(&mut self.module.files, name.to_owned()))
    }

    /// A function to be defined, which may be called from now on.
    pub fn declare(&mut self, name: &str, params: &[TypeIdx], result: TypeIdx) -> FuncIdx {
        self.declare_closure(name, params, result, &[])
    }

    /// A function to be defined, with captured values.
    pub fn declare_closure(
        &mut self,
        name: &str,
        params: &[TypeIdx],
        result: TypeIdx,
        captures: &[TypeIdx],
    ) -> FuncIdx {
        self.module.functions.push(Function {
            name: name.to_owned(),
            n_params: params.len() as u32,
            regs: params.to_vec(),
            result,
            captures: captures.to_vec(),
            ..Function::default()
        });
        FuncIdx(DEFINED + (self.module.functions.len() - 1) as u32)
    }

    /// Begins the body of a declared function.
    ///
    /// # Panics
    /// If `func` is not one declared here.
    pub fn body(&self, func: FuncIdx) -> FunctionBuilder {
        FunctionBuilder::new(self.module.functions[defined(func)].clone())
    }

    /// Gives a declared function its body.
    ///
    /// # Panics
    /// If `func` is not one declared here.
    pub fn define(&mut self, func: FuncIdx, function: Function) {
        self.module.functions[defined(func)] = function;
    }

    /// Lets other modules, or C, use a function.
    pub fn export_func(&mut self, name: &str, func: FuncIdx) {
        self.module.exports.push(Export { name: name.to_owned(), item: ExportItem::Func(func) });
    }

    /// Lets other modules use a named constant.
    pub fn export_global(&mut self, name: &str, global: GlobalIdx) {
        self.module.exports.push(Export { name: name.to_owned(), item: ExportItem::Global(global) });
    }

    /// Says where the program starts.
    pub fn set_entry(&mut self, func: FuncIdx) {
        self.module.entry = Some(func);
    }

    /// Adds a free key–value pair.
    pub fn meta(&mut self, key: &str, value: &str) {
        self.module.meta.push((key.to_owned(), value.to_owned()));
    }

    /// The module.
    pub fn finish(mut self) -> Module {
        let n_imports = self.module.imports.len() as u32;
        let settle = |func: &mut FuncIdx| {
            if func.0 >= DEFINED {
                func.0 = func.0 - DEFINED + n_imports;
            }
        };
        for inst in self.module.functions.iter_mut().flat_map(|function| &mut function.code) {
            inst.for_each_operand_mut(|_, operand| {
                if let OperandMut::Func(func) = operand {
                    settle(func);
                }
            });
        }
        self.module.impls.iter_mut().flat_map(|implementation| &mut implementation.methods).for_each(settle);
        for export in &mut self.module.exports {
            if let ExportItem::Func(func) = &mut export.item {
                settle(func);
            }
        }
        self.module.entry.iter_mut().for_each(settle);
        self.module
    }
}

fn defined(func: FuncIdx) -> usize {
    func.0.checked_sub(DEFINED).expect("an imported function has no body") as usize
}

/// The position of `item`, which is added if there is no equal one.
fn position_of<T: PartialEq>(table: &mut Vec<T>, item: T) -> usize {
    table.iter().position(|other| *other == item).unwrap_or_else(|| {
        table.push(item);
        table.len() - 1
    })
}
