//! What the runtime is told about a program's types: the layouts of a verified module's types, for both the code
//! generator and the interpreter, and the runtime functions that its natives name.
#![forbid(unsafe_code)]

mod natives;

pub use natives::resolve_natives;

use std::collections::BTreeMap;
use vitbc::types::{ERROR_NAMES, Field};
use vitbc::{FieldIdx, FuncIdx, Inst, Module, Type, TypeIdx, VariantIdx, Verified};
use vitte_abi::TypeId;
use vitte_abi::object::{Repr, offset, type_id};
use vitte_abi::types::{Record, Shape, TypeInfo, TypeTable, Variant};

// The abi names the predefined types by number, since neither leaf knows the other.
const _: () = {
    assert!(TypeIdx::PTR.0 == type_id::PTR && TypeIdx::STR.0 == type_id::STR && TypeIdx::ANY.0 == type_id::ANY);
    assert!(TypeIdx::FIRST_ERROR.0 == type_id::DIVIDE_BY_ZERO);
    assert!(TypeIdx::FIRST_ERROR.0 + ERROR_NAMES.len() as u32 == type_id::RAW_BUFFER);
    assert!(TypeIdx::FIRST_USER.0 == type_id::FIRST_USER);
};

/// The layouts of a program's types. Type ids are the module's type indices, then one for each function that is used
/// as a value.
#[derive(Debug)]
pub struct Layout {
    /// For the runtime.
    pub table: TypeTable,
    closures: BTreeMap<FuncIdx, TypeId>,
}

impl Layout {
    /// Lays out the types of a module.
    pub fn new(module: &Verified<Module>) -> Layout {
        let names = type_names(module);
        let mut table = TypeTable::default();
        for (index, ty) in module.types.iter().enumerate() {
            let (name, repr, shape) = match index as TypeId {
                type_id::RAW_BUFFER => ("buffer".into(), Repr::Ref, Shape::Buffer),
                type_id::REF_BUFFER => ("ref buffer".into(), Repr::Ref, Shape::Buffer),
                _ => (names[index].clone().into(), repr_of(ty), shape_of(module, ty)),
            };
            table.types.push(TypeInfo { name, repr, shape });
        }
        table.impls = module.impls.iter().map(|imp| (imp.trait_ty.0, imp.ty.0)).collect();
        table.impls.sort_unstable();

        let mut closures = BTreeMap::new();
        for inst in module.functions.iter().flat_map(|function| &function.code) {
            if let Inst::Closure { func, .. } = inst {
                closures.entry(*func).or_insert(0);
            }
        }
        for (&func, id) in &mut closures {
            *id = table.types.len() as TypeId;
            let (params, result) = module.signature(func).expect("verified: the function exists");
            let fn_type = module
                .types
                .iter()
                .position(|ty| matches!(ty, Type::Fn(sig) if *sig.params == *params && sig.result == result))
                .expect("verified: a closure has a function type");
            let captures = module.function(func).map_or(&[][..], |function| &function.captures);
            let fields = captures.iter().map(|&ty| ("".into(), ty.0, repr_of(module.ty(ty))));
            let record = Record::lay_out(offset::CLOSURE_CAPTURES, fields);
            let shape = Shape::Closure(fn_type as TypeId, record);
            table.types.push(TypeInfo { name: names[fn_type].clone().into(), repr: Repr::Ref, shape });
        }
        Layout { table, closures }
    }

    /// How a value of the type is held.
    pub fn repr(&self, ty: TypeIdx) -> Repr {
        self.table.types[ty.index()].repr
    }

    /// The type's name, as people write it.
    pub fn name(&self, ty: TypeIdx) -> &str {
        &self.table.types[ty.index()].name
    }

    /// The layout of a struct or tuple.
    pub fn record(&self, ty: TypeIdx) -> &Record {
        match &self.table.types[ty.index()].shape {
            Shape::Struct(record) | Shape::Tuple(record) => record,
            other => unreachable!("verified: a struct or tuple, not {other:?}"),
        }
    }

    /// The layout of one variant of an enum.
    pub fn variant(&self, ty: TypeIdx, variant: VariantIdx) -> &Record {
        match &self.table.types[ty.index()].shape {
            Shape::Enum(variants) => &variants[variant.index()].record,
            other => unreachable!("verified: an enum, not {other:?}"),
        }
    }

