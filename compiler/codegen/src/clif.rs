//! Our SSA form to Cranelift's, and through Cranelift to the machine code of one function.
//!
//! Compiled functions follow Cranelift's `tail` convention with the context as a hidden first parameter. Slow paths
//! sit in cold blocks and call stubs that preserve all registers, so that they cost the others nothing:
//!
//! ```text
//! entry(context, …)    if sp < context.stack_limit { cold: vt_stack_check }
//!   …                  new object: bump context.heap_next; past heap_limit { cold: vt_alloc }
//!   …                  check: if it fails { cold: vt_throw_…; trap }
//! loop                 if context.poll != 0 { cold: vt_poll }
//! ```
//!
//! Every value that is a traced word and lives across a collection goes through [`Emitter::define`], which declares it
//! for the stack maps. Anything else that is computed from a reference is dead before the next collection.

mod arith;
mod callback;
mod calls;
mod contexts;
mod export;
mod memory;
mod prologue;
mod region;
pub mod shims;
mod terminator;
mod words;

use crate::dispatch::Dispatch;
use crate::env::Env;
use crate::ir::{self, Op};
use crate::symbol::Symbol;
use calls::SigKey;
pub use calls::filter_of;
use contexts::LoopContexts;
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::entity::packed_option::PackedOption;
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{
    AbiParam, Block, FuncRef, GlobalValue, SigRef, Signature, SourceLoc, StackSlot, Type, UserFuncName, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use region::Regions;
use rustc_hash::FxHashMap;
use vitbc::FuncIdx;
use vitte_abi::object::Repr;

/// What the compilation of all functions shares.
pub struct Shared<'a> {
    /// The program.
    pub env: Env<'a>,
    /// The machine.
    pub isa: &'a dyn TargetIsa,
    /// The dispatch tables of traits.
    pub dispatch: &'a Dispatch,
}

/// Makes machine code of functions, one after the other, on one thread.
pub struct Compiler<'a> {
    shared: &'a Shared<'a>,
    builder: FunctionBuilderContext,
    context: Context,
}

/// A function in Cranelift's form inside a [`Compiler`], ready to be compiled or printed.
pub struct Translated {
    /// Which function it is.
    pub symbol: Symbol,
    /// The contents of its [`Symbol::Bytes`].
    pub bytes: Vec<Box<[u8]>>,
    /// How much larger its frame is to the runtime than to the processor: that of the body behind it.
    pub frame_ahead: u32,
}

impl<'a> Compiler<'a> {
    /// A compiler that has done nothing yet.
    pub fn new(shared: &'a Shared<'a>) -> Self {
        Compiler { shared, builder: FunctionBuilderContext::new(), context: Context::new() }
    }

    /// Translates a function of the program.
    pub fn translate(&mut self, function: &ir::Function) -> Translated {
        self.translate_as(Symbol::Function(function.func), function, 0)
    }

    /// Translates what is called in place of a function whose frame has turned out to be so large that nothing may be
    /// stored in it before the stack is checked: it checks for `frame_ahead` bytes and goes on to the body.
    pub fn translate_guard(&mut self, function: &ir::Function, frame_ahead: u32) -> Translated {
        let mut guard = ir::Function::new(function.func, &function.name, function.result);
        let block = guard.add_block();
        let reprs = function.blocks[function.entry()].params.iter().map(|&param| function.repr(param));
        let params = reprs.map(|repr| guard.add_param(block, repr)).collect();
        guard.blocks[block].term = ir::Terminator::TailCall(function.func, params);
        self.translate_as(Symbol::Function(function.func), &guard, frame_ahead)
    }

    fn translate_as(&mut self, symbol: Symbol, function: &ir::Function, frame_ahead: u32) -> Translated {
        let entry = &function.blocks[function.entry()];
        let params = entry.params.iter().map(|&param| function.repr(param));
        self.begin(symbol, signature(CallConv::Tail, params, function.result));
        let mut emitter = Emitter::new(self.shared, function, &mut self.context.func, &mut self.builder);
        emitter.frame_ahead = frame_ahead;
        emitter.body();
        let bytes = emitter.bytes;
        emitter.b.finalize(self.shared.isa.frontend_config());
        Translated { symbol, bytes, frame_ahead }
    }

    /// The translated function, for people.
    pub fn display(&self, translated: &Translated) -> String {
        let mut text = self.context.func.display().to_string();
        for (_, name) in self.context.func.params.user_named_funcs().iter() {
            let symbol = Symbol::from(name);
            let meaning = match symbol {
                Symbol::Bytes(number) => format!("{:?}", translated.bytes[number as usize]),
                _ => symbol.name(&self.shared.env).escape_debug().to_string(),
            };
            text.push_str(&format!("; u{}:{} = {meaning}\n", name.namespace, name.index));
        }
        text
    }

