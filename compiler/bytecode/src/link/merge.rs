//! Adding one module after the other to the program.

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::*;
use crate::inst::OperandMut;
use crate::intern::{Interner, Literal};
use crate::module::*;
use crate::text::{did_you_mean, type_text};
use crate::types::*;
use crate::verified::Verified;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// The program so far.
pub(super) struct Merger<'m> {
    modules: &'m [Verified<Module>],
    by_name: &'m FxHashMap<&'m str, usize>,
    program: Module,
    interner: Interner,
    nominal: FxHashMap<&'m str, TypeIdx>,
    externs: FxHashMap<Extern, ExternIdx>,
    natives: FxHashMap<Native, NativeIdx>,
    files: FxHashMap<&'m str, FileIdx>,
    impls: FxHashMap<(TypeIdx, TypeIdx), usize>,
    /// Where the functions of each module added so far are in the program, and its global constants.
    funcs: Vec<Vec<FuncIdx>>,
    globals: Vec<u32>,
}

/// Where things of the module being added are in the program.
struct Places {
    types: Vec<TypeIdx>,
    externs: Vec<ExternIdx>,
    natives: Vec<NativeIdx>,
    files: Vec<FileIdx>,
    first_global: u32,
    funcs: Vec<FuncIdx>,
}

impl<'m> Merger<'m> {
    /// An empty program.
    pub(super) fn new(modules: &'m [Verified<Module>], by_name: &'m FxHashMap<&'m str, usize>) -> Self {
        let program = Module::new("");
        let mut nominal = FxHashMap::default();
        for (position, name) in ERROR_NAMES.iter().enumerate() {
            nominal.insert(*name, TypeIdx(TypeIdx::FIRST_ERROR.0 + position as u32));
        }
        Merger {
            modules,
            by_name,
            program,
            interner: Interner::new(),
            nominal,
            externs: FxHashMap::default(),
            natives: FxHashMap::default(),
            files: FxHashMap::default(),
            impls: FxHashMap::default(),
            funcs: vec![vec![]; modules.len()],
            globals: vec![0; modules.len()],
        }
    }

    /// Adds the module at `position`; those that it imports are there.
    pub(super) fn add(&mut self, position: usize) -> Result<()> {
        let module = &self.modules[position];
        let types = self.types(module)?;
        let program = &mut self.program;
        let mut places = Places {
            types,
            externs: vec![],
            natives: vec![],
            files: vec![],
            first_global: program.globals.len() as u32,
            funcs: vec![],
        };
        for external in &module.externs {
            let external = Extern { signature: places.signature(&external.signature), ..external.clone() };
            places.externs.push(add_once(&mut self.externs, &mut program.externs, external, ExternIdx));
        }
        for native in &module.natives {
            let native = Native { signature: places.signature(&native.signature), ..native.clone() };
            places.natives.push(add_once(&mut self.natives, &mut program.natives, native, NativeIdx));
        }
        for file in &module.files {
            let next = FileIdx::new(program.files.len());
            places.files.push(*self.files.entry(file).or_insert_with(|| {
                program.files.push(file.clone());
                next
            }));
        }
        for import in &module.imports {
            places.funcs.push(self.import(import, &places)?);
        }
        let first = self.program.functions.len();
        places.funcs.extend((first..).map(FuncIdx::new).take(module.functions.len()));
        for global in &module.globals {
            let value = self.constant(module, global.value);
            self.program.globals.push(Global { name: global.name.clone(), ty: places.ty(global.ty), value });
        }
        for function in &module.functions {
            let function = self.function(module, function, &places);
            self.program.functions.push(function);
        }
        for implementation in &module.impls {
            self.implementation(implementation, &places)?;
        }
        self.program.foreign |= module.foreign;
        self.globals[position] = places.first_global;
        self.funcs[position] = places.funcs;
        Ok(())
    }

    /// The program, with what it has from the module at `main`.
    pub(super) fn finish(mut self, main: usize) -> Module {
        let module = &self.modules[main];
        let func = |func: FuncIdx| self.funcs[main][func.index()];
        self.program.name.clone_from(&module.name);
        self.program.entry = module.entry.map(func);
        self.program.meta.clone_from(&module.meta);
        let export = |export: &Export| {
            let item = match export.item {
                ExportItem::Func(idx) => ExportItem::Func(func(idx)),
                ExportItem::Global(idx) => ExportItem::Global(GlobalIdx(self.globals[main] + idx.0)),
            };
            Export { name: export.name.clone(), item }
        };
        self.program.exports = module.exports.iter().map(export).collect();
        self.program
    }

