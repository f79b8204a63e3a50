//! Types, interned: two types are the same when their numbers are.

mod infer;
mod print;

pub(crate) use infer::Infer;

use crate::names::Name;
use rustc_hash::FxHashMap;

/// A type of [`Types`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Ty(u32);

/// A list of types of [`Types`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Tys(u32);

/// A struct or enum of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct AdtId(pub(crate) u32);

/// A trait of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct TraitId(pub(crate) u32);

/// What a type is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    /// Of something that has been reported already; goes with everything.
    Error,
    /// Of what never gives a value.
    Never,
    Unit,
    Bool,
    Int,
    Float,
    I8,
    I16,
    I32,
    U8,
    U16,
    U32,
    U64,
    F32,
    Str,
    Bytes,
    Any,
    Pid,
    MonitorRef,
    /// A raw pointer to values of a type.
    Ptr(Ty),
    /// The address of a C function.
    ExternFn(Tys, Ty),
    List(Ty),
    Map(Ty, Ty),
    Tuple(Tys),
    /// Never of an optional or `any`, which have nil already.
    Optional(Ty),
    Fn(Tys, Ty),
    Adt(AdtId, Tys),
    Trait(TraitId, Tys),
    /// A type parameter, by its position among those of the function or declaration at hand.
    Param(u32, Name),
    /// A type still to be found, by its number in [`Infer`].
    Infer(u32),
}

macro_rules! basic {
    ($($konst:ident $kind:ident $text:literal;)*) => {
        basic!(@consts 0u32; $($konst)*);
        const BASIC: &[(Kind, &str)] = &[$((Kind::$kind, $text)),*];
    };
    (@consts $n:expr; $first:ident $($rest:ident)*) => {
        #[allow(dead_code)] impl Ty { pub(crate) const $first: Ty = Ty($n); }
        basic!(@consts $n + 1; $($rest)*);
    };
    (@consts $n:expr;) => {};
}

basic! {
    ERROR Error "?";
    NEVER Never "never";
    UNIT Unit "()";
    BOOL Bool "bool";
    INT Int "int";
    FLOAT Float "float";
    I8 I8 "i8";
    I16 I16 "i16";
    I32 I32 "i32";
    U8 U8 "u8";
    U16 U16 "u16";
    U32 U32 "u32";
    U64 U64 "u64";
    F32 F32 "f32";
    STR Str "str";
    BYTES Bytes "bytes";
    ANY Any "any";
    PID Pid "pid";
    MONITOR_REF MonitorRef "monitor_ref";
}

impl Tys {
    pub(crate) const EMPTY: Tys = Tys(0);
}

/// What parts of a type there are, gathered when it is made.
#[derive(Clone, Copy, Default)]
struct Facts {
    infer: bool,
    param: bool,
    error: bool,
    /// How deep it nests.
    depth: u16,
    /// How deep types without a name nest in it.
    nesting: u16,
    /// About the length of its text.
    len: u32,
}

/// All types of a compilation.
pub(crate) struct Types {
    kinds: Vec<Kind>,
    facts: Vec<Facts>,
    map: FxHashMap<Kind, Ty>,
    lists: Vec<Box<[Ty]>>,
    list_map: FxHashMap<Box<[Ty]>, Tys>,
}

impl Default for Types {
    fn default() -> Self {
        let mut types = Types {
            kinds: vec![],
            facts: vec![],
            map: FxHashMap::default(),
            lists: vec![],
            list_map: FxHashMap::default(),
        };
        types.tys(&[]);
        for &(kind, _) in BASIC {
            types.intern(kind);
        }
        types
    }
}

impl Types {
    fn intern(&mut self, kind: Kind) -> Ty {
        if let Some(&ty) = self.map.get(&kind) {
            return ty;
        }
        let mut facts = Facts {
            infer: matches!(kind, Kind::Infer(_)),
            param: matches!(kind, Kind::Param(..)),
            error: kind == Kind::Error,
            depth: 0,
            nesting: 0,
            len: 4,
        };
        let is_named = matches!(kind, Kind::Adt(..) | Kind::Trait(..));
        self.for_each_part(kind, |part| {
            let part = self.facts[part.0 as usize];
            facts.infer |= part.infer;
            facts.param |= part.param;
            facts.error |= part.error;
            facts.depth = facts.depth.max(part.depth.saturating_add(1));
            facts.nesting = if is_named { 0 } else { facts.nesting.max(part.nesting.saturating_add(1)) };
            facts.len = facts.len.saturating_add(part.len);
        });
        let ty = Ty(self.kinds.len() as u32);
        self.kinds.push(kind);
        self.facts.push(facts);
        self.map.insert(kind, ty);
        ty
    }

