//! What a program declares: modules, types, traits, functions and constants, each in a table.

use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, Names};
use crate::source::{FileId, Sources, Span};
use crate::types::{AdtId, Kind, TraitId, Ty, Types, Tys};
use rustc_hash::{FxHashMap, FxHashSet};
use vitbc::TypeIdx;

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub(crate) struct $id(pub(crate) u32);
    )* };
}

ids! {
    /// A module.
    ModuleId;
    /// A function.
    FuncId;
    /// A constant.
    ConstId;
    /// An `impl` block.
    ImplId;
}

/// What a name of a module stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Def {
    Module(ModuleId),
    Adt(AdtId),
    Trait(TraitId),
    Func(FuncId),
    Const(ConstId),
}

/// An item of a module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) def: Def,
    pub(crate) public: bool,
    pub(crate) span: Span,
}

/// An imported module.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) module: ModuleId,
    pub(crate) span: Span,
    pub(crate) used: bool,
}

#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) file: FileId,
    /// Of the standard library: not warned about, compiled as far as it is used.
    pub(crate) is_std: bool,
    pub(crate) items: FxHashMap<Name, Entry>,
    pub(crate) imports: FxHashMap<Name, Import>,
    /// Imported modules that do not exist; reported where they are imported.
    pub(crate) missing: Vec<Name>,
    /// The variants of its enums.
    pub(crate) variants: FxHashMap<Name, Vec<(AdtId, u32)>>,
}

/// A type parameter.
#[derive(Clone, Debug)]
pub(crate) struct Generic {
    pub(crate) name: Name,
    pub(crate) bounds: Vec<(TraitId, Tys)>,
}

/// A struct, which has one variant, or an enum.
#[derive(Debug)]
pub(crate) struct Adt {
    pub(crate) module: ModuleId,
    pub(crate) item: u32,
    pub(crate) name: Name,
    /// With its module, as messages show it.
    pub(crate) full_name: String,
    pub(crate) is_enum: bool,
    /// Whether it is a struct that C knows, too.
    pub(crate) is_extern: bool,
    pub(crate) generics: Vec<Generic>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) span: Span,
    /// Its place among the types that every bytecode module begins with.
    pub(crate) predefined: Option<TypeIdx>,
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) name: Name,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// `None` for a positional field.
    pub(crate) name: Option<Name>,
    pub(crate) ty: Ty,
    /// The function that gives its default.
    pub(crate) default: Option<FuncId>,
}

/// A trait. Type parameter 0 of it and its methods is `Self`.
#[derive(Debug)]
pub(crate) struct Trait {
    pub(crate) module: ModuleId,
    pub(crate) item: u32,
    pub(crate) full_name: String,
    pub(crate) generics: Vec<Generic>,
    pub(crate) methods: Vec<FuncId>,
    /// Why there are no objects of it.
    pub(crate) not_object: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Impl {
    pub(crate) generics: Vec<Generic>,
    pub(crate) of: Option<(TraitId, Tys)>,
    pub(crate) self_ty: Ty,
    pub(crate) methods: FxHashMap<Name, FuncId>,
    pub(crate) span: Span,
}

/// What a function belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parent {
    None,
    Impl(ImplId),
    /// The trait, and the method's position in it.
    Trait(TraitId, u32),
}

/// Where the body of a function is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// A method that a trait leaves to its implementations.
    Required,
    /// The item, and the method's position in it.
    Item(u32, u32),
    /// The default of a field, or the value of a constant.
    Expr(ast::ExprId),
    /// The statements of a file.
    TopLevel,
    /// A test.
    Test(u32),
    /// A function of the runtime, by its name there.
    Native(Name),
    /// A function of C: its library, whether it takes more arguments, and whether it may take its time.
    Extern { library: Option<Name>, variadic: bool, blocking: bool },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: Name,
    pub(crate) ty: Ty,
    pub(crate) mutable: bool,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Func {
    pub(crate) module: ModuleId,
    /// The item that it is declared in, or declares it.
    pub(crate) item: u32,
    pub(crate) name: Name,
    /// As stack traces show it.
    pub(crate) full_name: String,
    /// First those of the parent.
    pub(crate) generics: Vec<Generic>,
    /// How many are the parent's.
    pub(crate) n_parent: u32,
    /// Whether the first parameter is `self`.
    pub(crate) receiver: bool,
    pub(crate) params: Vec<Param>,
    pub(crate) result: Ty,
    pub(crate) parent: Parent,
    pub(crate) source: Source,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Const {
    pub(crate) module: ModuleId,
    pub(crate) name: Name,
    /// Gives its value; the result type is the constant's.
    pub(crate) func: FuncId,
    pub(crate) span: Span,
}

/// The outermost form of a type, by which methods are found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Head {
    Basic(Ty),
    List,
    Map,
    Tuple(u32),
    Optional,
    Fn,
    Ptr,
    Adt(AdtId),
    Trait(TraitId),
    /// Any type: of `impl[T] Trait for T`.
    All,
}

