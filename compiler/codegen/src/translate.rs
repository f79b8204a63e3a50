//! From a function's bytecode to SSA.
//!
//! Bytecode blocks are visited in reverse post-order, so that what is read has been written, but for loops. Each becomes
//! one or more blocks here: checks in a try region, and paths that the instruction itself has, split it.
//!
//! ```text
//! LIST_GET r2, r0, r1    v5 = load.i64 v0+16      the length
//!                        v6 = icmp uge v1, v5
//!                        check index v6, v1, v5   in a try region this ends the block
//!                        v7 = load.ref v0+8       the buffer
//!                        v8 = load_item.i64 v7, v1
//! ```
//!
//! Registers turn into values in [`registers`]; [`flow`] knows blocks, try regions and back edges; [`emit`] appends
//! instructions. The other files hold one family of instructions each.

mod arithmetic;
mod calls;
mod compare;
mod constants;
mod control;
mod emit;
mod flow;
mod lists;
mod maps;
mod objects;
mod processes;
mod registers;
mod strings;

use crate::CompileError;
use crate::env::Env;
use crate::ir::verify::assert_verified;
use crate::ir::{self, Block, Jump, Loc, Terminator};
use crate::limits::too_large;
use crate::passes::prune_params;
pub(crate) use constants::immediate;
use cranelift_codegen::packed_option::ReservedValue;
use flow::Flow;
use registers::Registers;
use vitbc::inst::Effect;
use vitbc::{FuncIdx, Inst, Label, Reg, TypeIdx};
use vitte_abi::object::Repr;

/// Makes SSA of the function at `position` of the module's functions.
///
/// It is ready for code generation: passes improve it but nothing depends on them.
///
/// # Errors
/// The function is too large.
pub fn translate(env: &Env<'_>, position: usize) -> Result<ir::Function, CompileError> {
    let idx = env.module.func_idx(position);
    let code = &env.module.functions[position];
    let flow = Flow::new(code);
    let func = ir::Function::new(idx, &code.name, env.layout.repr(code.result));
    let registers = Registers::new(env, code, &flow);
    let mut translator = Translator {
        env,
        code,
        func,
        flow,
        registers,
        idx,
        closure: None,
        block: Block::reserved_value(),
        at: Label(0),
        handlers: Vec::new(),
        next_line: 0,
        loc: None,
        landings: vec![None; code.handlers.len()],
    };
    translator.run();
    if translator.registers.is_too_large() {
        return Err(too_large(&code.name, "too many registers change between too many jumps"));
    }
    let mut func = translator.func;
    func.drop_unreachable();
    prune_params(&mut func);
    if cfg!(debug_assertions) {
        assert_verified(env, &func, "translation");
    }
    Ok(func)
}

/// What a function's translation goes through.
struct Translator<'e> {
    env: &'e Env<'e>,
    code: &'e vitbc::Function,
    func: ir::Function,
    flow: Flow,
    registers: Registers,
    idx: FuncIdx,
    /// The closure object that runs.
    closure: Option<ir::Value>,
    /// Where instructions are appended.
    block: Block,
    /// The bytecode instruction being translated.
    at: Label,
    /// The try regions around it, innermost first, up to one that catches everything.
    handlers: Vec<usize>,
    /// The first entry of the line table that lies ahead.
    next_line: usize,
    loc: Option<Loc>,
    /// Where exceptions of each try region arrive.
    landings: Vec<Option<Block>>,
}

