//! One function in the making: its registers, what is in scope, and what it costs.

use super::world::World;
use super::{FUNCTION_COST, UNPLACED};
use vitbc::inst::OperandMut;
use vitbc::{FuncIdx, Function, Handler, Inst, Label, ParamIdx, Reg, TypeIdx};

/// A function that is being written. Labels are numbers of [`Frame::new_label`] until it is finished.
pub struct Frame<'w> {
    pub world: &'w mut World,
    function: Function,
    labels: Vec<Label>,
    /// Registers that are assigned here, on every path.
    scope: Vec<Reg>,
    /// Registers that only their owner may write: counters, fuel.
    locked: Vec<Reg>,
    /// How often the instruction being written runs, at most.
    turns: u64,
    cost: u64,
    budget: u64,
    /// The innermost loop's labels for leaving it and for its next turn.
    pub loops: Vec<(Label, Label)>,
    pub tries: u32,
    /// Whether calls may be placed: not in closure bodies and methods, which anything may call.
    pub may_call: bool,
    /// Whether returns may be placed: not in the entry, whose result is the exit code.
    pub may_return: bool,
}

impl<'w> Frame<'w> {
    /// A function with these parameters, all in scope.
    pub fn new(world: &'w mut World, params: &[TypeIdx], result: TypeIdx) -> Frame<'w> {
        let function = Function { n_params: params.len() as u32, regs: params.to_vec(), result, ..Function::default() };
        Frame {
            world,
            function,
            labels: vec![],
            scope: (0..params.len()).map(Reg::new).collect(),
            locked: vec![],
            turns: 1,
            cost: 0,
            budget: FUNCTION_COST,
            loops: vec![],
            tries: 0,
            may_call: true,
            may_return: true,
        }
    }

    /// The function, its labels resolved, and its cost.
    pub fn finish(mut self, name: &str) -> (Function, u64) {
        let labels = self.labels;
        let resolve = |label: &mut Label| *label = labels[label.index()];
        for inst in &mut self.function.code {
            inst.for_each_operand_mut(|_, operand| match operand {
                OperandMut::Label(label) => resolve(label),
                OperandMut::Labels(targets) => targets.iter_mut().for_each(resolve),
                _ => {}
            });
        }
        for handler in &mut self.function.handlers {
            [&mut handler.start, &mut handler.end, &mut handler.target].into_iter().for_each(resolve);
        }
        self.function.name = name.to_owned();
        (self.function, self.cost)
    }

    pub fn new_reg(&mut self, ty: TypeIdx) -> Reg {
        self.function.regs.push(ty);
        Reg::new(self.function.regs.len() - 1)
    }

    pub fn ty(&self, reg: Reg) -> TypeIdx {
        self.function.regs[reg.index()]
    }

    pub fn result(&self) -> TypeIdx {
        self.function.result
    }

    pub fn set_captures(&mut self, captures: &[TypeIdx]) {
        self.function.captures = captures.to_vec();
    }

    pub fn signature(&self, func: FuncIdx) -> (Vec<TypeIdx>, TypeIdx) {
        let signature = self.world.signature_of(func);
        (signature.params.to_vec(), signature.result)
    }

    pub fn emit(&mut self, inst: Inst) {
        self.cost += self.turns;
        self.function.code.push(inst);
    }

    pub fn new_label(&mut self) -> Label {
        self.labels.push(UNPLACED);
        Label::new(self.labels.len() - 1)
    }

    /// The label stands before the next instruction.
    pub fn place(&mut self, label: Label) {
        self.labels[label.index()] = Label::new(self.function.code.len());
    }

    /// Adds a try region; inner ones come first.
    pub fn handler(&mut self, handler: Handler) {
        self.function.handlers.push(handler);
    }

    /// What is in scope, to be restored when a block ends that may not have run.
    pub fn scope(&self) -> usize {
        self.scope.len()
    }

    pub fn restore(&mut self, scope: usize) {
        self.scope.truncate(scope);
    }

    /// The register is assigned from here on.
    pub fn readable(&mut self, reg: Reg) {
        self.scope.push(reg);
    }

    pub fn lock(&mut self, reg: Reg) {
        self.locked.push(reg);
    }

    pub fn unlock(&mut self) {
        self.locked.pop();
    }

    /// A register of the type in scope.
    pub fn find(&mut self, ty: TypeIdx) -> Option<Reg> {
        self.find_where(|frame, reg| frame.ty(reg) == ty)
    }

    /// A register of the type in scope that may be written.
    pub fn find_writable(&mut self) -> Option<Reg> {
        self.find_where(|frame, reg| !frame.locked.contains(&reg))
    }

    /// A register in scope that the predicate admits.
    pub fn find_where(&mut self, admits: impl Fn(&Self, Reg) -> bool) -> Option<Reg> {
        let fitting: Vec<Reg> = self.scope.iter().copied().filter(|&reg| admits(self, reg)).collect();
        (!fitting.is_empty()).then(|| *self.world.dice.pick(&fitting))
    }

    /// Counts what a callee costs.
    pub fn spend(&mut self, cost: u64) {
        self.cost += self.turns * cost;
    }

    /// Whether something of this cost may still be placed here.
    pub fn can_afford(&self, cost: u64) -> bool {
        self.cost + self.turns * cost < self.budget
    }

    pub fn set_budget(&mut self, budget: u64) {
        self.budget = budget;
    }

    /// What is written by `body` runs `turns` times for each time that it runs here.
    pub fn repeated(&mut self, turns: u64, body: impl FnOnce(&mut Self)) {
        self.turns *= turns;
        body(self);
        self.turns /= turns;
    }

    /// Loads some parameters and captured values a second time.
    pub fn load_args(&mut self) {
        for param in 0..self.function.n_params {
            if self.world.dice.chance(30) {
                let dst = self.new_reg(self.function.regs[param as usize]);
                self.emit(Inst::LoadArg { dst, param: ParamIdx(param) });
                self.readable(dst);
            }
        }
        for capture in 0..self.function.captures.len() {
            let dst = self.new_reg(self.function.captures[capture]);
            self.emit(Inst::LoadCapture { dst, capture: vitbc::CaptureIdx::new(capture) });
            self.readable(dst);
        }
    }
}