    pub(crate) fn for_each_part(&self, kind: Kind, mut f: impl FnMut(Ty)) {
        match kind {
            Kind::Ptr(part) | Kind::List(part) | Kind::Optional(part) => f(part),
            Kind::Map(key, value) => {
                f(key);
                f(value);
            }
            Kind::Tuple(parts) | Kind::Adt(_, parts) | Kind::Trait(_, parts) => {
                self.list(parts).iter().for_each(|&part| f(part));
            }
            Kind::Fn(params, result) | Kind::ExternFn(params, result) => {
                self.list(params).iter().for_each(|&part| f(part));
                f(result);
            }
            _ => {}
        }
    }

    /// What a type is.
    pub(crate) fn kind(&self, ty: Ty) -> Kind {
        self.kinds[ty.0 as usize]
    }

    /// The types of a list.
    pub(crate) fn list(&self, tys: Tys) -> &[Ty] {
        &self.lists[tys.0 as usize]
    }

    /// The list of these types.
    pub(crate) fn tys(&mut self, list: &[Ty]) -> Tys {
        if let Some(&tys) = self.list_map.get(list) {
            return tys;
        }
        let tys = Tys(self.lists.len() as u32);
        self.lists.push(list.into());
        self.list_map.insert(list.into(), tys);
        tys
    }

    pub(crate) fn list_of(&mut self, item: Ty) -> Ty {
        self.intern(Kind::List(item))
    }

    pub(crate) fn map_of(&mut self, key: Ty, value: Ty) -> Ty {
        self.intern(Kind::Map(key, value))
    }

    pub(crate) fn tuple(&mut self, items: &[Ty]) -> Ty {
        let items = self.tys(items);
        self.intern(Kind::Tuple(items))
    }

    /// `inner?`; `inner` itself if it has nil already.
    pub(crate) fn optional(&mut self, inner: Ty) -> Ty {
        match self.kind(inner) {
            Kind::Optional(_) | Kind::Any | Kind::Error => inner,
            _ => self.intern(Kind::Optional(inner)),
        }
    }

    pub(crate) fn ptr(&mut self, to: Ty) -> Ty {
        self.intern(Kind::Ptr(to))
    }

    pub(crate) fn function(&mut self, params: &[Ty], result: Ty) -> Ty {
        let params = self.tys(params);
        self.intern(Kind::Fn(params, result))
    }

    pub(crate) fn extern_fn(&mut self, params: &[Ty], result: Ty) -> Ty {
        let params = self.tys(params);
        self.intern(Kind::ExternFn(params, result))
    }

    pub(crate) fn adt(&mut self, id: AdtId, args: &[Ty]) -> Ty {
        let args = self.tys(args);
        self.intern(Kind::Adt(id, args))
    }

    pub(crate) fn trait_object(&mut self, id: TraitId, args: Tys) -> Ty {
        self.intern(Kind::Trait(id, args))
    }

    pub(crate) fn param(&mut self, position: u32, name: Name) -> Ty {
        self.intern(Kind::Param(position, name))
    }

    pub(crate) fn infer(&mut self, number: u32) -> Ty {
        self.intern(Kind::Infer(number))
    }

    /// Whether parts of it are still to be found.
    pub(crate) fn has_infer(&self, ty: Ty) -> bool {
        self.facts[ty.0 as usize].infer
    }

    /// Whether it mentions type parameters.
    pub(crate) fn has_param(&self, ty: Ty) -> bool {
        self.facts[ty.0 as usize].param
    }

    /// Whether something about it has been reported.
    pub(crate) fn has_error(&self, ty: Ty) -> bool {
        self.facts[ty.0 as usize].error
    }

    /// Whether it nests so deep, or takes so much text, that only endless instantiation can have made it.
    pub(crate) fn is_immense(&self, ty: Ty) -> bool {
        let facts = self.facts[ty.0 as usize];
        facts.depth > 64 || facts.len > 100_000
    }

