//! The types that declarations mention.

use super::declare::open_func;
use crate::ast::{self, Ast, ExprKind, ItemKind, TypeId, TypeKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lookup::TypeScope;
use crate::names::{Name, kw};
use crate::program::{Field, Func, FuncId, Generic, Impl, ImplId, ModuleId, Param, Parent, Program, Source};
use crate::source::Span;
use crate::types::{AdtId, Kind, TraitId, Ty};
use rustc_hash::{FxHashMap, FxHashSet};

/// Resolves the types in all declarations.
pub(super) fn resolve(program: &mut Program, asts: &[Ast]) {
    name_generics(program, asts);
    for position in 0..program.adts.len() {
        adt(program, asts, AdtId(position as u32));
    }
    for position in 0..program.adts.len() {
        check_extern_struct(program, AdtId(position as u32));
    }
    for position in 0..program.traits.len() {
        trait_methods(program, asts, TraitId(position as u32));
    }
    for position in 0..program.funcs.len() {
        free_function(program, asts, FuncId(position as u32));
    }
    for (position, ast) in asts.iter().enumerate() {
        implementations(program, ModuleId(position as u32), ast);
    }
}

/// Type parameters come first, so that types that mention each other's declarations know how many there are.
fn name_generics(program: &mut Program, asts: &[Ast]) {
    for position in 0..program.adts.len() {
        let (module, item) = (program.adts[position].module, program.adts[position].item);
        let (ItemKind::Struct { generics, .. } | ItemKind::Enum { generics, .. }) =
            &asts[module.0 as usize].items[item as usize].kind
        else {
            unreachable!("a type is declared by a struct or an enum")
        };
        program.adts[position].generics = unbound(program, generics, vec![]);
    }
    for position in 0..program.traits.len() {
        let (module, item) = (program.traits[position].module, program.traits[position].item);
        let ItemKind::Trait { generics, .. } = &asts[module.0 as usize].items[item as usize].kind else {
            unreachable!("a trait is declared by a trait item")
        };
        let own = Generic { name: program.names.intern("Self"), bounds: vec![] };
        program.traits[position].generics = unbound(program, generics, vec![own]);
    }
}

/// The type parameters of a declaration behind those of its parent, without their bounds.
fn unbound(program: &mut Program, generics: &[ast::Generic], parent: Vec<Generic>) -> Vec<Generic> {
    let mut all = parent;
    for generic in generics {
        if all.iter().any(|known| known.name == generic.name.name) {
            let message = format!("the type parameter `{}` is declared twice", program.text(generic.name.name));
            program.report(Diagnostic::error(codes::DUPLICATE, generic.name.span, message));
        }
        all.push(Generic { name: generic.name.name, bounds: vec![] });
    }
    all
}

/// Adds the bounds of a declaration's own type parameters, which are the last of `all`.
fn bind(
    program: &mut Program,
    ast: &Ast,
    module: ModuleId,
    self_ty: Option<Ty>,
    own: &[ast::Generic],
    all: &mut [Generic],
) {
    let first = all.len() - own.len();
    for (position, generic) in own.iter().enumerate() {
        let scope = TypeScope { module, generics: all, self_ty };
        let bounds: Vec<_> =
            generic.bounds.iter().filter_map(|&bound| program.resolve_trait(ast, scope, bound)).collect();
        all[first + position].bounds = bounds;
    }
}

fn adt(program: &mut Program, asts: &[Ast], id: AdtId) {
    let (module, item) = (program.adt(id).module, program.adt(id).item);
    let ast = &asts[module.0 as usize];
    let self_ty = Some(program.own_type(id));
    let mut generics = program.adt(id).generics.clone();
    match &ast.items[item as usize].kind {
        ItemKind::Struct { generics: own, fields, .. } => {
            bind(program, ast, module, self_ty, own, &mut generics);
            program.adts[id.0 as usize].generics = generics.clone();
            let fields = adt_fields(program, ast, id, TypeScope { module, generics: &generics, self_ty }, fields);
            program.adts[id.0 as usize].variants[0].fields = fields;
        }
        ItemKind::Enum { generics: own, variants, .. } => {
            bind(program, ast, module, self_ty, own, &mut generics);
            program.adts[id.0 as usize].generics = generics.clone();
            let scope = TypeScope { module, generics: &generics, self_ty };
            for (position, variant) in variants.iter().enumerate() {
                let fields = adt_fields(program, ast, id, scope, &variant.fields);
                program.adts[id.0 as usize].variants[position].fields = fields;
            }
        }
        _ => unreachable!("a type is declared by a struct or an enum"),
    }
}

fn adt_fields(program: &mut Program, ast: &Ast, id: AdtId, scope: TypeScope<'_>, fields: &[ast::Field]) -> Vec<Field> {
    let mut known: FxHashSet<Name> = FxHashSet::default();
    let mut resolved = Vec::with_capacity(fields.len());
    for field in fields {
        if let Some(name) = field.name
            && !known.insert(name.name)
        {
            let message = format!("the field `{}` is declared twice", program.text(name.name));
            program.report(Diagnostic::error(codes::DUPLICATE, name.span, message));
        }
        let ty = program.value_type(ast, scope, field.ty, None);
        let default = field.default.map(|value| {
            let name = field.name.map_or(program.adt(id).name, |name| name.name);
            let full_name = format!("{}.{}", program.adt(id).full_name, program.text(name));
            let func = FuncId(program.funcs.len() as u32);
            program.funcs.push(Func {
                generics: scope.generics.to_vec(),
                n_parent: scope.generics.len() as u32,
                result: ty,
                ..open_func((scope.module, program.adt(id).item), name, full_name, Source::Expr(value), ast[value].span)
            });
            func
        });
        resolved.push(Field { name: field.name.map(|name| name.name), ty, default });
    }
    resolved
}

/// Fills in the types of a function: `parent` are the type parameters around it.
fn signature(
    program: &mut Program,
    ast: &Ast,
    id: FuncId,
    function: &ast::Fn,
    parent: &[Generic],
    self_ty: Option<Ty>,
) {
    let module = program.func(id).module;
    let mut generics = unbound(program, &function.generics, parent.to_vec());
    bind(program, ast, module, self_ty, &function.generics, &mut generics);
    let scope = TypeScope { module, generics: &generics, self_ty };
    let mut params = vec![];
    if let Some(span) = function.receiver {
        match self_ty {
            Some(ty) => params.push(Param { name: kw::SELF, ty, mutable: false, span }),
            None => {
                let message = "only methods take `self`";
                program.report(Diagnostic::error(codes::MISPLACED, span, message).help("move it into an `impl` block"));
            }
        }
    }
    for param in &function.params {
        if params.iter().any(|known: &Param| known.name == param.name.name) && program.text(param.name.name) != "_" {
            let message = format!("the parameter `{}` is declared twice", program.text(param.name.name));
            program.report(Diagnostic::error(codes::DUPLICATE, param.name.span, message));
        }
        let ty = program.value_type(ast, scope, param.ty, None);
        params.push(Param { name: param.name.name, ty, mutable: param.mutable, span: param.name.span });
    }
    let result = function.result.map_or(Ty::UNIT, |result| program.resolve_type(ast, scope, result, None));
    if function.variadic && !matches!(program.func(id).source, Source::Extern { .. }) {
        let message = "only foreign functions take a variable number of arguments";
        program.report(Diagnostic::error(codes::MISPLACED, function.span, message).help("take a list"));
    }
    let func = &mut program.funcs[id.0 as usize];
    func.n_parent = parent.len() as u32;
    func.generics = generics;
    func.receiver = function.receiver.is_some() && self_ty.is_some();
    func.params = params;
    func.result = result;
    func.span = function.name.span;
}

fn free_function(program: &mut Program, asts: &[Ast], id: FuncId) {
    let func = program.func(id);
    let (module, source) = (func.module, func.source);
    let ast = &asts[module.0 as usize];
    match source {
        Source::Item(item, 0) if func.parent == Parent::None => {
            if let ItemKind::Fn(function) = &ast.items[item as usize].kind {
                signature(program, ast, id, function, &[], None);
            }
        }
        Source::Expr(_) | Source::Native(_) | Source::Extern { .. } => match &ast.items[func.item as usize].kind {
            ItemKind::Extern { function, .. } => {
                signature(program, ast, id, function, &[], None);
                check_extern(program, id);
            }
            ItemKind::Const { ty, value, .. } => {
                let scope = TypeScope { module, generics: &[], self_ty: None };
                let result = match ty {
                    Some(ty) => program.value_type(ast, scope, *ty, None),
                    None => literal_type(program, ast, *value),
                };
                program.funcs[id.0 as usize].result = result;
            }
            _ => {}
        },
        _ => {}
    }
}

/// The type of a constant that is declared without one.
fn literal_type(program: &mut Program, ast: &Ast, value: ast::ExprId) -> Ty {
    match &ast[value].kind {
        ExprKind::Int(_) => Ty::INT,
        ExprKind::Float(_) => Ty::FLOAT,
        ExprKind::Bool(_) => Ty::BOOL,
        ExprKind::Str(_) => Ty::STR,
        ExprKind::Bytes(_) => Ty::BYTES,
        ExprKind::Unary(ast::Unary::Neg, operand) => literal_type(program, ast, *operand),
        ExprKind::Error => Ty::ERROR,
        _ => {
            let message = "the constant's type must be written out";
            let diagnostic = Diagnostic::error(codes::CANNOT_INFER, ast[value].span, message);
            program.report(diagnostic.help("write `const NAME: int = …`"));
            Ty::ERROR
        }
    }
}

/// Checks that C has the types of a foreign function.
fn check_extern(program: &mut Program, id: FuncId) {
    let func = program.func(id);
    if matches!(func.source, Source::Native(_)) {
        return;
    }
    let is_blocking = matches!(func.source, Source::Extern { blocking: true, .. });
    let mut all: Vec<(Ty, Span, bool)> = func.params.iter().map(|param| (param.ty, param.span, true)).collect();
    all.push((func.result, func.span, false));
    for (ty, span, is_param) in all {
        let kind = program.types.kind(ty);
        let fits = program.crosses_to_c(ty)
            || is_param && kind == Kind::Str
            || !is_param && matches!(kind, Kind::Unit | Kind::Never);
        if !fits {
            no_c_type(program, ty, span);
        } else if is_blocking && matches!(kind, Kind::ExternFn(..)) {
            let message = "a blocking function cannot call back: other processes run meanwhile";
            program.report(Diagnostic::error(codes::BAD_FOREIGN, span, message));
        }
    }
}

/// Reports that C has no such type.
fn no_c_type(program: &mut Program, ty: Ty, span: Span) {
    let message = format!("C has no type `{}`", program.show(ty));
    let diagnostic = Diagnostic::error(codes::BAD_FOREIGN, span, message);
    let help = match program.types.kind(ty) {
        Kind::Adt(id, _) if !program.adt(id).is_enum => "C knows a struct that is declared with `extern struct`",
        _ => "use numbers, `bool`, `*const T`, `*mut T`, `extern fn(…)` or an `extern struct`",
    };
    program.report(diagnostic.help(help));
}

/// Checks that C has the types of an `extern struct`.
fn check_extern_struct(program: &mut Program, id: AdtId) {
    let adt = program.adt(id);
    if !adt.is_extern {
        return;
    }
    let span = adt.span;
    let message = if !adt.generics.is_empty() {
        "C has no structs with type parameters"
    } else if adt.variants[0].fields.is_empty() {
        "C has no structs without fields"
    } else if let Some(field) = adt.variants[0].fields.iter().find(|field| !program.is_in_c(field.ty)) {
        return no_c_type(program, field.ty, span);
    } else if !program.is_moderate_in_c(id) {
        "the struct contains itself, or is too large to cross to C"
    } else {
        return;
    };
    program.report(Diagnostic::error(codes::BAD_FOREIGN, span, message));
}

fn trait_methods(program: &mut Program, asts: &[Ast], id: TraitId) {
    let (module, item) = (program.trait_data(id).module, program.trait_data(id).item);
    let ast = &asts[module.0 as usize];
    let ItemKind::Trait { generics: own, methods, .. } = &ast.items[item as usize].kind else {
        unreachable!("a trait is declared by a trait item")
    };
    let mut generics = program.trait_data(id).generics.clone();
    let self_ty = program.types.param(0, generics[0].name);
    bind(program, ast, module, Some(self_ty), own, &mut generics);
    // Within the trait, `Self` implements it.
    let args: Vec<Ty> = (1..generics.len()).map(|n| program.types.param(n as u32, generics[n].name)).collect();
    let args = program.types.tys(&args);
    generics[0].bounds.push((id, args));
    program.traits[id.0 as usize].generics = generics.clone();
    let mut names: FxHashSet<Name> = FxHashSet::default();
    for (position, method) in methods.iter().enumerate() {
        if !names.insert(method.name.name) {
            let message = format!("the method `{}` is declared twice", program.text(method.name.name));
            program.report(Diagnostic::error(codes::DUPLICATE, method.name.span, message));
        }
        let full_name = format!("{}.{}", program.trait_data(id).full_name, program.text(method.name.name));
        let source = match method.body {
            Some(_) => Source::Item(item, position as u32),
            None => Source::Required,
        };
        let func = FuncId(program.funcs.len() as u32);
        program.funcs.push(Func {
            parent: Parent::Trait(id, position as u32),
            ..open_func((module, item), method.name.name, full_name, source, method.name.span)
        });
        signature(program, ast, func, method, &generics, Some(self_ty));
        program.traits[id.0 as usize].methods.push(func);
    }
}

fn implementations(program: &mut Program, module: ModuleId, ast: &Ast) {
    for (position, item) in ast.items.iter().enumerate() {
        let ItemKind::Impl { generics: own, of, ty, methods } = &item.kind else { continue };
        let mut generics = unbound(program, own, vec![]);
        bind(program, ast, module, None, own, &mut generics);
        let self_ty = self_type(program, ast, TypeScope { module, generics: &generics, self_ty: None }, *ty);
        let scope = TypeScope { module, generics: &generics, self_ty: Some(self_ty) };
        let of = match of {
            None => None,
            Some(of) => match program.resolve_trait(ast, scope, *of) {
                Some(of) => Some(of),
                None => continue,
            },
        };
        let id = ImplId(program.impls.len() as u32);
        program.impls.push(Impl {
            generics: generics.clone(),
            of,
            self_ty,
            methods: FxHashMap::default(),
            span: ast[*ty].span,
        });
        let shown = program.show(self_ty);
        for (n, method) in methods.iter().enumerate() {
            let full_name = format!("{shown}.{}", program.text(method.name.name));
            let func = FuncId(program.funcs.len() as u32);
            let source = Source::Item(position as u32, n as u32);
            program.funcs.push(Func {
                parent: Parent::Impl(id),
                ..open_func((module, position as u32), method.name.name, full_name, source, method.name.span)
            });
            signature(program, ast, func, method, &generics, Some(self_ty));
            if let Some(first) = program.imp(id).methods.get(&method.name.name) {
                let first = program.func(*first).span;
                let message = format!("the method `{}` is declared twice", program.text(method.name.name));
                let diagnostic = Diagnostic::error(codes::DUPLICATE, method.name.span, message);
                program.report(diagnostic.label(first, "first declared here"));
                continue;
            }
            program.impls[id.0 as usize].methods.insert(method.name.name, func);
        }
    }
}

/// The type that an `impl` is for. A trait may stand here as a type even if it has no objects to offer.
fn self_type(program: &mut Program, ast: &Ast, scope: TypeScope<'_>, ty: TypeId) -> Ty {
    if let TypeKind::Path(path, args) = &ast[ty].kind
        && args.is_empty()
        && path.len() == 1
        && let Some(simple) = program.simple_type(scope, path[0].name)
    {
        return simple;
    }
    program.resolve_type(ast, scope, ty, None)
}
