//! Printing modules as text. One module has one text.

mod function;
mod natural;
mod types;

use super::names::{ModuleNames, Names};
use super::spell;
use crate::index::*;
use crate::module::*;
use crate::types::{Field, Type};
use std::fmt::Write;
use types::TypeTexts;

/// Prints a module as assembler text.
///
/// [`parse`](super::parse) gives back an equal module if this one is [verified](crate::verify). Any other module is
/// printed as far as the text can say it.
pub fn print(module: &Module) -> String {
    let mut printer = Printer::new(module);
    printer.items();
    for position in 0..module.functions.len() {
        printer.blank_line();
        function::print(&mut printer, position);
    }
    printer.out
}

/// The instructions of the function at `position` as text, one each, without labels and source positions.
pub fn print_instructions(module: &Module, position: usize) -> Vec<String> {
    function::instructions(&mut Printer::new(module), position)
}

/// A type of the module as text.
pub fn type_text(module: &Module, ty: TypeIdx) -> String {
    TypeTexts::new(module).text(ty)
}

struct Printer<'m> {
    module: &'m Module,
    types: TypeTexts<'m>,
    names: ModuleNames,
    files: Names,
    pools: Pools,
    out: String,
}

/// Which entries of the pools have an equal one before them.
struct Pools {
    ints: Vec<bool>,
    floats: Vec<bool>,
    strs: Vec<bool>,
    data: Vec<bool>,
}

fn repeated<T: std::hash::Hash + Eq>(entries: &[T]) -> Vec<bool> {
    let mut seen = rustc_hash::FxHashSet::default();
    entries.iter().map(|entry| !seen.insert(entry)).collect()
}

impl<'m> Printer<'m> {
    fn new(module: &'m Module) -> Self {
        Printer {
            module,
            types: TypeTexts::new(module),
            names: ModuleNames::new(module),
            files: Names::of("file", &module.files, String::as_str),
            pools: Pools {
                ints: repeated(&module.ints),
                floats: repeated(&module.floats),
                strs: repeated(&module.strs),
                data: repeated(&module.data),
            },
            out: String::new(),
        }
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.out, "{text}");
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn items(&mut self) {
        let module = self.module;
        if module.name != "main" {
            self.line(format_args!("MODULE {}", spell::name(&module.name)));
        }
        if module.foreign {
            self.line(format_args!("FOREIGN"));
        }
        for (key, value) in &module.meta {
            self.line(format_args!("META {} {}", spell::string(key), spell::string(value)));
        }
        if !natural::files(module) {
            for file in &module.files {
                self.line(format_args!("FILE {}", spell::string(file)));
            }
        }
        let explicit = !natural::types(module, &self.types);
        for ty in module.types.get(TypeIdx::FIRST_USER.index()..).unwrap_or_default() {
            self.type_item(ty, explicit);
        }
        self.pool_items();
        self.function_items();
        for global in &module.globals {
            let (ty, value) = (self.types.text(global.ty), self.constant(global.value));
            self.line(format_args!("GLOBAL {}: {ty} = {value}", spell::name(&global.name)));
        }
        for implementation in &module.impls {
            let (trait_ty, ty) = (self.types.text(implementation.trait_ty), self.types.text(implementation.ty));
            let methods: Vec<String> = implementation.methods.iter().map(|&func| self.func(func)).collect();
            self.line(format_args!("IMPL {trait_ty} FOR {ty} {{ {} }}", methods.join(", ")));
        }
        for export in &module.exports {
            let (item, bare) = match export.item {
                ExportItem::Func(func) => (self.func(func), self.func_ref(func)),
                ExportItem::Global(global) => (format!("GLOBAL {}", self.global(global)), self.global_ref(global)),
            };
            match bare == Some(&export.name) {
                true => self.line(format_args!("EXPORT {item}")),
                false => self.line(format_args!("EXPORT {item} AS {}", spell::name(&export.name))),
            }
        }
        if let Some(entry) = module.entry
            && module.function(entry).is_none_or(|function| function.name != "main")
        {
            self.line(format_args!("ENTRY {}", self.func(entry)));
        }
    }

    fn type_item(&mut self, ty: &Type, explicit: bool) {
        match ty {
            Type::Struct(declared) => {
                let fields = self.fields(&declared.fields);
                self.line(format_args!("STRUCT {}{fields}", spell::name(&declared.name)));
            }
            Type::Enum(declared) => {
                let variant = |variant: &crate::types::VariantType| {
                    format!("{}{}", spell::name(&variant.name), self.fields(&variant.fields))
                };
                let variants: Vec<String> = declared.variants.iter().map(variant).collect();
                self.line(format_args!("ENUM {} {{ {} }}", spell::name(&declared.name), variants.join(", ")));
            }
            Type::Trait(declared) => {
                let method = |method: &crate::types::MethodType| {
                    format!("{}{}", spell::name(&method.name), self.types.signature(&method.signature))
                };
                let methods: Vec<String> = declared.methods.iter().map(method).collect();
                self.line(format_args!("TRAIT {} {{ {} }}", spell::name(&declared.name), methods.join(", ")));
            }
            _ if explicit => {
                let text = self.types.structure(ty);
                self.line(format_args!("TYPE {text}"));
            }
            _ => {}
        }
    }

