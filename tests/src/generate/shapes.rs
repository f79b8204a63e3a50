//! The types of a random program, its constants, and the small functions that closures and methods are made of.

use super::frame::Frame;
use super::world::{Callable, World};
use super::{const_of, natives};
use vitbc::types::{EnumType, Field, MethodType, StructType, TraitType, VariantType};
use vitbc::{Const, FuncIdx, Global, Signature, Type, TypeIdx};

const NUMBERS: &[TypeIdx] = &[
    TypeIdx::INT,
    TypeIdx::FLOAT,
    TypeIdx::I8,
    TypeIdx::I16,
    TypeIdx::I32,
    TypeIdx::U8,
    TypeIdx::U16,
    TypeIdx::U32,
    TypeIdx::U64,
    TypeIdx::F32,
];

/// Declares what every function may use.
pub fn declare(world: &mut World) {
    scalars(world);
    nominal(world);
    for _ in 0..world.dice.between(4, 12) {
        structural(world);
    }
    natives::declare(world);
    globals(world);
    for position in 0..world.dice.between(1, 3) {
        closure_type(world, position);
    }
    for position in 0..world.dice.between(0, 2) {
        trait_type(world, position);
    }
}

/// All built-in types, some more often than others.
fn scalars(world: &mut World) {
    world.values.extend([TypeIdx::INT, TypeIdx::INT, TypeIdx::INT, TypeIdx::FLOAT, TypeIdx::BOOL, TypeIdx::STR]);
    for &number in NUMBERS {
        if world.dice.chance(60) {
            world.values.push(number);
        }
    }
    world.values.extend([TypeIdx::BYTES, TypeIdx::ANY]);
}

fn field(name: &str, ty: TypeIdx) -> Field {
    Field { name: name.into(), ty }
}

fn fields(world: &mut World, from: u64) -> Box<[Field]> {
    let n = if world.dice.chance(8) { world.dice.between(9, 16) } else { world.dice.between(from, 4) };
    (0..n).map(|n| field(&format!("f{n}"), world.value_type())).collect()
}

fn positional(world: &mut World, n: u64) -> Box<[Field]> {
    (0..n).map(|_| field("", world.value_type())).collect()
}

fn nominal(world: &mut World) {
    for position in 0..world.dice.between(1, 2) {
        let declared = StructType { name: format!("Record{position}").into(), fields: fields(world, 1) };
        let idx = world.intern(Type::Struct(declared));
        world.values.push(idx);
    }
    // A linked struct: its second field is an optional of itself.
    let node = TypeIdx::new(world.module.types.len());
    let link = TypeIdx::new(node.index() + 1);
    let value = *world.dice.pick(NUMBERS);
    let declared = StructType { name: "Node".into(), fields: Box::new([field("value", value), field("next", link)]) };
    world.intern(Type::Struct(declared));
    world.intern(Type::Optional(node));
    world.values.extend([node, link]);

    let variant = |name: &str, fields: Box<[Field]>| VariantType { name: name.into(), fields };
    let color = ["Red", "Green", "Blue"].map(|name| variant(name, Box::new([])));
    let color = world.intern(Type::Enum(EnumType { name: "Color".into(), variants: Box::new(color) }));
    world.values.push(color);
    let payload = positional(world, 1);
    let named = fields(world, 2);
    let shape = [variant("Empty", Box::new([])), variant("One", payload), variant("Many", named)];
    let shape = world.intern(Type::Enum(EnumType { name: "Shape".into(), variants: Box::new(shape) }));
    world.values.push(shape);
    // A recursive enum that is also a key of maps.
    let chain = TypeIdx::new(world.module.types.len());
    let link = Box::new([field("", TypeIdx::INT), field("", chain)]);
    let variants = Box::new([variant("End", Box::new([])), variant("Link", link)]);
    world.intern(Type::Enum(EnumType { name: "Chain".into(), variants }));
    world.values.push(chain);
}

/// Adds a list, map, tuple or optional of what is there.
fn structural(world: &mut World) {
    let ty = match world.dice.below(5) {
        0 | 1 => Type::List(world.value_type()),
        2 => {
            let keys = key_types(world);
            Type::Map(*world.dice.pick(&keys), world.value_type())
        }
        3 => Type::Tuple((0..world.dice.between(2, 4)).map(|_| world.value_type()).collect()),
        _ => {
            let has_nil = |world: &World, ty| matches!(world.ty(ty), Type::Optional(_) | Type::Any);
            let inner = world.value_type_where(|world, ty| !has_nil(world, ty));
            Type::Optional(inner.unwrap_or(TypeIdx::INT))
        }
    };
    // A tree of types doubles what is printed at each level.
    if depth(world, &ty) > 3 {
        return;
    }
    let idx = world.intern(ty);
    if !world.values.contains(&idx) {
        world.values.push(idx);
    }
}