    /// Where the module's types are. Nominal types come first, as all others may refer to them.
    fn types(&mut self, module: &'m Module) -> Result<Vec<TypeIdx>> {
        let first = TypeIdx::FIRST_USER.index();
        let mut places: Vec<TypeIdx> = (0..module.types.len()).map(TypeIdx::new).collect();
        let mut declared = vec![];
        for (position, ty) in module.types.iter().enumerate().skip(first) {
            let Some(name) = ty.name() else { continue };
            places[position] = match self.nominal.entry(name) {
                Entry::Occupied(there) => *there.get(),
                Entry::Vacant(gap) => {
                    let idx = TypeIdx::new(self.program.types.len());
                    self.program.types.push(Type::Unit);
                    declared.push(idx);
                    *gap.insert(idx)
                }
            };
        }
        for (position, ty) in module.types.iter().enumerate().skip(first) {
            if ty.name().is_none() {
                places[position] = self.interner.ty(&mut self.program, moved(ty, &places));
            }
        }
        for (position, ty) in module.types.iter().enumerate().skip(first) {
            let Some(name) = ty.name() else { continue };
            let idx = places[position];
            let ty = moved(ty, &places);
            if declared.binary_search(&idx).is_ok() {
                self.program.types[idx.index()] = ty;
            } else if self.program.types[idx.index()] != ty {
                let message = format!("type `{}` is declared otherwise in another module", name.escape_debug());
                return Err(Error::new(Code::TYPE_CONFLICT, message)
                    .help("compile all modules against the same declaration, or rename one of the types"));
            }
        }
        Ok(places)
    }

    /// The function of the program that an import means.
    fn import(&self, import: &Import, places: &Places) -> Result<FuncIdx> {
        let exporter = self.by_name[import.module.as_str()];
        let exports = &self.modules[exporter].exports;
        let (from, name) = (import.module.escape_debug(), import.name.escape_debug());
        let Some(export) = exports.iter().find(|export| export.name == import.name) else {
            let mut error = Error::new(Code::MISSING_EXPORT, format!("module `{from}` exports no function `{name}`"));
            error.help = did_you_mean(&import.name, exports.iter().map(|export| export.name.as_str()));
            return Err(error);
        };
        let ExportItem::Func(func) = export.item else {
            let message = format!("`{name}` of module `{from}` is a constant, not a function");
            return Err(Error::new(Code::MISSING_EXPORT, message));
        };
        let func = self.funcs[exporter][func.index()];
        let wanted = places.signature(&import.signature);
        let function = &self.program.functions[func.index()];
        if (&*wanted.params, wanted.result) != (function.params(), function.result) {
            let there = Signature { params: function.params().into(), result: function.result };
            let message = format!(
                "`{name}` of module `{from}` is a {}, but is imported as a {}",
                self.signature_text(&there),
                self.signature_text(&wanted)
            );
            return Err(Error::new(Code::IMPORT_MISMATCH, message).help("compile the importing module again"));
        }
        Ok(func)
    }

    fn signature_text(&self, signature: &Signature) -> String {
        let params: Vec<String> = signature.params.iter().map(|&param| type_text(&self.program, param)).collect();
        format!("fn({}) -> {}", params.join(", "), type_text(&self.program, signature.result))
    }

    fn constant(&mut self, module: &Module, value: Const) -> Const {
        let literal = match value {
            Const::Unit | Const::Nil | Const::Bool(_) => return value,
            Const::Int(idx) => Literal::Int(module.ints[idx.index()]),
            Const::Float(idx) => Literal::Float(module.floats[idx.index()]),
            Const::Str(idx) => return self.interner.str(&mut self.program, &module.strs[idx.index()]),
            Const::Data(idx) => return self.interner.data(&mut self.program, &module.data[idx.index()]),
        };
        self.interner.literal(&mut self.program, literal)
    }

