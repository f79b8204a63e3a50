//! Types as bytecode knows them.

use super::Lowering;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::program::{Field, ModuleId};
use crate::types::{AdtId, Kind, TraitId, Ty, Tys};
use rustc_hash::FxHashSet;
use vitbc::TypeIdx;
use vitbc::limits::{MAX_FIELDS, MAX_NAME, MAX_TYPE_NESTING, MAX_VARIANTS};
use vitbc::types::{
    BUILTIN_NAMES, ERROR_NAMES, EnumType, MethodType, Signature, StructType, TraitType, Type, VariantType,
};

/// The names that a module's types cannot have.
pub(super) fn taken_names() -> FxHashSet<String> {
    BUILTIN_NAMES.iter().chain(ERROR_NAMES).map(|&name| name.to_owned()).collect()
}

impl Lowering<'_, '_> {
    /// The type of values that are kept somewhere.
    pub(super) fn ty(&mut self, ty: Ty) -> TypeIdx {
        match self.ty_or_unit(ty) {
            TypeIdx::UNIT => {
                self.unit_stored();
                TypeIdx::INT
            }
            idx => idx,
        }
    }

    fn unit_stored(&mut self) {
        if !self.failed {
            let span = self.at;
            let message = "an instance of a generic declaration would keep `()`, which has no values";
            self.error(Diagnostic::error(codes::UNIT_VALUE, span, message));
        }
    }

    /// The type of a result.
    pub(super) fn result_type(&mut self, ty: Ty) -> TypeIdx {
        self.ty_or_unit(ty)
    }

    /// The type of a register, which may be of no value.
    pub(super) fn ty_or_unit(&mut self, ty: Ty) -> TypeIdx {
        if let Some(&idx) = self.types.get(&ty) {
            return idx;
        }
        let idx = self.new_type(ty);
        self.types.insert(ty, idx);
        idx
    }

    fn tys(&mut self, tys: Tys) -> Vec<TypeIdx> {
        let list: Vec<Ty> = self.session.program.types.list(tys).to_vec();
        list.into_iter().map(|ty| self.ty(ty)).collect()
    }

    fn new_type(&mut self, ty: Ty) -> TypeIdx {
        let nesting = self.session.program.types.nesting(ty);
        if nesting > MAX_TYPE_NESTING || self.session.program.types.is_immense(ty) {
            // Nobody writes such types by way of many instances.
            if self.depth > 8 {
                self.endless(self.at);
            } else if !self.failed {
                let message = format!("{nesting} types nest in each other, but bytecode allows {MAX_TYPE_NESTING}");
                let diagnostic = Diagnostic::error(codes::TOO_COMPLEX, self.at, message);
                self.error(diagnostic.help("put a struct in between"));
            }
            return TypeIdx::INT;
        }
        match self.session.program.types.kind(ty) {
            Kind::Unit | Kind::Never => TypeIdx::UNIT,
            Kind::Bool => TypeIdx::BOOL,
            Kind::Int => TypeIdx::INT,
            Kind::Float => TypeIdx::FLOAT,
            Kind::I8 => TypeIdx::I8,
            Kind::I16 => TypeIdx::I16,
            Kind::I32 => TypeIdx::I32,
            Kind::U8 => TypeIdx::U8,
            Kind::U16 => TypeIdx::U16,
            Kind::U32 => TypeIdx::U32,
            Kind::U64 => TypeIdx::U64,
            Kind::F32 => TypeIdx::F32,
            Kind::Str => TypeIdx::STR,
            Kind::Bytes => TypeIdx::BYTES,
            Kind::Any => TypeIdx::ANY,
            Kind::Pid => TypeIdx::PID,
            Kind::MonitorRef => TypeIdx::MONITOR_REF,
            Kind::Ptr(_) | Kind::ExternFn(..) => TypeIdx::PTR,
            Kind::List(item) => {
                let item = self.ty(item);
                self.out.list(item)
            }
            Kind::Map(key, value) => {
                let infer = crate::types::Infer::default();
                if !self.session.program.is_key(&infer, key, &mut vec![]) {
                    let message = format!("`{}` cannot be the key of a map", self.session.program.show(key));
                    let span = self.at;
                    let diagnostic = Diagnostic::error(codes::BAD_KEY, span, message);
                    self.error(diagnostic.note("keys are `int`, `bool`, `str`, and tuples and enums of those"));
                    return TypeIdx::INT;
                }
                let (key, value) = (self.ty(key), self.ty(value));
                self.out.map(key, value)
            }
            Kind::Tuple(items) => {
                let items = self.tys(items);
                self.out.tuple(&items)
            }
            Kind::Optional(inner) => {
                let inner = self.ty(inner);
                self.out.optional(inner)
            }
            Kind::Fn(params, result) => {
                let params = self.tys(params);
                let result = self.result_type(result);
                self.out.fn_type(&params, result)
            }
            Kind::Adt(id, args) => self.adt_type(ty, id, args),
            Kind::Trait(id, args) => self.trait_type(ty, id, args),
            // Of what is made of values that never come to be, as in `[return]`: no code uses it.
            Kind::Error => TypeIdx::INT,
            kind @ (Kind::Param(..) | Kind::Infer(_)) => {
                unreachable!("types are complete when code is made, but here is {kind:?}")
            }
        }
    }