    fn fields(&self, fields: &[Field]) -> String {
        if fields.is_empty() {
            return String::new();
        }
        if fields.iter().all(|field| field.name.is_empty()) {
            let types: Vec<TypeIdx> = fields.iter().map(|field| field.ty).collect();
            return format!("({})", self.types.list(&types));
        }
        let field = |field: &Field| format!("{}: {}", spell::name(&field.name), self.types.text(field.ty));
        format!(" {{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
    }

    fn pool_items(&mut self) {
        let module = self.module;
        let natural = natural::pools(module);
        if !natural.ints {
            module.ints.iter().for_each(|int| self.line(format_args!("CONST {int}")));
        }
        if !natural.floats {
            module.floats.iter().for_each(|&bits| self.line(format_args!("CONST {}", spell::float(bits))));
        }
        if !natural.strs {
            module.strs.iter().for_each(|text| self.line(format_args!("CONST {}", spell::string(text))));
        }
        if !natural.data {
            module.data.iter().for_each(|bytes| self.line(format_args!("CONST {}", spell::bytes(bytes))));
        }
    }

    fn function_items(&mut self) {
        for import in &self.module.imports {
            let (module, name) = (spell::name(&import.module), spell::name(&import.name));
            let plain = |text: &str| !text.contains(['.', '"']);
            let path = match plain(&module) && plain(&name) {
                true => format!("{module}.{name}"),
                false => format!("{} {}", spell::string(&import.module), spell::string(&import.name)),
            };
            let signature = self.types.signature(&import.signature);
            self.line(format_args!("IMPORT {path}{signature}"));
        }
        for external in &self.module.externs {
            let library = match external.library.is_empty() {
                true => String::new(),
                false => format!("{} ", spell::string(&external.library)),
            };
            let mut params = self.types.list(&external.signature.params);
            if external.variadic {
                params += if params.is_empty() { "..." } else { ", ..." };
            }
            let result = self.types.result(external.signature.result, TypeIdx::UNIT);
            let blocking = if external.blocking { "BLOCKING " } else { "" };
            self.line(format_args!("EXTERN {blocking}{library}{}({params}){result}", spell::name(&external.symbol)));
        }
        for native in &self.module.natives {
            let signature = self.types.signature(&native.signature);
            self.line(format_args!("NATIVE {}{signature}", spell::name(&native.name)));
        }
    }

    /// The name by which the text refers to a function, if it can.
    fn func_ref(&self, func: FuncIdx) -> Option<&str> {
        let function = self.module.function(func)?;
        self.names.funcs.find(&function.name).map(|_| &*function.name)
    }

    fn func(&self, func: FuncIdx) -> String {
        if let Some(import) = self.module.imports.get(func.index()) {
            let path = format!("{}.{}", import.module, import.name);
            return match self.names.funcs.find(&path) {
                Some(_) => spell::name(&path),
                None => format!("#{}", func.0),
            };
        }
        self.func_ref(func).map_or_else(|| format!("#{}", func.0), spell::name)
    }

    fn external(&self, idx: ExternIdx) -> String {
        let name = self.module.externs.get(idx.index()).map(|external| &external.symbol);
        reference(&self.names.externs, name, idx.0)
    }

    fn native(&self, idx: NativeIdx) -> String {
        reference(&self.names.natives, self.module.natives.get(idx.index()).map(|native| &native.name), idx.0)
    }

    fn global_ref(&self, idx: GlobalIdx) -> Option<&str> {
        let global = self.module.globals.get(idx.index())?;
        self.names.globals.find(&global.name).map(|_| &*global.name)
    }

    fn global(&self, idx: GlobalIdx) -> String {
        self.global_ref(idx).map_or_else(|| format!("#{}", idx.0), spell::name)
    }

    fn file(&self, idx: FileIdx) -> String {
        match self.module.files.get(idx.index()) {
            Some(name) if self.files.find(name).is_some() => spell::string(name),
            _ => format!("#{}", idx.0),
        }
    }

    fn constant(&self, value: Const) -> String {
        // An entry is written by its value if that means this entry.
        fn pooled<T>(kind: &str, entries: &[T], repeated: &[bool], idx: usize, spell: impl Fn(&T) -> String) -> String {
            match (entries.get(idx), repeated.get(idx)) {
                (Some(entry), Some(false)) => spell(entry),
                _ => format!("{kind} #{idx}"),
            }
        }
        let (module, pools) = (self.module, &self.pools);
        match value {
            Const::Unit => "unit".to_owned(),
            Const::Nil => "nil".to_owned(),
            Const::Bool(value) => value.to_string(),
            Const::Int(idx) => pooled("int", &module.ints, &pools.ints, idx.index(), i64::to_string),
            Const::Float(idx) => {
                pooled("float", &module.floats, &pools.floats, idx.index(), |&bits| spell::float(bits))
            }
            Const::Str(idx) => pooled("str", &module.strs, &pools.strs, idx.index(), |text| spell::string(text)),
            Const::Data(idx) => pooled("bytes", &module.data, &pools.data, idx.index(), |bytes| spell::bytes(bytes)),
        }
    }
}

fn reference(names: &Names, name: Option<&String>, index: u32) -> String {
    match name {
        Some(name) if names.find(name).is_some() => spell::name(name),
        _ => format!("#{index}"),
    }
}
