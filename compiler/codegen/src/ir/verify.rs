//! Checks that a function is well formed: what every pass may rely on, and has to leave behind.
//!
//! Every value is defined once, before its uses on all paths; operands and arguments are as many as needed and held as
//! needed; each try has an instruction that raises and is in no list; the entry has no predecessors.

use super::cfg::{Cfg, Dominators};
use super::{Arg, Block, Failure, Function, Inst, Jump, Op, Terminator, Value, ValueDef};
use crate::env::Env;
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use vitte_abi::functions::ArgType;
use vitte_abi::object::Repr;

/// Checks `func`, which is of the program `env`.
///
/// # Errors
/// The first fault found, in words.
pub fn verify(env: &Env<'_>, func: &Function) -> Result<(), String> {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let mut verifier = Verifier { env, func, cfg, dominators, places: SecondaryMap::new(), seen: EntitySet::new() };
    verifier.check()
}

/// Panics with the fault and the text of the function if it is not well formed. `after` says who is to blame.
pub fn assert_verified(env: &Env<'_>, func: &Function, after: &str) {
    if let Err(fault) = verify(env, func) {
        panic!("after {after}: {fault}\n{func}");
    }
}

struct Verifier<'a> {
    env: &'a Env<'a>,
    func: &'a Function,
    cfg: Cfg,
    dominators: Dominators,
    /// Where each value is defined: the block, and the place in it, parameters at 0.
    places: SecondaryMap<Value, Option<(Block, u32)>>,
    seen: EntitySet<Inst>,
}

