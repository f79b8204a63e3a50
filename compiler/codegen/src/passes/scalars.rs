//! Does without objects that never leave the function: their fields become values.
//!
//! An object may be replaced if it is only loaded from and stored to. Each field is then a variable that stores define
//! and loads read. An object stored in another one is looked at again when that one is gone.

use super::repair::Variables;
use crate::env::Env;
use crate::ir::cfg::Cfg;
use crate::ir::{Arg, Block, Function, Inst, Jump, Op, Terminator, Value};
use cranelift_codegen::entity::SecondaryMap;
use rustc_hash::FxHashMap;
use vitbc::TypeIdx;
use vitte_abi::object::Repr;
use vitte_abi::types::{Record, Shape};

/// Objects with more fields are left alone.
const MAX_FIELDS: usize = 32;

/// Replaces objects; their number.
pub(super) fn replace_objects(env: &Env<'_>, func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let mut objects = find_objects(env, func, &cfg);
    if objects.is_empty() {
        return 0;
    }
    drop_escaping(func, &mut objects);
    if objects.is_empty() {
        return 0;
    }
    let count = objects.len() as u64;
    Replacer::new(func, objects).replace(&cfg);
    count
}

/// An object that may be replaced.
struct Object {
    /// Where it is made, and by which instruction.
    block: Block,
    inst: Inst,
    /// The offset of each field that is not `unit`, in the order of the instruction's operands.
    offsets: Vec<u32>,
}

fn record<'e>(env: &'e Env<'_>, op: &Op) -> Option<&'e Record> {
    match *op {
        Op::New(ty, tag) => match &env.layout.table.types[ty as usize].shape {
            Shape::Struct(record) | Shape::Tuple(record) => Some(record),
            Shape::Enum(variants) => Some(&variants[tag as usize].record),
            other => unreachable!("a new object is no {other:?}"),
        },
        Op::NewClosure(func) => Some(env.layout.closure(func).1),
        _ => None,
    }
}

/// All objects that the function makes, by value.
fn find_objects(env: &Env<'_>, func: &Function, cfg: &Cfg) -> FxHashMap<Value, Object> {
    let mut objects = FxHashMap::default();
    let mut add = |block: Block, inst: Inst, value: Value| {
        let Some(record) = record(env, &func.insts[inst].op) else { return };
        let fields = record.fields.iter().filter(|field| env.layout.repr(TypeIdx(field.ty)) != Repr::Unit);
        let offsets: Vec<u32> = fields.map(|field| field.offset).collect();
        if offsets.len() <= MAX_FIELDS {
            objects.insert(value, Object { block, inst, offsets });
        }
    };
    for &block in &func.layout {
        let data = &func.blocks[block];
        for &inst in &data.insts {
            if let Some(result) = func.insts[inst].result {
                add(block, inst, result);
            }
        }
        if let Terminator::Try { inst, normal, .. } = &data.term
            && cfg.preds[normal.block].len() == 1
            && let [param] = result_params(func, normal)[..]
        {
            add(block, *inst, param);
        }
    }
    objects
}

/// The parameters that receive the result of a try.
fn result_params(func: &Function, normal: &Jump) -> Vec<Value> {
    let params = &func.blocks[normal.block].params;
    normal.args.iter().zip(params).filter(|&(&arg, _)| arg == Arg::Result).map(|(_, &param)| param).collect()
}

/// Drops objects of which something else than loads and stores takes the value.
fn drop_escaping(func: &Function, objects: &mut FxHashMap<Value, Object>) {
    for &block in &func.layout {
        let data = &func.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            let inst = &func.insts[inst];
            for (number, arg) in inst.args.iter().enumerate() {
                let is_access = number == 0 && matches!(inst.op, Op::Load(..) | Op::Store(..) | Op::Barrier(_));
                // The header is no field.
                let is_field = match inst.op {
                    Op::Load(_, offset, _) | Op::Store(offset, _) | Op::Barrier(offset) => {
                        objects.get(arg).is_some_and(|object| object.offsets.contains(&offset))
                    }
                    _ => false,
                };
                if !(is_access && is_field) {
                    objects.remove(arg);
                }
            }
        }
        data.term.for_each_operand(|value| drop(objects.remove(&value)));
        for value in data.term.jumps().flat_map(Jump::values) {
            objects.remove(&value);
        }
    }
}

struct Replacer<'f> {
    func: &'f mut Function,
    objects: FxHashMap<Value, Object>,
    variables: Variables,
    /// The variable of each field.
    numbers: FxHashMap<(Value, u32), u32>,
    /// The value of each variable in the block that is visited, as far as it is known.
    now: FxHashMap<u32, Value>,
    aliases: SecondaryMap<Value, Option<Value>>,
}