    /// Has machine code also made as text.
    pub fn want_disassembly(&mut self) {
        self.context.set_disasm(true);
    }

    /// Makes machine code of the translated function, and leaves it in the context.
    ///
    /// # Errors
    /// What Cranelift says; it cannot happen with a function from [`Compiler::translate`].
    pub fn compile(&mut self) -> Result<&Context, String> {
        let result = self.context.compile(self.shared.isa, &mut ControlPlane::default());
        match result.map(|_| ()).map_err(|error| format!("{:?}", error.inner)) {
            Ok(()) => Ok(&self.context),
            Err(message) => Err(message),
        }
    }

    fn begin(&mut self, symbol: Symbol, signature: Signature) {
        self.context.clear();
        let name = cranelift_codegen::ir::UserExternalName::from(symbol);
        self.context.func.name = UserFuncName::user(name.namespace, name.index);
        self.context.func.signature = signature;
        // Cranelift keeps positions as distances from the first one, and takes the distance -1 for none. None of ours is
        // that far from this one.
        self.context.func.params.ensure_base_srcloc(entry_loc());
    }
}

/// The machine type of a value.
pub fn machine_type(repr: Repr) -> Type {
    match repr {
        Repr::I8 => types::I8,
        Repr::I16 => types::I16,
        Repr::I32 => types::I32,
        Repr::I64 | Repr::Ref => types::I64,
        Repr::F32 => types::F32,
        Repr::F64 => types::F64,
        Repr::Unit => unreachable!("`unit` is not held"),
    }
}

/// The signature of code that takes the context and `params`.
fn signature(convention: CallConv, params: impl IntoIterator<Item = Repr>, result: Repr) -> Signature {
    let mut signature = Signature::new(convention);
    signature.params.push(AbiParam::new(types::I64));
    signature.params.extend(params.into_iter().map(|repr| AbiParam::new(machine_type(repr))));
    if result != Repr::Unit {
        signature.returns.push(AbiParam::new(machine_type(result)));
    }
    signature
}

/// Representations of a function's parameters, without the closure object, and of its result.
fn reprs(env: &Env<'_>, func: FuncIdx) -> (Vec<Repr>, Repr) {
    let (params, result) = env.module.signature(func).expect("verified: the function exists");
    let params = params.iter().map(|&ty| env.layout.repr(ty)).filter(|&repr| repr != Repr::Unit);
    (params.collect(), env.layout.repr(result))
}

/// The state of the translation of one function.
struct Emitter<'e> {
    shared: &'e Shared<'e>,
    function: &'e ir::Function,
    b: FunctionBuilder<'e>,
    /// The running process.
    context: Value,
    contexts: LoopContexts,
    values: SecondaryMap<ir::Value, PackedOption<Value>>,
    blocks: SecondaryMap<ir::Block, PackedOption<Block>>,
    regions: Regions,
    callees: FxHashMap<Symbol, FuncRef>,
    data: FxHashMap<Symbol, GlobalValue>,
    signatures: FxHashMap<SigKey, SigRef>,
    bytes: Vec<Box<[u8]>>,
    /// Positions in `bytes`.
    known_bytes: FxHashMap<Box<[u8]>, u32>,
    /// The memory of all [`Op::Array`]s, of which one is alive at a time.
    array: Option<StackSlot>,
    /// The handlers around the instruction being translated.
    handlers: Vec<calls::Handler>,
    /// See [`Compiler::translate_guard`]; else 0.
    frame_ahead: u32,
    /// The references that live across collections.
    traced: EntitySet<ir::Value>,
    /// What [`Op::PollSlow`] handed over last, as it is after the poll.
    moved: Vec<Value>,
    /// The memory for what is handed over.
    handed: Vec<StackSlot>,
}

impl<'e> Emitter<'e> {
    fn new(
        shared: &'e Shared<'e>,
        function: &'e ir::Function,
        clif: &'e mut cranelift_codegen::ir::Function,
        builder: &'e mut FunctionBuilderContext,
    ) -> Self {
        Emitter {
            shared,
            function,
            b: FunctionBuilder::new(clif, builder),
            context: Value::from_u32(0),
            contexts: LoopContexts::default(),
            values: SecondaryMap::with_capacity(function.values.len()),
            blocks: SecondaryMap::with_capacity(function.blocks.len()),
            regions: Regions::default(),
            callees: FxHashMap::default(),
            data: FxHashMap::default(),
            signatures: FxHashMap::default(),
            bytes: Vec::new(),
            known_bytes: FxHashMap::default(),
            array: None,
            handlers: Vec::new(),
            frame_ahead: 0,
            traced: EntitySet::new(),
            moved: Vec::new(),
            handed: Vec::new(),
        }
    }