impl Verifier<'_> {
    fn check(&mut self) -> Result<(), String> {
        self.check_entry()?;
        for at in 0..self.func.layout.len() {
            self.define(self.func.layout[at])?;
        }
        for &block in &self.func.layout {
            // What cannot be reached is never executed.
            if self.cfg.is_reachable(block) {
                self.check_block(block).map_err(|fault| format!("{block}: {fault}"))?;
            }
        }
        let mut in_layout: EntitySet<Block> = EntitySet::new();
        in_layout.extend(self.func.layout.iter().copied());
        let missing = self.cfg.order.iter().find(|&&block| !in_layout.contains(block));
        ensure(missing.is_none(), || format!("{missing:?} is not in the layout"))
    }

    fn check_entry(&self) -> Result<(), String> {
        let entry = self.func.entry();
        ensure(self.cfg.preds[entry].is_empty(), || "the entry has predecessors".to_owned())?;
        let code = self.env.module.function(self.func.func).ok_or("no such function")?;
        let mut expected = Vec::new();
        if self.env.takes_closure(self.func.func) {
            expected.push(Repr::Ref);
        }
        ensure(self.func.takes_closure != expected.is_empty(), || "takes_closure is wrong".to_owned())?;
        expected.extend(code.params().iter().map(|&ty| self.env.layout.repr(ty)).filter(|&repr| repr != Repr::Unit));
        let params: Vec<Repr> = self.func.blocks[entry].params.iter().map(|&value| self.func.repr(value)).collect();
        ensure(params == expected, || format!("parameters {params:?}, but {expected:?} is the function's type"))
    }

    fn define(&mut self, block: Block) -> Result<(), String> {
        let data = &self.func.blocks[block];
        for (number, &param) in data.params.iter().enumerate() {
            let def = ValueDef::Param(block, number as u32);
            ensure(self.func.values[param].def == def, || format!("{param} is not what {block} defines"))?;
            ensure(self.places[param].replace((block, 0)).is_none(), || format!("{param} is defined twice"))?;
        }
        for (number, &inst) in data.insts.iter().enumerate() {
            ensure(self.seen.insert(inst), || format!("{inst} stands in two places"))?;
            if let Some(result) = self.func.insts[inst].result {
                let def = ValueDef::Inst(inst);
                ensure(self.func.values[result].def == def, || format!("{result} is not what {inst} defines"))?;
                let place = (block, number as u32 + 1);
                ensure(self.places[result].replace(place).is_none(), || format!("{result} is defined twice"))?;
            }
        }
        if let Some(inst) = data.term.tried() {
            ensure(self.seen.insert(inst), || format!("{inst} stands in two places"))?;
            ensure(self.func.insts[inst].result.is_none(), || format!("the result of {inst} is a value"))?;
        }
        Ok(())
    }

    fn check_block(&self, block: Block) -> Result<(), String> {
        let data = &self.func.blocks[block];
        for (number, &inst) in data.insts.iter().enumerate() {
            self.check_inst(block, number as u32 + 1, inst)
                .map_err(|fault| format!("{inst} ({:?}): {fault}", self.func.insts[inst].op))?;
        }
        let end = data.insts.len() as u32 + 1;
        self.check_term(block, end, &data.term).map_err(|fault| format!("terminator: {fault}"))
    }

    fn check_use(&self, block: Block, at: u32, value: Value) -> Result<(), String> {
        let place = self.places[value].ok_or_else(|| format!("{value} is defined nowhere"))?;
        let before = match place.0 == block {
            true => place.1 < at,
            false => self.cfg.is_reachable(place.0) && self.dominators.dominates(place.0, block),
        };
        ensure(before, || format!("{value} is not defined on all paths"))
    }

    fn check_inst(&self, block: Block, at: u32, inst: Inst) -> Result<(), String> {
        let data = &self.func.insts[inst];
        data.args.iter().try_for_each(|&value| self.check_use(block, at, value))?;
        let args: Vec<Repr> = data.args.iter().map(|&value| self.func.repr(value)).collect();
        let result = data.result.map_or(Repr::Unit, |value| self.func.repr(value));
        self.check_reprs(&data.op, &args, Some(result))
    }

    fn check_term(&self, block: Block, end: u32, term: &Terminator) -> Result<(), String> {
        let mut uses = Vec::new();
        term.for_each_operand(|value| uses.push(value));
        uses.iter().try_for_each(|&value| self.check_use(block, end, value))?;
        for jump in term.jumps() {
            self.check_jump(block, end, jump, term)?;
        }
        match term {
            Terminator::Branch(cond, ..) => ensure(is_int(self.func.repr(*cond)), || format!("{cond} is no integer")),
            Terminator::Switch(value, ..) => {
                ensure(self.func.repr(*value) == Repr::I64, || format!("{value} is no `I64`"))
            }
            Terminator::Return(value) => {
                let repr = value.map_or(Repr::Unit, |value| self.func.repr(value));
                ensure(repr == self.func.result, || format!("{repr:?} is returned from {:?}", self.func.result))
            }
            Terminator::Try { inst, handlers, .. } => {
                let data = &self.func.insts[*inst];
                data.args.iter().try_for_each(|&value| self.check_use(block, end, value))?;
                ensure(data.op.throws(), || format!("{:?} raises nothing", data.op))?;
                ensure(!handlers.is_empty(), || "no handlers".to_owned())?;
                let args: Vec<Repr> = data.args.iter().map(|&value| self.func.repr(value)).collect();
                self.check_reprs(&data.op, &args, None)
            }
            _ => Ok(()),
        }
    }

    fn check_jump(&self, block: Block, end: u32, jump: &Jump, term: &Terminator) -> Result<(), String> {
        let params = &self.func.blocks[jump.block].params;
        ensure(params.len() == jump.args.len(), || {
            format!("{} arguments for {}, which has {}", jump.args.len(), jump.block, params.len())
        })?;
        for (&param, arg) in params.iter().zip(&jump.args) {
            let needed = self.func.repr(param);
            let given = match (arg, term) {
                (Arg::Value(value), _) => {
                    self.check_use(block, end, *value)?;
                    self.func.repr(*value)
                }
                (Arg::Result, Terminator::Try { inst, normal, .. }) if std::ptr::eq(normal, jump) => {
                    // Whatever the parameter is, it has to be a possible result.
                    let data = &self.func.insts[*inst];
                    let args: Vec<Repr> = data.args.iter().map(|&value| self.func.repr(value)).collect();
                    self.check_reprs(&data.op, &args, Some(needed))?;
                    needed
                }
                (Arg::Exception, Terminator::Try { normal, .. }) if !std::ptr::eq(normal, jump) => Repr::Ref,
                _ => return Err(format!("{arg:?} on the edge to {}", jump.block)),
            };
            ensure(given == needed, || format!("{given:?} for {param}, which is {needed:?}"))?;
        }
        Ok(())
    }

    /// Checks operands, and the result if it is known.
    fn check_reprs(&self, op: &Op, args: &[Repr], result: Option<Repr>) -> Result<(), String> {
        use Repr::{F32, F64, I8, I32, I64, Ref, Unit};
        let first = args.first().copied().unwrap_or(Unit);
        let real = |repr| matches!(repr, F32 | F64);
        let same = |n: usize| args.len() == n && args.iter().all(|&arg| arg == first);
        // Whether the operands fit, and what the result is.
        let (fits, gives) = match op {
            Op::Int(repr, _) => (args.is_empty() && is_int(*repr), *repr),
            Op::Float(repr, _) => (args.is_empty() && real(*repr), *repr),
            Op::Word(_) | Op::Str(_) | Op::Peeked => (args.is_empty(), Ref),
            Op::Bytes(_) | Op::Extern(_) | Op::Callback(_) => (args.is_empty(), I64),
            Op::Add | Op::Sub | Op::Mul | Op::SDiv | Op::UDiv | Op::SRem | Op::URem => {
                (same(2) && is_int(first), first)
            }
            Op::And | Op::Or | Op::Xor | Op::Shl | Op::AShr | Op::LShr => (same(2) && is_int(first), first),
            Op::SMin | Op::SMax | Op::UMin | Op::UMax => (same(2) && is_int(first), first),
            Op::Neg | Op::Not | Op::IAbs | Op::Clz | Op::Ctz | Op::Popcnt => (same(1) && is_int(first), first),
            Op::ICmp(_) => (same(2) && (is_int(first) || first == Ref), I8),
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FMin | Op::FMax => (same(2) && real(first), first),
            Op::FNeg | Op::FAbs | Op::Sqrt | Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => {
                (same(1) && real(first), first)
            }
            Op::FCmp(_) => (same(2) && real(first), I8),
            Op::SExt(to) | Op::ZExt(to) => (same(1) && is_int(first) && first.size() < to.size() && is_int(*to), *to),
            Op::Reduce(to) => (same(1) && is_int(first) && first.size() > to.size() && is_int(*to), *to),
            Op::SToF(to) | Op::UToF(to) => (same(1) && is_int(first) && real(*to), *to),
            Op::FToS(to) | Op::FToU(to) => (same(1) && real(first) && is_int(*to), *to),
            Op::Promote => (args == [F32], F64),
            Op::Demote => (args == [F64], F32),
            Op::Bitcast(to) => (matches!((first, *to), (I64, F64) | (F64, I64) | (I32, F32) | (F32, I32)), *to),
            Op::Select => {
                (args.len() == 3 && is_int(first) && args[1] == args[2], args.get(1).copied().unwrap_or(Unit))
            }
            Op::Load(repr, ..) => (args == [Ref], *repr),
            Op::Store(..) => (args.len() == 2 && first == Ref, Unit),
            Op::LoadItem(repr) => (args == [Ref, I64], *repr),
            Op::LoadTable(repr) => (args == [I64, I64], *repr),
            Op::StoreItem(repr) => (args == [Ref, I64, *repr], Unit),
            Op::LoadForeign(repr, _) => (args == [I64], *repr),
            Op::StoreForeign(_) => (args.len() == 2 && first == I64, Unit),
            Op::BufferData => (args == [Ref], I64),
            Op::Barrier(_) => (args == [Ref], Unit),
            Op::BarrierItem => (args == [Ref, I64], Unit),
            Op::New(ty, tag) => (self.check_record(*ty, *tag, args), Ref),
            Op::NewClosure(func) => {
                let captures = self.env.module.function(*func).map_or(&[][..], |function| &function.captures);
                (self.matches(args, captures), Ref)
            }
            Op::Array => (args.iter().all(|&arg| matches!(arg, I64 | Ref)), I64),
            Op::Box(ty) => (args == [self.env.layout.repr(vitbc::TypeIdx(*ty))], Ref),
            Op::Unbox(ty) => (args == [Ref], self.env.layout.repr(vitbc::TypeIdx(*ty))),
            Op::IsType(_) => (args == [Ref], I8),
            Op::Refine => (args == [Ref], Ref),
            Op::Check(failure) => {
                let about: &[Repr] = match failure {
                    Failure::Divide | Failure::Nil => &[],
                    Failure::Index => &[I64, I64],
                    Failure::Type(_) | Failure::Variant(_) => &[Ref],
                };
                (is_int(first) && args[1..] == *about, Unit)
            }
            Op::Poll => (args.is_empty(), Unit),
            Op::PollDue => (args.is_empty(), I64),
            Op::PollSlow => (args.iter().all(|&arg| arg == Ref), Unit),
            Op::Moved(_) => (args.is_empty(), Ref),
            Op::Call(func) => {
                let (params, result) = self.env.module.signature(*func).ok_or("no such function")?;
                let args = match self.env.takes_closure(*func) {
                    true if first == Ref => &args[1..],
                    true => return Err("no closure".to_owned()),
                    false => args,
                };
                (self.matches(args, params), self.env.layout.repr(result))
            }
            Op::CallClosure => (first == Ref, result.unwrap_or(Unit)),
            Op::CallMethod(..) => (first == Ref, result.unwrap_or(Unit)),
            Op::Throw | Op::Rethrow => (args == [Ref], Unit),
            Op::Helper(_) | Op::Native(_) => {
                let row = op.runtime_fn().ok_or("no row")?;
                let fits = args.len() == row.args.len()
                    && args.iter().zip(row.args).all(|(&arg, &(_, ty))| match ty {
                        ArgType::Float => arg == F64,
                        ArgType::Bits => matches!(arg, I64 | Ref),
                        ty if ty.is_traced() => arg == Ref,
                        _ => arg == I64,
                    });
                let gives = match row.result {
                    ArgType::Unit | ArgType::Never => Unit,
                    ArgType::Float => F64,
                    ArgType::Bits => match result {
                        Some(Ref) => Ref,
                        _ => I64,
                    },
                    ty if ty.is_traced() => Ref,
                    _ => I64,
                };
                (fits, gives)
            }
        };
        ensure(fits, || format!("operands {args:?} for {op:?}"))?;
        // A result that nobody wants may be left out.
        ensure(result.is_none_or(|result| result == gives || result == Unit), || {
            format!("result {result:?}, not {gives:?}")
        })
    }

    fn matches(&self, args: &[Repr], types: &[vitbc::TypeIdx]) -> bool {
        let wanted = types.iter().map(|&ty| self.env.layout.repr(ty)).filter(|&repr| repr != Repr::Unit);
        wanted.eq(args.iter().copied())
    }

    fn check_record(&self, ty: u32, tag: u16, args: &[Repr]) -> bool {
        use vitte_abi::types::Shape;
        let record = match &self.env.layout.table.types[ty as usize].shape {
            Shape::Struct(record) | Shape::Tuple(record) => record,
            Shape::Enum(variants) => &variants[tag as usize].record,
            _ => return false,
        };
        let fields = record.fields.iter().map(|field| self.env.layout.repr(vitbc::TypeIdx(field.ty)));
        fields.filter(|&repr| repr != Repr::Unit).eq(args.iter().copied())
    }
}

fn is_int(repr: Repr) -> bool {
    matches!(repr, Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64)
}

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}
