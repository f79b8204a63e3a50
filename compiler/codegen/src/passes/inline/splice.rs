//! The surgery: a copy of a function's blocks between the two halves of the block that called it.

use super::Locs;
use crate::ir::{Arg, Block, Catch, Function, Inst, Jump, Loc, LocData, Op, Terminator, Value, ValueDef};
use cranelift_codegen::entity::SecondaryMap;
use vitte_abi::object::Repr;

/// Where a call stands in its block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Site {
    /// Among the instructions.
    Inst(usize),
    /// It is the block's try.
    Try,
    /// It is a tail call.
    Tail,
}

type Handlers = Vec<(Catch, Jump)>;

/// Replaces the call at `site` of `block` by a copy of `callee`. The block where what followed the call now stands, if
/// there may be more calls in it.
pub(super) fn splice(func: &mut Function, callee: &Function, block: Block, site: Site) -> Option<Block> {
    let mut copy = Copy {
        loc: None,
        cold: func.blocks[block].cold,
        handlers: Vec::new(),
        exit: None,
        values: SecondaryMap::with_default(None),
        blocks: SecondaryMap::with_default(None),
        locs: Locs::default(),
    };
    let args;
    let mut rest = None;
    match site {
        Site::Inst(place) => {
            let after = func.add_block();
            let call = func.blocks[block].insts[place];
            let tail = func.blocks[block].insts.split_off(place + 1);
            func.blocks[block].insts.pop();
            let data = &mut func.blocks[block];
            let (term, term_loc, cold) =
                (std::mem::replace(&mut data.term, Terminator::Unreachable), data.term_loc, data.cold);
            let data = &mut func.blocks[after];
            (data.insts, data.term, data.term_loc, data.cold) = (tail, term, term_loc, cold);
            if let Some(result) = func.insts[call].result {
                func.values[result].def = ValueDef::Param(after, 0);
                func.blocks[after].params.push(result);
            }
            args = std::mem::take(&mut func.insts[call].args);
            copy.loc = func.insts[call].loc;
            copy.exit = Some(after);
            rest = Some(after);
        }
        Site::Try => {
            let term = std::mem::replace(&mut func.blocks[block].term, Terminator::Unreachable);
            let Terminator::Try { inst, mut normal, handlers } = term else { unreachable!("a try") };
            let after = func.add_block();
            func.blocks[after].cold = func.blocks[block].cold;
            if callee.result != Repr::Unit {
                let result = func.add_param(after, callee.result);
                for arg in &mut normal.args {
                    if *arg == Arg::Result {
                        *arg = Arg::Value(result);
                    }
                }
            }
            func.blocks[after].term = Terminator::Jump(normal);
            args = std::mem::take(&mut func.insts[inst].args);
            copy.loc = func.insts[inst].loc;
            copy.handlers = handlers;
            copy.exit = Some(after);
        }
        Site::Tail => {
            let term = std::mem::replace(&mut func.blocks[block].term, Terminator::Unreachable);
            let Terminator::TailCall(_, values) = term else { unreachable!("a tail call") };
            args = values;
        }
    }
    let entry = copy.make_blocks(func, callee, &args);
    func.blocks[block].term = Terminator::Jump(Jump::to(entry));
    copy.fill(func, callee);
    rest
}

struct Copy {
    /// The call's position; none for a tail call, which leaves no trace.
    loc: Option<Loc>,
    cold: bool,
    /// The handlers around the call.
    handlers: Handlers,
    /// Where returns go, with the result; `None` if they return from the caller too.
    exit: Option<Block>,
    values: SecondaryMap<Value, Option<Value>>,
    blocks: SecondaryMap<Block, Option<Block>>,
    locs: Locs,
}

impl Copy {
    /// Makes empty blocks with their parameters; the entry's are the arguments.
    fn make_blocks(&mut self, func: &mut Function, callee: &Function, args: &[Value]) -> Block {
        for &block in &callee.layout {
            let new = func.add_block();
            self.blocks[block] = Some(new);
            func.blocks[new].cold = self.cold || callee.blocks[block].cold;
            if block == callee.entry() {
                for (&param, &arg) in callee.blocks[block].params.iter().zip(args) {
                    self.values[param] = Some(arg);
                }
                continue;
            }
            for &param in &callee.blocks[block].params {
                self.values[param] = Some(func.add_param(new, callee.repr(param)));
            }
        }
        self.block(callee.entry())
    }

    fn block(&self, block: Block) -> Block {
        self.blocks[block].unwrap_or_else(|| unreachable!("{block} is in the layout"))
    }

    fn value(&self, value: Value) -> Value {
        self.values[value].unwrap_or_else(|| unreachable!("{value} is defined before it is used"))
    }

    /// Copies instructions. The layout is in reverse post-order, so that values are known when they are used.
    fn fill(&mut self, func: &mut Function, callee: &Function) {
        for &block in &callee.layout {
            let mut to = self.block(block);
            for &inst in &callee.blocks[block].insts {
                to = self.copy_inst(func, callee, inst, to);
            }
            self.copy_term(func, callee, block, to);
        }
    }

    fn copy_loc(&mut self, func: &mut Function, callee: &Function, loc: Option<Loc>) -> Option<Loc> {
        let loc = loc?;
        if let Some(&known) = self.locs.get(&loc) {
            return Some(known);
        }
        let data = &callee.locs[loc];
        let caller = match data.caller {
            Some(caller) => self.copy_loc(func, callee, Some(caller)),
            None => self.loc,
        };
        let new = func.locs.push(LocData { func: data.func, position: data.position, caller });
        self.locs.insert(loc, new);
        Some(new)
    }