impl<'f> Replacer<'f> {
    fn new(func: &'f mut Function, objects: FxHashMap<Value, Object>) -> Replacer<'f> {
        let mut variables = Variables::default();
        let mut numbers = FxHashMap::default();
        let mut values: Vec<Value> = objects.keys().copied().collect();
        values.sort_unstable();
        for value in values {
            let object = &objects[&value];
            let args = &func.insts[object.inst].args;
            for (&offset, &arg) in object.offsets.iter().zip(args) {
                numbers.insert((value, offset), variables.add(func.repr(arg)));
            }
        }
        Replacer { func, objects, variables, numbers, now: FxHashMap::default(), aliases: SecondaryMap::new() }
    }

    fn replace(mut self, cfg: &Cfg) {
        let blocks = cfg.order.clone();
        for &block in &blocks {
            self.find_definitions(block);
        }
        for &block in &blocks {
            self.visit(cfg, block);
        }
        self.drop_tries();
        let Replacer { func, variables, aliases, .. } = self;
        variables.finish(func, cfg);
        for block in blocks {
            func.map_uses(block, |mut value| {
                while let Some(next) = aliases[value] {
                    value = next;
                }
                value
            });
        }
    }

    /// The fields' values at the end of a block that stores to them or makes their object.
    fn find_definitions(&mut self, block: Block) {
        self.now.clear();
        let insts = self.func.blocks[block].insts.iter().copied().chain(self.func.blocks[block].term.tried());
        for inst in insts {
            note_definition(self.func, &self.objects, &self.numbers, &mut self.now, block, inst);
        }
        for (&number, &value) in &self.now {
            self.variables.define(number, block, value);
        }
    }

    /// Replaces loads by values, and drops the rest.
    fn visit(&mut self, cfg: &Cfg, block: Block) {
        self.now.clear();
        let insts = std::mem::take(&mut self.func.blocks[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            let data = &self.func.insts[inst];
            let object = data.args.first().copied();
            match (&data.op, data.result) {
                (Op::Load(_, offset, _), Some(result)) if self.is_replaced(object) => {
                    let number = self.numbers[&(data.args[0], *offset)];
                    let value = match self.now.get(&number) {
                        Some(&value) => value,
                        None => self.variables.at_start(self.func, cfg, number, block),
                    };
                    self.now.insert(number, value);
                    self.aliases[result] = Some(value);
                }
                (Op::Barrier(_), _) if self.is_replaced(object) => {}
                _ => {
                    let (func, objects) = (&*self.func, &self.objects);
                    if !note_definition(func, objects, &self.numbers, &mut self.now, block, inst) {
                        kept.push(inst);
                    }
                }
            }
        }
        self.func.blocks[block].insts = kept;
    }

    fn is_replaced(&self, value: Option<Value>) -> bool {
        value.is_some_and(|value| self.objects.contains_key(&value))
    }

    /// Makes jumps of the tries that made objects.
    fn drop_tries(&mut self) {
        for (&value, object) in &self.objects {
            let term = &self.func.blocks[object.block].term;
            if term.tried() != Some(object.inst) {
                continue;
            }
            let Terminator::Try { normal, .. } = term else { unreachable!("it tries something") };
            let mut normal = normal.clone();
            normal.args.retain(|&arg| arg != Arg::Result);
            let to = normal.block;
            self.func.blocks[object.block].term = Terminator::Jump(normal);
            self.func.retain_params(to, |param| param != value);
        }
    }
}

/// Notes what an instruction that makes or stores to an object gives the fields; whether it is one.
fn note_definition(
    func: &Function,
    objects: &FxHashMap<Value, Object>,
    numbers: &FxHashMap<(Value, u32), u32>,
    now: &mut FxHashMap<u32, Value>,
    block: Block,
    inst: Inst,
) -> bool {
    let data = &func.insts[inst];
    match data.op {
        Op::Store(offset, _) if objects.contains_key(&data.args[0]) => {
            now.insert(numbers[&(data.args[0], offset)], data.args[1]);
            true
        }
        Op::New(..) | Op::NewClosure(_) => {
            let value = data.result.or_else(|| match &func.blocks[block].term {
                Terminator::Try { normal, .. } => result_params(func, normal).first().copied(),
                _ => None,
            });
            let Some((value, object)) = value.and_then(|value| Some((value, objects.get(&value)?))) else {
                return false;
            };
            for (&offset, &arg) in object.offsets.iter().zip(&data.args) {
                now.insert(numbers[&(value, offset)], arg);
            }
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    const POINT: &str = "STRUCT P { x: int, next: P? }\n";

    #[test]
    fn an_object_that_stays_is_not_made() {
        let (texts, _) = improved(&format!(
            "{POINT}FUNC f(n: int) -> int\nREG r0: P\nREG r1, r2: int\nREG r3: bool\nREG r4: P?\nLOAD_CONST r1, 0\n\
             LOAD_CONST r4, nil\nALLOC r0, P, r1, r4\nLOAD_CONST r2, 1\ntop:\nLOAD r1, r0, x\nLT r3, r1, n\nIF_NOT r3, out\n\
             ADD r1, r1, r2\nSTORE r0, x, r1\nJUMP top\nout:\nLOAD r1, r0, x\nRETURN r1\nEND"
        ));
        assert_eq!(count(&texts[0], "new ") + count(&texts[0], "load") + count(&texts[0], "store"), 0, "{}", texts[0]);
    }

    #[test]
    fn an_object_that_others_see_is_made() {
        let (texts, _) = improved(&format!(
            "{POINT}FUNC f(n: int) -> P\nREG r0: P\nREG r4: P?\nLOAD_CONST r4, nil\nALLOC r0, P, n, r4\nSTORE r0, x, n\n\
             RETURN r0\nEND"
        ));
        assert_eq!((count(&texts[0], "new "), count(&texts[0], "store ")), (1, 1), "{}", texts[0]);
    }

    #[test]
    fn an_object_in_another_goes_with_it() {
        let (texts, _) = improved(&format!(
            "{POINT}FUNC f(n: int) -> int\nREG r0, r1, r2: P\nREG r4: P?\nREG r5: int\nLOAD_CONST r4, nil\n\
             ALLOC r0, P, n, r4\nWRAP r4, r0\nALLOC r1, P, n, r4\nSTORE r1, next, r4\nLOAD r4, r1, next\nUNWRAP r2, r4\n\
             STORE r2, x, n\nLOAD r5, r2, x\nRETURN r5\nEND"
        ));
        assert_eq!(count(&texts[0], "new "), 0, "{}", texts[0]);
    }
}