impl Translator<'_> {
    fn run(&mut self) {
        self.enter();
        if self.closure.is_some() && !self.env.layout.is_closure(self.idx) {
            // Nobody makes a closure of it, so it never runs.
            return self.end(Terminator::Unreachable);
        }
        for at in 0..self.flow.order.len() {
            let node = self.flow.order[at];
            self.start(node);
            let range = self.flow.blocks.range(node);
            let last = range.end - 1;
            for position in range {
                self.at = Label::new(position);
                self.find_line();
                let inst = &self.code.code[position];
                if position == last && self.flow.polls[node] {
                    self.raising(ir::Op::Poll, vec![], Repr::Unit);
                }
                self.inst(inst);
                if position == last && !inst.has(Effect::Ends) && !self.flow.jumps(inst) {
                    self.jump_to(Label::new(position + 1));
                }
            }
        }
        self.registers.finish(&mut self.func);
    }

    /// Makes the entry block, with the parameters.
    fn enter(&mut self) {
        let entry = self.func.add_block();
        self.block = entry;
        self.registers.start_node(entry, true);
        if self.env.takes_closure(self.idx) {
            self.func.takes_closure = true;
            self.closure = Some(self.func.add_param(entry, Repr::Ref));
        }
        for (number, &ty) in self.code.params().iter().enumerate() {
            let repr = self.env.layout.repr(ty);
            if repr != Repr::Unit {
                let param = self.func.add_param(entry, repr);
                self.write(Reg::new(number), param);
            }
        }
        for _ in 0..self.flow.blocks.len() {
            let block = self.func.add_block();
            self.flow.starts.push(block);
        }
        for node in 0..self.flow.blocks.len() {
            self.registers.start_node(self.flow.starts[node], self.flow.has_one_pred(node));
        }
        let first = self.flow.starts[0];
        self.end(Terminator::Jump(Jump::to(first)));
    }

    /// Goes on at the start of a bytecode block.
    fn start(&mut self, node: usize) {
        self.block = self.flow.starts[node];
        let start = Label::new(self.flow.blocks.range(node).start);
        self.handlers.clear();
        for region in self.flow.regions.handlers_at(start) {
            self.handlers.push(region);
            if self.code.handlers[region].filter.is_none() {
                break;
            }
        }
        self.next_line = self.code.lines.partition_point(|line| line.at <= start);
        let line = self.next_line.checked_sub(1).map(|at| self.code.lines[at]);
        self.set_line(line);
    }

    /// Looks whether the current instruction begins another line.
    fn find_line(&mut self) {
        let mut line = None;
        while let Some(next) = self.code.lines.get(self.next_line)
            && next.at <= self.at
        {
            line = Some(*next);
            self.next_line += 1;
        }
        if line.is_some() {
            self.set_line(line);
        }
    }

    fn set_line(&mut self, line: Option<vitbc::Line>) {
        let position = line.map(|line| (line.file, line.line, line.column));
        let data = ir::LocData { func: self.idx, position, caller: None };
        if self.loc.is_none_or(|loc| self.func.locs[loc] != data) {
            self.loc = Some(self.func.locs.push(data));
        }
    }

    fn ty(&self, reg: Reg) -> TypeIdx {
        self.code.regs[reg.index()]
    }

    fn repr_of(&self, reg: Reg) -> Repr {
        self.env.layout.repr(self.ty(reg))
    }

    /// The value in a register; `None` for `unit`.
    fn try_read(&mut self, reg: Reg) -> Option<ir::Value> {
        (self.repr_of(reg) != Repr::Unit).then(|| self.registers.read(&mut self.func, reg, self.block))
    }

    /// The value in a register that is not `unit`.
    fn read(&mut self, reg: Reg) -> ir::Value {
        self.try_read(reg).unwrap_or_else(|| unreachable!("verified: {reg} is not unit"))
    }

    /// The values of the registers that are not `unit`.
    fn read_all(&mut self, regs: &[Reg]) -> Vec<ir::Value> {
        regs.iter().filter_map(|&reg| self.try_read(reg)).collect()
    }

    fn write(&mut self, reg: Reg, value: ir::Value) {
        debug_assert_eq!(self.func.repr(value), self.repr_of(reg), "{reg} of {}", self.code.name);
        self.registers.write(reg, self.block, value);
    }

    /// Writes a result, which is absent if it is `unit`.
    fn write_result(&mut self, dst: Option<Reg>, result: Option<ir::Value>) {
        if let (Some(dst), Some(result)) = (dst, result) {
            self.write(dst, result);
        }
    }

    fn inst(&mut self, inst: &Inst) {
        match inst {
            Inst::Nop {} => {}
            Inst::LoadConst { dst, value } => self.load_const(*dst, *value),
            Inst::TableGet { dst, table, index } => self.table_get(*dst, *table, *index),
            Inst::LoadArg { dst, param } => self.move_reg(*dst, Reg(param.0)),
            Inst::Move { dst, src } => self.move_reg(*dst, *src),
            Inst::LoadGlobal { dst, global } => {
                let value = self.env.module.globals[global.index()].value;
                self.load_const(*dst, value);
            }
            Inst::LoadCapture { dst, capture } => self.load_capture(*dst, *capture),

            Inst::Add { dst, a, b } => self.add(*dst, *a, *b),
            Inst::Sub { .. } | Inst::Mul { .. } | Inst::And { .. } | Inst::Or { .. } | Inst::Xor { .. } => {
                self.plain_binary(inst);
            }
            Inst::Shl { .. } | Inst::Shr { .. } | Inst::Ushr { .. } | Inst::Min { .. } | Inst::Max { .. } => {
                self.plain_binary(inst);
            }
            Inst::Div { dst, a, b } => self.divide(*dst, *a, *b, false),
            Inst::Rem { dst, a, b } => self.divide(*dst, *a, *b, true),
            Inst::Neg { .. } | Inst::Not { .. } | Inst::Abs { .. } | Inst::Sqrt { .. } | Inst::Floor { .. } => {
                self.unary(inst);
            }
            Inst::Ceil { .. } | Inst::Trunc { .. } | Inst::Nearest { .. } | Inst::Popcnt { .. } | Inst::Clz { .. } => {
                self.unary(inst);
            }
            Inst::Ctz { .. } => self.unary(inst),
            Inst::Convert { dst, src } => self.convert(*dst, *src),
            Inst::Bitcast { dst, src } => self.bitcast(*dst, *src),

            Inst::Eq { dst, a, b } => self.equal(*dst, *a, *b, false),
            Inst::Ne { dst, a, b } => self.equal(*dst, *a, *b, true),
            Inst::Lt { .. } | Inst::Le { .. } | Inst::Gt { .. } | Inst::Ge { .. } => self.order(inst),
            Inst::Same { dst, a, b } => self.same(*dst, *a, *b),
            Inst::Hash { dst, src } => self.hash(*dst, *src),

            Inst::Jump { target } => self.jump_to(*target),
            Inst::If { cond, target } => self.branch_if(*cond, *target, true),
            Inst::IfNot { cond, target } => self.branch_if(*cond, *target, false),
            Inst::IfNil { src, target } => self.branch_if_nil(*src, *target),
            Inst::Switch { value, targets } => self.switch(*value, targets),
            Inst::Return { value } => self.return_value(*value),
            Inst::Unreachable {} => self.unreachable(),

            Inst::Call { dst, func, args } => self.call(*dst, *func, args),
            Inst::CallClosure { dst, callee, args } => self.call_closure(*dst, *callee, args),
            Inst::CallMethod { dst, ty, method, object, args } => self.call_method(*dst, *ty, *method, *object, args),
            Inst::CallNative { dst, native, args } => self.call_native(*dst, *native, args),
            Inst::CallExtern { dst, external, args } => self.call_extern(*dst, *external, args),
            Inst::TailCall { func, args } => self.tail_call(*func, args),
            Inst::TailCallClosure { callee, args } => self.tail_call_closure(*callee, args),
            Inst::Closure { dst, func, captures } => self.new_closure(*dst, *func, captures),
            Inst::Callback { dst, func } => self.callback(*dst, *func),

            Inst::Throw { value } => self.throw(ir::Op::Throw, *value),
            Inst::Rethrow { value } => self.throw(ir::Op::Rethrow, *value),
            Inst::StackTrace { dst } => self.stack_trace(*dst),

            Inst::Alloc { dst, ty, fields } => self.alloc(*dst, *ty, 0, fields),
            Inst::Load { dst, object, field } => self.load_field(*dst, *object, *field),
            Inst::Store { object, field, value } => self.store_field(*object, *field, *value),
            Inst::AllocVariant { dst, ty, variant, fields } => self.alloc(*dst, *ty, variant.0 as u16, fields),
            Inst::Tag { dst, object } => self.tag(*dst, *object),
            Inst::LoadVariant { dst, object, variant, field } => self.load_variant(*dst, *object, *variant, *field),

            Inst::Wrap { dst, src } | Inst::ToAny { dst, src } => self.wrap(*dst, *src),
            Inst::Unwrap { dst, src } => self.unwrap(*dst, *src),
            Inst::IsNil { dst, src } => self.is_nil(*dst, *src),
            Inst::FromAny { dst, src } => self.narrow_any(*dst, *src),
            Inst::IsType { dst, src, ty } => self.is_type(*dst, *src, *ty),
            Inst::ToTrait { dst, src } => self.make_trait_object(*dst, *src),

            Inst::ToStr { .. } | Inst::StrConcat { .. } | Inst::StrLen { .. } | Inst::StrByte { .. } => {
                self.string(inst);
            }
            Inst::StrSlice { .. } | Inst::Print { .. } => self.string(inst),

            Inst::List { .. } | Inst::ListFill { .. } | Inst::ListLen { .. } | Inst::ListGet { .. } => self.list(inst),
            Inst::ListSet { .. } | Inst::ListPush { .. } | Inst::ListPop { .. } | Inst::ListInsert { .. } => {
                self.list(inst);
            }
            Inst::ListRemove { .. } | Inst::ListSlice { .. } | Inst::ListExtend { .. } => self.list(inst),
            Inst::ListTruncate { .. } | Inst::ListReserve { .. } | Inst::ListCopy { .. } => self.list(inst),

            Inst::MapNew { .. } | Inst::MapLen { .. } | Inst::MapGet { .. } | Inst::MapFind { .. } => self.map(inst),
            Inst::MapHas { .. } | Inst::MapSet { .. } | Inst::MapRemove { .. } | Inst::MapNext { .. } => self.map(inst),
            Inst::MapKeyAt { .. } | Inst::MapValueAt { .. } | Inst::MapClear { .. } => self.map(inst),

            Inst::Spawn { .. } | Inst::SelfPid { .. } | Inst::Send { .. } | Inst::ReceivePeek { .. } => {
                self.process(inst);
            }
            Inst::ReceiveTake {} | Inst::ReceiveSkip {} | Inst::ReceiveWait { .. } => self.process(inst),

            Inst::PtrLoad { .. } | Inst::PtrStore { .. } | Inst::PtrAdd { .. } | Inst::PtrItems { .. } => {
                self.pointer(inst);
            }
            Inst::PtrStr { .. } => self.pointer(inst),
        }
    }

    fn move_reg(&mut self, dst: Reg, src: Reg) {
        let value = self.try_read(src);
        self.write_result(Some(dst), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitbc::{Handler, Module};
    use vitte_layout::Layout;

    /// Verifies and translates one function.
    pub(super) fn translate_code(
        regs: &[TypeIdx],
        n_params: u32,
        result: TypeIdx,
        code: Vec<Inst>,
        handlers: Vec<Handler>,
    ) -> ir::Function {
        let mut module = Module::new("test");
        module.ints = vec![0, 1, 7];
        module.functions.push(vitbc::Function {
            name: "f".into(),
            n_params,
            regs: regs.to_vec(),
            result,
            code,
            handlers,
            ..Default::default()
        });
        let module = vitbc::verify::verify(module).unwrap();
        let layout = Layout::new(&module);
        let env = Env { module: &module, layout: &layout, natives: &[], library: false };
        translate(&env, 0).unwrap()
    }

    #[test]
    fn a_loop_gets_parameters_for_what_changes_in_it() {
        // r1 = 0; r2 = 1; while r1 < r0 { r1 = r1 + r2 }; return r1
        let int = |value| Const::Int(vitbc::IntIdx(value));
        use vitbc::Const;
        let code = vec![
            Inst::LoadConst { dst: Reg(1), value: int(0) },
            Inst::LoadConst { dst: Reg(2), value: int(1) },
            Inst::Lt { dst: Reg(3), a: Reg(1), b: Reg(0) },
            Inst::IfNot { cond: Reg(3), target: Label(6) },
            Inst::Add { dst: Reg(1), a: Reg(1), b: Reg(2) },
            Inst::Jump { target: Label(2) },
            Inst::Return { value: Some(Reg(1)) },
        ];
        let func =
            translate_code(&[TypeIdx::INT, TypeIdx::INT, TypeIdx::INT, TypeIdx::BOOL], 1, TypeIdx::INT, code, vec![]);
        let params: Vec<usize> = func.layout.iter().map(|&block| func.blocks[block].params.len()).collect();
        assert_eq!(params.iter().sum::<usize>(), 2, "{func}");
        assert!(func.to_string().contains("poll"), "{func}");
    }

    #[test]
    fn a_handler_receives_what_was_held_before_the_instruction() {
        // r1 = 7; try { r1 = r0 / r0 } catch r2 { return r1 }; return r1
        let code = vec![
            Inst::LoadConst { dst: Reg(1), value: vitbc::Const::Int(vitbc::IntIdx(2)) },
            Inst::Div { dst: Reg(1), a: Reg(0), b: Reg(0) },
            Inst::Return { value: Some(Reg(1)) },
            Inst::Return { value: Some(Reg(1)) },
        ];
        let handler = Handler { start: Label(1), end: Label(2), target: Label(3), reg: Reg(2), filter: None };
        let func = translate_code(&[TypeIdx::INT, TypeIdx::INT, TypeIdx::ANY], 1, TypeIdx::INT, code, vec![handler]);
        let seven = func.layout.iter().find_map(|&block| match func.blocks[block].term {
            Terminator::Return(Some(value)) => func.int_const(value),
            _ => None,
        });
        assert_eq!(seven, Some(7), "{func}");
    }
}
