//! From a verified module to the internal form.

mod arithmetic;
mod constants;
mod values;

use crate::op::{Op, Slot, Slots};
use crate::program::{CallbackSite, ForeignSite, Func, Handler, Method};
use std::collections::BTreeMap;
use vitbc::verify::Regions;
use vitbc::{ExternIdx, FuncIdx, Function, Inst, Label, MethodIdx, Module, Reg, Type, TypeIdx, Verified};
use vitte_abi::TypeId;
use vitte_abi::foreign::{encode, encode_call};
use vitte_abi::object::Repr;
use vitte_layout::Layout;
use vitte_rt::object::Form;

/// What comes of a module's functions.
pub struct Decoded {
    /// The functions.
    pub functions: Vec<Func>,
    /// The methods that are called through traits.
    pub methods: Vec<Method>,
    /// The functions that C calls.
    pub callbacks: Vec<CallbackSite>,
}

/// Decodes all functions of a module without imports. With `fuse`, comparisons are joined to the branches behind them.
pub fn decode(module: &Verified<Module>, layout: &Layout, fuse: bool) -> Decoded {
    let mut methods = Methods { module, numbers: BTreeMap::new(), tables: vec![] };
    let mut callbacks = vec![];
    let mut functions = Vec::with_capacity(module.functions.len());
    for (position, function) in module.functions.iter().enumerate() {
        let idx = module.func_idx(position);
        let decoder = Decoder {
            module,
            layout,
            idx,
            function,
            methods: &mut methods,
            callbacks: &mut callbacks,
            func: Func::default(),
        };
        let mut func = decoder.decode();
        if fuse {
            fuse_branches(&mut func.ops);
        }
        functions.push(func);
    }
    Decoded { functions, methods: methods.tables, callbacks }
}

/// The methods called through traits, each numbered when it is first seen.
struct Methods<'m> {
    module: &'m Module,
    numbers: BTreeMap<(TypeIdx, MethodIdx), u32>,
    tables: Vec<Method>,
}

impl Methods<'_> {
    fn number(&mut self, trait_ty: TypeIdx, method: MethodIdx) -> u32 {
        *self.numbers.entry((trait_ty, method)).or_insert_with(|| {
            let impls = self.module.impls.iter().filter(|imp| imp.trait_ty == trait_ty);
            let functions = impls.map(|imp| {
                let is_scalar = self.module.ty(imp.ty).is_scalar();
                (imp.ty.0, (imp.methods[method.index()].0, is_scalar))
            });
            self.tables.push(Method { functions: functions.collect() });
            self.tables.len() as u32 - 1
        })
    }
}

/// Decodes one function.
struct Decoder<'d, 'm> {
    module: &'m Module,
    layout: &'m Layout,
    idx: FuncIdx,
    function: &'m Function,
    methods: &'d mut Methods<'m>,
    callbacks: &'d mut Vec<CallbackSite>,
    func: Func,
}

impl Decoder<'_, '_> {
    fn decode(mut self) -> Func {
        let n_regs = self.function.regs.len() as u32;
        self.func.n_params = self.function.n_params;
        self.func.n_slots = n_regs + 1;
        if !self.function.captures.is_empty() {
            self.func.closure = Some((n_regs + 1) as Slot);
            self.func.n_slots += 1;
        }
        let regs = self.function.regs.iter().enumerate();
        let traced = regs.filter(|&(_, &ty)| self.layout.repr(ty) == Repr::Ref).map(|(reg, _)| reg as Slot);
        self.func.roots = traced.chain(self.func.closure).collect();
        let handler = |handler: &vitbc::Handler| Handler {
            target: handler.target.0,
            slot: handler.reg.0 as Slot,
            filter: handler.filter.map(|ty| ty.0),
        };
        self.func.handlers = self.function.handlers.iter().map(handler).collect();
        self.func.regions = (!self.func.handlers.is_empty()).then(|| Regions::new(self.function));
        let function = self.function;
        self.func.ops = function.code.iter().map(|inst| self.inst(inst)).collect();
        self.func
    }

    fn ty(&self, reg: Reg) -> TypeIdx {
        self.function.regs[reg.index()]
    }

    fn type_of(&self, reg: Reg) -> &Type {
        self.module.ty(self.ty(reg))
    }

    fn form(&self, ty: TypeIdx) -> Form {
        Form::new(ty.0, self.layout.repr(ty))
    }

    /// The slot of a result: of one that nobody wants, the slot behind the registers.
    fn dst(&self, dst: Option<Reg>) -> Slot {
        dst.map_or(self.function.regs.len() as Slot, slot)
    }

    fn slots(&mut self, regs: &[Reg]) -> Slots {
        let at = self.func.slots.len() as Slots;
        self.func.slots.extend(regs.iter().copied().map(slot));
        at
    }

    /// The function under an index, which is one that the module defines.
    fn defined(&self, func: FuncIdx) -> u32 {
        func.0 - self.module.imports.len() as u32
    }

