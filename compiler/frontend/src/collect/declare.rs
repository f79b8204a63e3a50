//! The names of a module.

use super::{PRELUDE, PROCESS};
use crate::ast::{self, Ast, Ident, ItemKind, TypeId, TypeKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::load::Loaded;
use crate::names::Name;
use crate::program::{
    Adt, Const, ConstId, Def, Entry, Func, FuncId, Import, ModuleId, Parent, Program, Source, Trait, Variant,
};
use crate::source::Span;
use crate::types::{AdtId, TraitId, Ty, basic};
use vitbc::TypeIdx;

/// Declares the items of a module; their types stay open.
pub(super) fn declare(program: &mut Program, module: ModuleId, ast: &Ast, main: ModuleId) {
    let prefix = match module == main || module == PRELUDE || module == PROCESS {
        true => String::new(),
        false => format!("{}.", program.module(module).name),
    };
    for (position, item) in ast.items.iter().enumerate() {
        let position = position as u32;
        let full = |program: &Program, name: Ident| format!("{prefix}{}", program.text(name.name));
        let (name, def) = match &item.kind {
            ItemKind::Struct { name, is_extern, .. } => {
                let full_name = full(program, *name);
                let variants = vec![Variant { name: name.name, fields: vec![] }];
                let id = add_adt(program, module, position, *name, full_name, variants, false);
                program.adts[id.0 as usize].is_extern = *is_extern;
                (*name, Def::Adt(id))
            }
            ItemKind::Enum { name, variants, .. } => {
                let full_name = full(program, *name);
                let listed =
                    variants.iter().map(|variant| Variant { name: variant.name.name, fields: vec![] }).collect();
                let id = add_adt(program, module, position, *name, full_name, listed, true);
                for (tag, variant) in variants.iter().enumerate() {
                    let known = program.modules[module.0 as usize].variants.entry(variant.name.name).or_default();
                    if known.iter().any(|&(adt, _)| adt == id) {
                        duplicate(program, variant.name, None, "variant");
                    } else {
                        known.push((id, tag as u32));
                    }
                }
                (*name, Def::Adt(id))
            }
            ItemKind::Trait { name, methods, .. } => {
                let full_name = full(program, *name);
                let id = TraitId(program.traits.len() as u32);
                let not_object = why_no_objects(program, ast, methods);
                program.traits.push(Trait {
                    module,
                    item: position,
                    full_name,
                    generics: vec![],
                    methods: vec![],
                    not_object,
                });
                (*name, Def::Trait(id))
            }
            ItemKind::Fn(function) => {
                let full_name = full(program, function.name);
                (
                    function.name,
                    Def::Func(add_func(program, (module, position), function, full_name, Source::Item(position, 0))),
                )
            }
            ItemKind::Extern { library, blocking, function } => {
                let full_name = full(program, function.name);
                // `extern "vitte" fn`, or `extern "vitte name" fn` if the runtime has another name for it.
                let text = library.map_or("", |library| program.text(library)).to_owned();
                let native = match text.split_once(' ') {
                    None if text == "vitte" => Some(function.name.name),
                    Some(("vitte", name)) => Some(program.names.intern(name)),
                    _ => None,
                };
                if native.is_some() && !program.module(module).is_std {
                    let message = "functions of the runtime are reached through the standard library only";
                    program.report(Diagnostic::error(codes::BAD_FOREIGN, item.span, message));
                }
                if let (Some(_), Some(span)) = (native, blocking) {
                    let message = "functions of the runtime see to that themselves";
                    program.report(Diagnostic::error(codes::MISPLACED, *span, message));
                }
                let source = match native {
                    Some(name) => Source::Native(name),
                    None => {
                        Source::Extern { library: *library, variadic: function.variadic, blocking: blocking.is_some() }
                    }
                };
                (function.name, Def::Func(add_func(program, (module, position), function, full_name, source)))
            }
            ItemKind::Const { name, value, .. } => {
                let full_name = full(program, *name);
                let func = FuncId(program.funcs.len() as u32);
                program.funcs.push(open_func(
                    (module, position),
                    name.name,
                    full_name,
                    Source::Expr(*value),
                    name.span,
                ));
                program.consts.push(Const { module, name: name.name, func, span: name.span });
                (*name, Def::Const(ConstId(program.consts.len() as u32 - 1)))
            }
            ItemKind::Import { .. } | ItemKind::Impl { .. } | ItemKind::Test { .. } => continue,
        };
        let entry = Entry { def, public: item.public, span: name.span };
        if basic(program.text(name.name)).is_some() {
            let message = format!("`{}` is a built-in type", program.text(name.name));
            program.report(Diagnostic::error(codes::DUPLICATE, name.span, message));
        }
        let items = &mut program.modules[module.0 as usize].items;
        match items.get(&name.name).map(|known| known.span) {
            Some(first) => duplicate(program, name, Some(first), "name"),
            None => {
                items.insert(name.name, entry);
            }
        }
    }
}

fn duplicate(program: &mut Program, name: Ident, first: Option<Span>, what: &str) {
    let message = format!("the {what} `{}` is declared twice", program.text(name.name));
    let mut diagnostic = Diagnostic::error(codes::DUPLICATE, name.span, message);
    if let Some(first) = first {
        diagnostic = diagnostic.label(first, "first declared here");
    }
    program.report(diagnostic);
}

fn add_adt(
    program: &mut Program,
    module: ModuleId,
    item: u32,
    name: Ident,
    full_name: String,
    variants: Vec<Variant>,
    is_enum: bool,
) -> AdtId {
    let text = program.text(name.name);
    let position = vitbc::types::ERROR_NAMES.iter().position(|error| *error == text);
    let predefined =
        position.filter(|_| module == PRELUDE).map(|position| TypeIdx(TypeIdx::FIRST_ERROR.0 + position as u32));
    let id = AdtId(program.adts.len() as u32);
    program.adts.push(Adt {
        module,
        item,
        name: name.name,
        full_name,
        is_enum,
        is_extern: false,
        generics: vec![],
        variants,
        span: name.span,
        predefined,
    });
    id
}

/// A function whose types are still open.
pub(super) fn open_func(
    (module, item): (ModuleId, u32),
    name: Name,
    full_name: String,
    source: Source,
    span: Span,
) -> Func {
    Func {
        module,
        item,
        name,
        full_name,
        generics: vec![],
        n_parent: 0,
        receiver: false,
        params: vec![],
        result: Ty::UNIT,
        parent: Parent::None,
        source,
        span,
    }
}

fn add_func(
    program: &mut Program,
    place: (ModuleId, u32),
    function: &ast::Fn,
    full_name: String,
    source: Source,
) -> FuncId {
    let id = FuncId(program.funcs.len() as u32);
    program.funcs.push(open_func(place, function.name.name, full_name, source, function.name.span));
    id
}

/// Why values cannot be held by such a trait, if they cannot.
fn why_no_objects(program: &Program, ast: &Ast, methods: &[ast::Fn]) -> Option<String> {
    for method in methods {
        let name = program.text(method.name.name);
        let own = program.names.get("Self");
        let mentions = |ty: TypeId| own.is_some_and(|own| mentions(ast, ty, own));
        if method.receiver.is_none() {
            return Some(format!("its method `{name}` has no `self`"));
        }
        if !method.generics.is_empty() {
            return Some(format!("its method `{name}` is generic"));
        }
        if method.params.iter().any(|param| mentions(param.ty)) || method.result.is_some_and(mentions) {
            return Some(format!("its method `{name}` mentions `Self`"));
        }
    }
    None
}

fn mentions(ast: &Ast, ty: TypeId, name: Name) -> bool {
    let any = |types: &[TypeId]| types.iter().any(|&ty| mentions(ast, ty, name));
    match &ast[ty].kind {
        TypeKind::Path(path, args) => path[0].name == name || any(args),
        TypeKind::List(item) | TypeKind::Optional(item) | TypeKind::Ptr(item) => mentions(ast, *item, name),
        TypeKind::Map(key, value) => mentions(ast, *key, name) || mentions(ast, *value, name),
        TypeKind::Tuple(items) => any(items),
        TypeKind::Fn(params, result) | TypeKind::ExternFn(params, result) => {
            any(params) || result.is_some_and(|result| mentions(ast, result, name))
        }
        TypeKind::Infer | TypeKind::Unit => false,
    }
}

/// Makes imported modules known to their importer.
pub(super) fn bind_imports(program: &mut Program, module: ModuleId, loaded: &Loaded) {
    for import in &loaded.imports {
        let name = import.name.name;
        let own = program.module(module);
        let first = own.items.get(&name).map(|entry| entry.span);
        if let Some(first) = first.or_else(|| own.imports.get(&name).map(|import| import.span)) {
            duplicate(program, import.name, Some(first), "name");
            continue;
        }
        let bound = Import { module: import.module, span: import.span, used: false };
        program.modules[module.0 as usize].imports.insert(name, bound);
    }
}