fn depth(world: &World, ty: &Type) -> usize {
    let of = |idx: &TypeIdx| depth(world, world.ty(*idx));
    match ty {
        Type::List(item) | Type::Optional(item) => 1 + of(item),
        Type::Map(_, value) => 1 + of(value),
        Type::Tuple(items) => 1 + items.iter().map(of).max().unwrap_or(0),
        Type::Struct(_) | Type::Enum(_) => 1,
        _ => 0,
    }
}

/// The types that may be keys.
fn key_types(world: &World) -> Vec<TypeIdx> {
    world.values.iter().copied().filter(|&ty| is_key(world, ty, 0)).collect()
}

fn is_key(world: &World, ty: TypeIdx, depth: usize) -> bool {
    match world.ty(ty) {
        Type::Int | Type::Bool | Type::Str => true,
        Type::Tuple(items) => items.iter().all(|&item| is_key(world, item, depth)),
        // A recursive enum is one if its other parts are.
        Type::Enum(_) if depth > 0 => true,
        Type::Enum(declared) => {
            declared.variants.iter().flat_map(|variant| &variant.fields).all(|field| is_key(world, field.ty, depth + 1))
        }
        _ => false,
    }
}

fn globals(world: &mut World) {
    for position in 0..world.dice.below(4) {
        let ty = match world.dice.below(6) {
            0 => TypeIdx::ANY,
            1 => TypeIdx::STR,
            _ => *world.dice.pick(NUMBERS),
        };
        let value = match ty {
            TypeIdx::ANY => Some(Const::Nil),
            _ => const_of(world, ty),
        };
        let Some(value) = value else { continue };
        world.module.globals.push(Global { name: format!("GLOBAL{position}"), ty, value });
    }
}

/// A function type with two functions, one of which captures values.
fn closure_type(world: &mut World, position: u64) {
    let params: Vec<TypeIdx> = (0..world.dice.below(3)).map(|_| world.value_type()).collect();
    let result = world.value_type();
    let ty = world.intern(Type::Fn(Signature { params: params.clone().into(), result }));
    let captures: Vec<TypeIdx> = (0..world.dice.between(1, 6)).map(|_| world.value_type()).collect();
    let plain = leaf(world, &format!("plain{position}"), &params, result, &[]);
    let capturing = leaf(world, &format!("capturing{position}"), &params, result, &captures);
    match world.closures.iter_mut().find(|(known, _)| *known == ty) {
        Some((_, callables)) => callables.extend([plain, capturing]),
        None => world.closures.push((ty, vec![plain, capturing])),
    }
}

/// A function that calls nothing.
fn leaf(world: &mut World, name: &str, params: &[TypeIdx], result: TypeIdx, captures: &[TypeIdx]) -> Callable {
    let mut frame = Frame::new(world, params, result);
    frame.may_call = false;
    frame.set_captures(captures);
    frame.set_budget(60);
    frame.load_args();
    frame.block(2);
    frame.return_value();
    let (function, cost) = frame.finish(name);
    Callable { func: world.define(function), cost }
}

/// A trait and three types that implement it.
fn trait_type(world: &mut World, position: u64) {
    let methods: Vec<MethodType> = (0..world.dice.between(1, 3))
        .map(|n| {
            let params = (0..world.dice.below(3)).map(|_| world.value_type()).collect();
            let result = world.value_type();
            MethodType { name: format!("method{n}").into(), signature: Signature { params, result } }
        })
        .collect();
    let declared = TraitType { name: format!("Trait{position}").into(), methods: methods.clone().into() };
    let trait_ty = world.intern(Type::Trait(declared));
    for n in 0..3 {
        let implements = |world: &World, ty| match world.ty(ty) {
            Type::Optional(_) | Type::Any => false,
            _ => !world.implementers(trait_ty).contains(&ty),
        };
        let Some(ty) = world.value_type_where(implements) else { continue };
        let mut funcs: Vec<FuncIdx> = vec![];
        for method in &methods {
            let mut params = vec![ty];
            params.extend(&method.signature.params);
            let name = format!("{}_{position}_{n}", method.name);
            let callable = leaf(world, &name, &params, method.signature.result, &[]);
            world.method_cost = world.method_cost.max(callable.cost);
            funcs.push(callable.func);
        }
        world.implement(trait_ty, ty, funcs);
    }
    if !world.implementers(trait_ty).is_empty() {
        world.traits.push(trait_ty);
    }
}