    fn function(&mut self, module: &Module, function: &Function, places: &Places) -> Function {
        let mut function = function.clone();
        function.regs.iter_mut().chain(&mut function.captures).for_each(|ty| *ty = places.ty(*ty));
        function.result = places.ty(function.result);
        for handler in &mut function.handlers {
            handler.filter = handler.filter.map(|ty| places.ty(ty));
        }
        function.lines.iter_mut().for_each(|line| line.file = places.files[line.file.index()]);
        for inst in &mut function.code {
            inst.for_each_operand_mut(|_, operand| match operand {
                OperandMut::Type(ty) => *ty = places.ty(*ty),
                OperandMut::Func(func) => *func = places.funcs[func.index()],
                OperandMut::Extern(idx) => *idx = places.externs[idx.index()],
                OperandMut::Native(idx) => *idx = places.natives[idx.index()],
                OperandMut::Global(idx) => idx.0 += places.first_global,
                OperandMut::Const(value) => *value = self.constant(module, *value),
                // The rest belongs to the function, or counts within a type.
                OperandMut::Reg(_)
                | OperandMut::OptReg(_)
                | OperandMut::Regs(_)
                | OperandMut::Param(_)
                | OperandMut::Field(_)
                | OperandMut::Variant(_)
                | OperandMut::Method(_)
                | OperandMut::Capture(_)
                | OperandMut::Label(_)
                | OperandMut::Labels(_)
                | OperandMut::Imm(_) => {}
            });
        }
        function
    }

    /// Adds an implementation. Modules that specialise the same generic code may bring the same one.
    fn implementation(&mut self, implementation: &Impl, places: &Places) -> Result<()> {
        let Impl { trait_ty, ty, methods } = implementation;
        let methods = methods.iter().map(|func| places.funcs[func.index()]).collect();
        let added = Impl { trait_ty: places.ty(*trait_ty), ty: places.ty(*ty), methods };
        let names = |implementation: &Impl| -> Vec<&str> {
            implementation.methods.iter().map(|&func| self.program.func_name(func)).collect()
        };
        match self.impls.entry((added.trait_ty, added.ty)) {
            Entry::Vacant(gap) => {
                gap.insert(self.program.impls.len());
                self.program.impls.push(added);
                Ok(())
            }
            Entry::Occupied(there) if names(&self.program.impls[*there.get()]) == names(&added) => Ok(()),
            Entry::Occupied(_) => {
                let (trait_ty, ty) = (type_text(&self.program, added.trait_ty), type_text(&self.program, added.ty));
                let message = format!("another module implements {trait_ty} for {ty} too");
                Err(Error::new(Code::IMPL_CONFLICT, message))
            }
        }
    }
}

impl Places {
    fn ty(&self, ty: TypeIdx) -> TypeIdx {
        self.types[ty.index()]
    }

    fn signature(&self, signature: &Signature) -> Signature {
        moved_signature(signature, &self.types)
    }
}

/// The index of `item` in a table that holds equal entries once.
fn add_once<T: Clone + Eq + Hash, I: Copy>(
    indices: &mut FxHashMap<T, I>,
    table: &mut Vec<T>,
    item: T,
    index: impl Fn(u32) -> I,
) -> I {
    *indices.entry(item).or_insert_with_key(|item| {
        table.push(item.clone());
        index((table.len() - 1) as u32)
    })
}

/// The type with its parts at their new places.
fn moved(ty: &Type, places: &[TypeIdx]) -> Type {
    let at = |ty: &TypeIdx| places[ty.index()];
    let fields =
        |fields: &[Field]| fields.iter().map(|field| Field { name: field.name.clone(), ty: at(&field.ty) }).collect();
    match ty {
        Type::List(item) => Type::List(at(item)),
        Type::Map(key, value) => Type::Map(at(key), at(value)),
        Type::Tuple(items) => Type::Tuple(items.iter().map(at).collect()),
        Type::Optional(inner) => Type::Optional(at(inner)),
        Type::Fn(signature) => Type::Fn(moved_signature(signature, places)),
        Type::Struct(declared) => {
            Type::Struct(StructType { name: declared.name.clone(), fields: fields(&declared.fields) })
        }
        Type::Enum(declared) => {
            let variant =
                |variant: &VariantType| VariantType { name: variant.name.clone(), fields: fields(&variant.fields) };
            Type::Enum(EnumType {
                name: declared.name.clone(),
                variants: declared.variants.iter().map(variant).collect(),
            })
        }
        Type::Trait(declared) => {
            let method = |method: &MethodType| MethodType {
                name: method.name.clone(),
                signature: moved_signature(&method.signature, places),
            };
            Type::Trait(TraitType {
                name: declared.name.clone(),
                methods: declared.methods.iter().map(method).collect(),
            })
        }
        _ => ty.clone(),
    }
}

fn moved_signature(signature: &Signature, places: &[TypeIdx]) -> Signature {
    let at = |ty: &TypeIdx| places[ty.index()];
    Signature { params: signature.params.iter().map(at).collect(), result: at(&signature.result) }
}