    /// The type and layout of the objects of a function used as a value.
    pub fn closure(&self, func: FuncIdx) -> (TypeId, &Record) {
        let id = self.closures[&func];
        match &self.table.types[id as usize].shape {
            Shape::Closure(_, record) => (id, record),
            other => unreachable!("a closure type, not {other:?}"),
        }
    }

    /// Whether a function is used as a value. One with captured values that is not never runs.
    pub fn is_closure(&self, func: FuncIdx) -> bool {
        self.closures.contains_key(&func)
    }

    /// The functions that are used as values, ascending.
    pub fn closure_functions(&self) -> impl Iterator<Item = FuncIdx> {
        self.closures.keys().copied()
    }

    /// Where a field stands and how it is held.
    pub fn field(&self, record: &Record, field: FieldIdx) -> (u32, Repr) {
        let info = &record.fields[field.index()];
        (info.offset, self.repr(TypeIdx(info.ty)))
    }
}

fn repr_of(ty: &Type) -> Repr {
    match ty {
        Type::Unit => Repr::Unit,
        Type::Bool | Type::I8 | Type::U8 => Repr::I8,
        Type::I16 | Type::U16 => Repr::I16,
        Type::I32 | Type::U32 => Repr::I32,
        Type::Int | Type::U64 | Type::Pid | Type::MonitorRef | Type::Ptr => Repr::I64,
        Type::F32 => Repr::F32,
        Type::Float => Repr::F64,
        _ => Repr::Ref,
    }
}

fn shape_of(module: &Module, ty: &Type) -> Shape {
    let lay_out = |fields: &[Field]| {
        let fields = fields.iter().map(|field| (field.name.clone(), field.ty.0, repr_of(module.ty(field.ty))));
        Record::lay_out(offset::FIELDS, fields)
    };
    match ty {
        Type::Str => Shape::Str,
        Type::Bytes => Shape::Bytes,
        Type::Any => Shape::Any,
        Type::List(item) => Shape::List(item.0),
        Type::Map(key, value) => Shape::Map(key.0, value.0),
        Type::Optional(inner) => Shape::Optional(inner.0),
        Type::Tuple(items) => {
            let fields = items.iter().map(|&ty| ("".into(), ty.0, repr_of(module.ty(ty))));
            Shape::Tuple(Record::lay_out(offset::FIELDS, fields))
        }
        Type::Struct(declared) => Shape::Struct(lay_out(&declared.fields)),
        Type::Enum(declared) => Shape::Enum(
            declared
                .variants
                .iter()
                .map(|variant| Variant { name: variant.name.clone(), record: lay_out(&variant.fields) })
                .collect(),
        ),
        Type::Fn(_) => Shape::Fn,
        Type::Trait(_) => Shape::Trait,
        _ => Shape::Scalar,
    }
}

/// The names of all types, as people write them. Structural types refer to earlier ones or to nominal ones.
fn type_names(module: &Module) -> Vec<String> {
    let mut names: Vec<String> = module
        .types
        .iter()
        .enumerate()
        .map(|(index, ty)| match ty {
            Type::Struct(declared) => declared.name.to_string(),
            Type::Enum(declared) => declared.name.to_string(),
            Type::Trait(declared) => declared.name.to_string(),
            _ => vitbc::types::BUILTIN_NAMES.get(index).map_or_else(String::new, |name| name.to_string()),
        })
        .collect();
    let join = |names: &[String], types: &[TypeIdx]| {
        types.iter().map(|ty| names[ty.index()].as_str()).collect::<Vec<_>>().join(", ")
    };
    for (index, ty) in module.types.iter().enumerate() {
        let name = match ty {
            Type::List(item) => format!("[{}]", names[item.index()]),
            Type::Map(key, value) => format!("{{{}: {}}}", names[key.index()], names[value.index()]),
            Type::Optional(inner) if matches!(module.ty(*inner), Type::Fn(_)) => format!("({})?", names[inner.index()]),
            Type::Optional(inner) => format!("{}?", names[inner.index()]),
            Type::Tuple(items) => format!("({})", join(&names, items)),
            Type::Fn(signature) => {
                let result = match signature.result {
                    TypeIdx::UNIT => String::new(),
                    result => format!(" -> {}", names[result.index()]),
                };
                format!("fn({}){result}", join(&names, &signature.params))
            }
            _ => continue,
        };
        names[index] = name;
    }
    names
}