    fn body(&mut self) {
        Regions::separate_spills(&mut self.b);
        let cfg = ir::cfg::Cfg::new(self.function);
        self.contexts = LoopContexts::new(self.function, &cfg);
        self.traced = ir::traced::find_traced(self.function, &cfg).values(self.function);
        let order = cfg.order;
        self.prologue(&order);
        let context = self.context;
        for (position, &block) in order.iter().enumerate() {
            if position > 0 {
                let target = self.block(block);
                self.b.switch_to_block(target);
            }
            self.choose_context(block, context);
            let data = &self.function.blocks[block];
            for &inst in &data.insts {
                let inst_data = &self.function.insts[inst];
                self.position(inst_data.loc);
                let result = inst_data.result.map(|value| self.function.repr(value));
                let value = self.inst(inst_data, result);
                if let Some(result) = inst_data.result {
                    self.define(result, value.expect("an instruction with a result has a value"));
                }
            }
            self.position(data.term_loc);
            self.copy_context(block);
            self.terminator(&data.term);
        }
        self.b.seal_all_blocks();
    }

    /// Names the Cranelift value of `value`. The one place where traced words are declared for the stack maps.
    fn define(&mut self, value: ir::Value, clif: Value) {
        if self.traced.contains(value) {
            self.b.declare_value_needs_stack_map(clif);
        }
        self.values[value] = clif.into();
    }

    fn value(&self, value: ir::Value) -> Value {
        self.values[value].expect("definitions dominate uses")
    }

    /// Operand number `index`.
    fn arg(&self, data: &ir::InstData, index: usize) -> Value {
        self.value(data.args[index])
    }

    /// The block of an IR block, made when it is first asked for.
    fn block(&mut self, block: ir::Block) -> Block {
        if let Some(made) = self.blocks[block].expand() {
            return made;
        }
        let made = self.b.create_block();
        self.blocks[block] = made.into();
        let data = &self.function.blocks[block];
        if data.cold {
            self.b.set_cold_block(made);
        }
        for &param in &data.params {
            let value = self.b.append_block_param(made, machine_type(self.function.repr(param)));
            self.define(param, value);
        }
        made
    }

    /// A block off the usual path.
    fn cold_block(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    fn position(&mut self, loc: Option<ir::Loc>) {
        self.b.set_srcloc(loc.map_or(SourceLoc::default(), source_loc));
    }

    /// Translates an instruction. `wanted` is the representation of its result, `None` if nobody uses one.
    fn inst(&mut self, data: &ir::InstData, wanted: Option<Repr>) -> Option<Value> {
        match &data.op {
            Op::Load(..)
            | Op::Store(..)
            | Op::LoadItem(_)
            | Op::LoadTable(_)
            | Op::StoreItem(_)
            | Op::LoadForeign(..)
            | Op::StoreForeign(_)
            | Op::BufferData
            | Op::Barrier(_)
            | Op::BarrierItem
            | Op::New(..)
            | Op::NewClosure(_)
            | Op::Array
            | Op::Peeked => self.memory(data),
            Op::Box(ty) => Some(self.box_word(*ty, data)),
            Op::Unbox(ty) => Some(self.unbox_word(*ty, self.arg(data, 0))),
            Op::IsType(ty) => Some(self.is_type(*ty, self.arg(data, 0))),
            Op::Check(_)
            | Op::Poll
            | Op::PollDue
            | Op::PollSlow
            | Op::Moved(_)
            | Op::Call(_)
            | Op::CallClosure
            | Op::CallMethod(..)
            | Op::Helper(_)
            | Op::Native(_)
            | Op::Throw
            | Op::Rethrow => self.call_inst(data, wanted),
            _ => Some(self.plain(data, wanted)),
        }
    }
}

/// How Cranelift carries a source position: 0 would be the first.
fn source_loc(loc: ir::Loc) -> SourceLoc {
    use cranelift_codegen::entity::EntityRef;
    SourceLoc::new(loc.index() as u32 + 1)
}

/// The position of what happens before a function begins: it is not in the function's source.
pub fn entry_loc() -> SourceLoc {
    SourceLoc::new(u32::MAX - 1)
}

/// What [`source_loc`] carried.
pub fn loc_of(loc: SourceLoc) -> Option<ir::Loc> {
    use cranelift_codegen::entity::EntityRef;
    (!loc.is_default() && loc != entry_loc()).then(|| ir::Loc::new(loc.bits() as usize - 1))
}