/// Items that the language itself refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lang {
    pub(crate) eq: TraitId,
    pub(crate) ord: TraitId,
    pub(crate) to_str: TraitId,
    pub(crate) num: TraitId,
    pub(crate) key: TraitId,
    pub(crate) error: TraitId,
    pub(crate) range: AdtId,
    pub(crate) assert_error: AdtId,
}

/// A program.
pub(crate) struct Program {
    pub(crate) names: Names,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) types: Types,
    pub(crate) modules: Vec<Module>,
    pub(crate) adts: Vec<Adt>,
    pub(crate) traits: Vec<Trait>,
    pub(crate) impls: Vec<Impl>,
    pub(crate) funcs: Vec<Func>,
    pub(crate) consts: Vec<Const>,
    /// Methods by the form of their receiver and their name.
    pub(crate) methods: FxHashMap<(Head, Name), Vec<FuncId>>,
    /// Trait methods that an implementation takes over from the trait: with the implementation.
    pub(crate) inherited: FxHashMap<(Head, Name), Vec<(ImplId, FuncId)>>,
    pub(crate) trait_impls: FxHashMap<(TraitId, Head), Vec<ImplId>>,
    pub(crate) lang: Option<Lang>,
    /// Places that have been reported as unknown names, so that they are not reported again.
    pub(crate) reported: FxHashSet<Span>,
}

impl Program {
    pub(crate) fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    pub(crate) fn adt(&self, id: AdtId) -> &Adt {
        &self.adts[id.0 as usize]
    }

    pub(crate) fn trait_data(&self, id: TraitId) -> &Trait {
        &self.traits[id.0 as usize]
    }

    pub(crate) fn imp(&self, id: ImplId) -> &Impl {
        &self.impls[id.0 as usize]
    }

    pub(crate) fn func(&self, id: FuncId) -> &Func {
        &self.funcs[id.0 as usize]
    }

    pub(crate) fn constant(&self, id: ConstId) -> &Const {
        &self.consts[id.0 as usize]
    }

    /// The items that the language refers to.
    pub(crate) fn lang(&self) -> Lang {
        self.lang.unwrap_or_else(|| unreachable!("the prelude is loaded before anything is checked"))
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The form of a type; `None` if nothing is known of it.
    pub(crate) fn head(&self, ty: Ty) -> Option<Head> {
        Some(match self.types.kind(ty) {
            Kind::Error | Kind::Infer(_) => return None,
            Kind::Param(..) => Head::All,
            Kind::List(_) => Head::List,
            Kind::Map(..) => Head::Map,
            Kind::Tuple(items) => Head::Tuple(self.types.list(items).len() as u32),
            Kind::Optional(_) => Head::Optional,
            Kind::Fn(..) => Head::Fn,
            Kind::Ptr(_) | Kind::ExternFn(..) => Head::Ptr,
            Kind::Adt(id, _) => Head::Adt(id),
            Kind::Trait(id, _) => Head::Trait(id),
            _ => Head::Basic(ty),
        })
    }

    /// The type of an `Adt`'s values within its own declaration.
    pub(crate) fn own_type(&mut self, id: AdtId) -> Ty {
        let generics: Vec<Name> = self.adt(id).generics.iter().map(|generic| generic.name).collect();
        let args: Vec<Ty> =
            generics.into_iter().enumerate().map(|(n, name)| self.types.param(n as u32, name)).collect();
        self.types.adt(id, &args)
    }
}