    /// A name for a type that no other has.
    fn type_name(&mut self, ty: Ty, module: ModuleId) -> String {
        let mut name = self.session.program.show(ty);
        // Without its module, as long as nothing of the main file bears the name.
        let prefix = format!("{}.", self.session.program.module(module).name);
        if let Some(short) = name.strip_prefix(&prefix)
            && !self.is_of_main(short)
        {
            name = short.to_owned();
        }
        name.retain(|c| !c.is_control());
        if name.len() > MAX_NAME - 100 {
            let mut cut = 200;
            while !name.is_char_boundary(cut) {
                cut -= 1;
            }
            name.truncate(cut);
        }
        if self.type_names.insert(name.clone()) {
            return name;
        }
        let qualified = format!("{}.{name}", self.session.program.module(module).name);
        let mut candidate = qualified.clone();
        let mut n = 2;
        while !self.type_names.insert(candidate.clone()) {
            candidate = format!("{qualified}#{n}");
            n += 1;
        }
        candidate
    }

    /// Whether the main file declares something of this name, apart from type arguments.
    fn is_of_main(&self, name: &str) -> bool {
        let name = name.split('[').next().unwrap_or(name);
        let name = self.session.program.names.get(name);
        name.is_some_and(|name| self.session.program.module(self.main).items.contains_key(&name))
    }

    fn adt_type(&mut self, ty: Ty, id: AdtId, args: Tys) -> TypeIdx {
        if let Some(idx) = self.session.program.adt(id).predefined {
            return idx;
        }
        let name: Box<str> = self.type_name(ty, self.session.program.adt(id).module).into();
        let idx = self.out.declare_type();
        // The fields may speak of the type itself.
        self.types.insert(ty, idx);
        let args: Vec<Ty> = self.session.program.types.list(args).to_vec();
        let adt = self.session.program.adt(id);
        let (is_enum, span) = (adt.is_enum, adt.span);
        let variants: Vec<(String, Vec<Field>)> = adt
            .variants
            .iter()
            .map(|variant| (self.session.program.text(variant.name).to_owned(), variant.fields.clone()))
            .collect();
        if variants.len() > MAX_VARIANTS || variants.iter().any(|(_, fields)| fields.len() > MAX_FIELDS) {
            let message = format!("at most {MAX_FIELDS} fields and {MAX_VARIANTS} variants are possible");
            self.error(Diagnostic::error(codes::TOO_COMPLEX, span, message));
        }
        let mut lowered: Vec<VariantType> = vec![];
        for (name, fields) in variants {
            let fields = fields
                .into_iter()
                .map(|field| {
                    let name = field.name.map_or("", |name| self.session.program.text(name)).into();
                    let field_ty = self.session.program.types.subst(field.ty, &args);
                    vitbc::types::Field { name, ty: self.ty(field_ty) }
                })
                .collect();
            lowered.push(VariantType { name: name.into(), fields });
        }
        let ty = match is_enum {
            true => Type::Enum(EnumType { name, variants: lowered.into() }),
            false => Type::Struct(StructType { name, fields: lowered.remove(0).fields }),
        };
        self.out.define_type(idx, ty);
        idx
    }

    fn trait_type(&mut self, ty: Ty, id: TraitId, args: Tys) -> TypeIdx {
        let name: Box<str> = self.type_name(ty, self.session.program.trait_data(id).module).into();
        let idx = self.out.declare_type();
        self.types.insert(ty, idx);
        let mut targs = vec![ty];
        targs.extend_from_slice(self.session.program.types.list(args));
        let mut methods = vec![];
        for method in self.session.program.trait_data(id).methods.clone() {
            let func = self.session.program.func(method);
            let name = self.session.program.text(func.name).into();
            let params: Vec<Ty> = func.params[1..].iter().map(|param| param.ty).collect();
            let result = func.result;
            let params = params
                .into_iter()
                .map(|param| {
                    let param = self.session.program.types.subst(param, &targs);
                    self.ty(param)
                })
                .collect();
            let result = self.session.program.types.subst(result, &targs);
            let result = self.result_type(result);
            methods.push(MethodType { name, signature: Signature { params, result } });
        }
        self.out.define_type(idx, Type::Trait(TraitType { name, methods: methods.into() }));
        idx
    }

    /// The box that a captured variable of this type lives in.
    pub(super) fn cell(&mut self, ty: Ty) -> TypeIdx {
        if let Some(&idx) = self.cells.get(&ty) {
            return idx;
        }
        let held = self.ty(ty);
        let idx = self.out.declare_type();
        let name = format!("box of {}", self.session.program.show(ty));
        let mut candidate = name.clone();
        let mut n = 2;
        while !self.type_names.insert(candidate.clone()) {
            candidate = format!("{name}#{n}");
            n += 1;
        }
        let fields = Box::new([vitbc::types::Field { name: "value".into(), ty: held }]);
        self.out.define_type(idx, Type::Struct(StructType { name: candidate.into(), fields }));
        self.cells.insert(ty, idx);
        idx
    }
}