    /// How deep types without a name nest in it.
    pub(crate) fn nesting(&self, ty: Ty) -> usize {
        self.facts[ty.0 as usize].nesting.into()
    }

    /// Makes a type anew with each part replaced.
    pub(crate) fn map_parts(&mut self, ty: Ty, f: &mut dyn FnMut(&mut Types, Ty) -> Ty) -> Ty {
        let mut list = |types: &mut Types, tys: Tys| {
            let parts: Vec<Ty> = types.list(tys).to_vec();
            let parts: Vec<Ty> = parts.into_iter().map(|part| f(types, part)).collect();
            types.tys(&parts)
        };
        match self.kind(ty) {
            Kind::Tuple(items) => {
                let items = list(self, items);
                self.intern(Kind::Tuple(items))
            }
            Kind::Adt(id, args) => {
                let args = list(self, args);
                self.intern(Kind::Adt(id, args))
            }
            Kind::Trait(id, args) => {
                let args = list(self, args);
                self.intern(Kind::Trait(id, args))
            }
            Kind::Fn(params, result) => {
                let params = list(self, params);
                let result = f(self, result);
                self.intern(Kind::Fn(params, result))
            }
            Kind::ExternFn(params, result) => {
                let params = list(self, params);
                let result = f(self, result);
                self.intern(Kind::ExternFn(params, result))
            }
            Kind::Ptr(to) => {
                let to = f(self, to);
                self.intern(Kind::Ptr(to))
            }
            Kind::List(item) => {
                let item = f(self, item);
                self.intern(Kind::List(item))
            }
            Kind::Map(key, value) => {
                let (key, value) = (f(self, key), f(self, value));
                self.intern(Kind::Map(key, value))
            }
            Kind::Optional(inner) => {
                let inner = f(self, inner);
                self.optional(inner)
            }
            _ => ty,
        }
    }

    /// Replaces type parameters by `args`.
    pub(crate) fn subst(&mut self, ty: Ty, args: &[Ty]) -> Ty {
        if !self.has_param(ty) {
            return ty;
        }
        if let Kind::Param(position, _) = self.kind(ty) {
            return args.get(position as usize).copied().unwrap_or(Ty::ERROR);
        }
        self.map_parts(ty, &mut |types, part| types.subst(part, args))
    }

    /// Replaces type parameters in a list.
    pub(crate) fn subst_list(&mut self, tys: Tys, args: &[Ty]) -> Tys {
        let list: Vec<Ty> = self.list(tys).to_vec();
        let list: Vec<Ty> = list.into_iter().map(|ty| self.subst(ty, args)).collect();
        self.tys(&list)
    }
}

impl Kind {
    pub(crate) fn is_integer(self) -> bool {
        use Kind::*;
        matches!(self, Int | I8 | I16 | I32 | U8 | U16 | U32 | U64)
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Kind::Float | Kind::F32)
    }

    pub(crate) fn is_number(self) -> bool {
        self.is_integer() || self.is_float()
    }

    /// The least and greatest value of an integer type.
    pub(crate) fn range(self) -> Option<(i128, i128)> {
        Some(match self {
            Kind::Int => (i64::MIN.into(), i64::MAX.into()),
            Kind::I8 => (i8::MIN.into(), i8::MAX.into()),
            Kind::I16 => (i16::MIN.into(), i16::MAX.into()),
            Kind::I32 => (i32::MIN.into(), i32::MAX.into()),
            Kind::U8 => (0, u8::MAX.into()),
            Kind::U16 => (0, u16::MAX.into()),
            Kind::U32 => (0, u32::MAX.into()),
            Kind::U64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }
}

/// The basic type of this name.
pub(crate) fn basic(name: &str) -> Option<Ty> {
    let alias = match name {
        "i64" => "int",
        "f64" => "float",
        "usize" => "u64",
        "isize" => "int",
        "char" => "u8",
        "?" | "()" => return None,
        _ => name,
    };
    BASIC.iter().position(|(_, text)| *text == alias).map(|position| Ty(position as u32))
}

/// The names of the basic types.
pub(crate) fn basic_names() -> impl Iterator<Item = &'static str> {
    BASIC.iter().map(|&(_, text)| text).filter(|text| !["?", "()"].contains(text))
}