    /// Copies an instruction to the end of `to`; the block where to go on.
    fn copy_inst(&mut self, func: &mut Function, callee: &Function, inst: Inst, to: Block) -> Block {
        let data = &callee.insts[inst];
        let args = data.args.iter().map(|&arg| self.value(arg)).collect();
        let loc = self.copy_loc(func, callee, data.loc);
        let repr = data.result.map_or(Repr::Unit, |result| callee.repr(result));
        if self.handlers.is_empty() || !data.op.throws() {
            let new = func.append(to, data.op.clone(), args, repr, loc);
            if let Some(result) = data.result {
                self.values[result] = func.insts[new].result;
            }
            return to;
        }
        let new = func.add_inst(data.op.clone(), args, Repr::Unit, loc);
        let next = func.add_block();
        func.blocks[next].cold = func.blocks[to].cold;
        let mut normal = Jump::to(next);
        if let Some(result) = data.result {
            self.values[result] = Some(func.add_param(next, repr));
            normal.args.push(Arg::Result);
        }
        func.blocks[to].term = Terminator::Try { inst: new, normal, handlers: self.handlers.clone() };
        func.blocks[to].term_loc = loc;
        next
    }

    /// A handler of the callee, which is inlined where the call stands.
    fn deeper(&self, func: &Function, catch: Catch) -> Catch {
        let calls = std::iter::successors(self.loc, |&loc| func.locs[loc].caller).count();
        Catch { depth: catch.depth + calls as u32, ..catch }
    }

    fn copy_jump(&self, jump: &Jump) -> Jump {
        let args = jump
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Value(value) => Arg::Value(self.value(*value)),
                other => *other,
            })
            .collect();
        Jump { block: self.block(jump.block), args }
    }

    fn copy_term(&mut self, func: &mut Function, callee: &Function, block: Block, to: Block) {
        let data = &callee.blocks[block];
        let loc = self.copy_loc(func, callee, data.term_loc);
        let values = |copy: &Copy, args: &[Value]| args.iter().map(|&arg| copy.value(arg)).collect::<Vec<_>>();
        let term = match &data.term {
            Terminator::Jump(jump) => Terminator::Jump(self.copy_jump(jump)),
            Terminator::Branch(cond, then, other) => {
                Terminator::Branch(self.value(*cond), self.copy_jump(then), self.copy_jump(other))
            }
            Terminator::Switch(value, jumps, default) => {
                let jumps = jumps.iter().map(|jump| self.copy_jump(jump)).collect();
                Terminator::Switch(self.value(*value), jumps, self.copy_jump(default))
            }
            Terminator::Return(value) => match self.exit {
                Some(exit) => Terminator::Jump(Jump::with(
                    exit,
                    value.map(|value| self.value(value)).filter(|_| {
                        // Nobody wants the result.
                        !func.blocks[exit].params.is_empty()
                    }),
                )),
                None => Terminator::Return(value.map(|value| self.value(value))),
            },
            Terminator::TailCall(target, args) => {
                let args = values(self, args);
                match self.exit {
                    Some(exit) => return self.call(func, Op::Call(*target), args, callee.result, to, exit),
                    None => Terminator::TailCall(*target, args),
                }
            }
            Terminator::TailCallClosure(args) => {
                let args = values(self, args);
                match self.exit {
                    Some(exit) => return self.call(func, Op::CallClosure, args, callee.result, to, exit),
                    None => Terminator::TailCallClosure(args),
                }
            }
            Terminator::Try { inst, normal, handlers } => {
                let tried = &callee.insts[*inst];
                let args = values(self, &tried.args);
                let loc = self.copy_loc(func, callee, tried.loc);
                let inst = func.add_inst(tried.op.clone(), args, Repr::Unit, loc);
                let mut handlers: Handlers =
                    handlers.iter().map(|(catch, jump)| (self.deeper(func, *catch), self.copy_jump(jump))).collect();
                if handlers.iter().all(|(catch, _)| catch.filter.is_some()) {
                    handlers.extend(self.handlers.iter().cloned());
                }
                Terminator::Try { inst, normal: self.copy_jump(normal), handlers }
            }
            Terminator::Unreachable => Terminator::Unreachable,
        };
        func.blocks[to].term = term;
        func.blocks[to].term_loc = loc;
    }

    /// A tail call that is one no longer. Its own frame is as good as gone: it happens where the copy was called.
    fn call(&self, func: &mut Function, op: Op, args: Vec<Value>, repr: Repr, to: Block, exit: Block) {
        let loc = self.loc;
        let wants_result = !func.blocks[exit].params.is_empty();
        let term = match self.handlers.is_empty() {
            true => {
                let inst = func.append(to, op, args, repr, loc);
                let result = func.insts[inst].result.filter(|_| wants_result);
                Terminator::Jump(Jump::with(exit, result))
            }
            false => {
                let inst = func.add_inst(op, args, Repr::Unit, loc);
                let args = if wants_result { vec![Arg::Result] } else { vec![] };
                Terminator::Try { inst, normal: Jump { block: exit, args }, handlers: self.handlers.clone() }
            }
        };
        func.blocks[to].term = term;
        func.blocks[to].term_loc = loc;
    }
}