    fn inst(&mut self, inst: &Inst) -> Op {
        if let Some(op) = self.arithmetic(inst).or_else(|| self.value(inst)) {
            return op;
        }
        match inst {
            Inst::Nop {} => Op::Nop,
            Inst::Jump { target } => Op::Jump { target: target.0 },
            Inst::If { cond, target } => self.branch(*cond, true, *target),
            Inst::IfNot { cond, target } => self.branch(*cond, false, *target),
            Inst::IfNil { src, target } => Op::IfNil { src: slot(*src), target: target.0 },
            Inst::Switch { value, targets } => {
                let at = self.func.targets.len() as u32;
                self.func.targets.extend(targets.iter().map(|label| label.0));
                Op::Switch { value: slot(*value), at, n: targets.len() as u32 }
            }
            Inst::Return { value: Some(value) } => Op::Return { src: slot(*value) },
            Inst::Return { value: None } => Op::ReturnNone,
            Inst::Unreachable {} => Op::Unreachable,
            Inst::Call { dst, func, args } => {
                Op::Call { dst: self.dst(*dst), func: self.defined(*func), args: self.slots(args) }
            }
            Inst::CallClosure { dst, callee, args } => {
                let (dst, args, n) = (self.dst(*dst), self.slots(args), args.len() as u16);
                Op::CallClosure { dst, callee: slot(*callee), n, args }
            }
            Inst::CallMethod { dst, ty, method, object, args } => {
                let table = self.methods.number(*ty, *method);
                let (dst, args, n) = (self.dst(*dst), self.slots(args), args.len() as u16);
                Op::CallMethod { dst, object: slot(*object), n, table, args }
            }
            Inst::CallNative { dst, native, args } => {
                let (dst, args, n) = (self.dst(*dst), self.slots(args), args.len() as u16);
                Op::CallNative { dst, native: native.0, n, args }
            }
            Inst::CallExtern { dst, external, args } => {
                let site = self.func.foreign.len() as u32;
                let foreign = self.foreign(*external, args);
                self.func.foreign.push(foreign);
                Op::CallExtern { dst: self.dst(*dst), site, args: self.slots(args) }
            }
            Inst::TailCall { func, args } => Op::TailCall { func: self.defined(*func), args: self.slots(args) },
            Inst::TailCallClosure { callee, args } => {
                Op::TailCallClosure { callee: slot(*callee), n: args.len() as u16, args: self.slots(args) }
            }
            Inst::Callback { dst, func } => Op::Callback { dst: slot(*dst), index: self.callback(*func) },
            Inst::Throw { value } => Op::Throw { value: slot(*value) },
            Inst::Rethrow { value } => Op::Rethrow { value: slot(*value) },
            Inst::StackTrace { dst } => Op::StackTrace { dst: slot(*dst) },
            Inst::Spawn { dst, body, link } => Op::Spawn { dst: slot(*dst), body: slot(*body), link: *link != 0 },
            Inst::SelfPid { dst } => Op::SelfPid { dst: slot(*dst) },
            Inst::Send { to, message } => Op::Send { to: slot(*to), message: slot(*message) },
            Inst::ReceivePeek { dst, empty } => Op::ReceivePeek { dst: slot(*dst), empty: empty.0 },
            Inst::ReceiveTake {} => Op::ReceiveTake,
            Inst::ReceiveSkip {} => Op::ReceiveSkip,
            Inst::ReceiveWait { dst, millis } => Op::ReceiveWait { dst: slot(*dst), millis: slot(*millis) },
            other => unreachable!("{} is decoded with its kin", other.opcode().info().mnemonic),
        }
    }

    fn branch(&self, cond: Reg, wanted: bool, target: Label) -> Op {
        let (cond, target, is_any) = (slot(cond), target.0, *self.type_of(cond) == Type::Any);
        match (is_any, wanted) {
            (true, _) => Op::IfAny { cond, wanted, target },
            (false, true) => Op::If { cond, target },
            (false, false) => Op::IfNot { cond, target },
        }
    }

    /// The number of a function among those that C calls.
    fn callback(&mut self, func: FuncIdx) -> u32 {
        let known = self.callbacks.iter().position(|site| site.func == func.0);
        let number = known.unwrap_or_else(|| {
            let (params, result) = self.module.signature(func).expect("verified: the function exists");
            let types: Vec<TypeId> = params.iter().map(|ty| ty.0).collect();
            let signature = encode(types.len(), &types, result.0).into();
            self.callbacks.push(CallbackSite { func: func.0, signature });
            self.callbacks.len() - 1
        });
        number as u32
    }

    fn foreign(&self, external: ExternIdx, args: &[Reg]) -> ForeignSite {
        let function = &self.module.externs[external.index()];
        let signature = &function.signature;
        let types: Vec<TypeId> = args.iter().map(|&arg| self.ty(arg).0).collect();
        let bytes = encode_call(signature.params.len(), function.blocking, &types, signature.result.0);
        ForeignSite { external: external.0, n_args: args.len() as u32, signature: bytes.into() }
    }
}

fn slot(reg: Reg) -> Slot {
    // Registers are limited to 2^15.
    reg.0 as Slot
}

/// Joins each comparison to a branch on its result that follows. The branch stays where it is, for those who jump to
/// it; no exception comes between the two, since neither raises any.
fn fuse_branches(ops: &mut [Op]) {
    for at in 1..ops.len() {
        let (cond, wanted, target) = match ops[at] {
            Op::If { cond, target } => (cond, true, target),
            Op::IfNot { cond, target } => (cond, false, target),
            _ => continue,
        };
        ops[at - 1] = match ops[at - 1] {
            Op::LtInt { dst, a, b } if dst == cond => Op::IfLtInt { dst, a, b, wanted, target },
            Op::LeInt { dst, a, b } if dst == cond => Op::IfLeInt { dst, a, b, wanted, target },
            Op::EqBits { dst, a, b } if dst == cond => Op::IfEqBits { dst, a, b, wanted, target },
            Op::LtFloat { dst, a, b } if dst == cond => Op::IfLtFloat { dst, a, b, wanted, target },
            Op::LeFloat { dst, a, b } if dst == cond => Op::IfLeFloat { dst, a, b, wanted, target },
            op => op,
        };
    }
}
