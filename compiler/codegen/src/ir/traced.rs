//! Which references live across collections, and so have to stand where the collector finds them.
//!
//! A reference is followed from its uses up to its definition. In each block on the way it lives in a stretch of the
//! instructions; a collection in that stretch is one that it lives across.

use super::cfg::Cfg;
use super::{Block, Function, Inst, Op, Value, ValueDef};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use vitte_abi::object::Repr;

/// The blocks that may be visited for one function. Beyond, all references are taken to live everywhere.
const MAX_STEPS: usize = 1 << 21;

/// Where a reference lives across a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crossing {
    /// The reference.
    pub value: Value,
    /// The block of the instruction that collects.
    pub block: Block,
    /// That instruction.
    pub inst: Inst,
}

/// The references of a function that live across collections.
#[derive(Debug)]
pub enum Traced {
    /// Where they do, by ascending values.
    At(Vec<Crossing>),
    /// Too much work: it may be all of them, everywhere.
    All,
}

/// A use at the terminator, behind the instruction of a try.
const END: u32 = u32::MAX - 1;
/// Alive when the block is left.
const OUT: u32 = u32::MAX;

/// Finds the references that live across collections.
pub fn find_traced(func: &Function, cfg: &Cfg) -> Traced {
    let mut search = Search::new(func, cfg);
    for &block in &cfg.order {
        search.note_uses(block);
    }
    let mut crossings = Vec::new();
    for (value, data) in func.values.iter() {
        if data.repr == Repr::Ref && !search.uses[value].is_empty() && !func.is_immortal(value) {
            search.follow(value, &mut crossings);
            if search.steps > MAX_STEPS {
                return Traced::All;
            }
        }
    }
    Traced::At(crossings)
}

impl Traced {
    /// The references as a set, which is asked before it is given a value.
    pub fn values(&self, func: &Function) -> EntitySet<Value> {
        let mut set = EntitySet::with_capacity(func.values.len());
        match self {
            Traced::At(crossings) => crossings.iter().for_each(|crossing| {
                set.insert(crossing.value);
            }),
            Traced::All => func.values.iter().filter(|(_, data)| data.repr == Repr::Ref).for_each(|(value, _)| {
                set.insert(value);
            }),
        }
        set
    }
}

impl Function {
    /// Whether a word never changes in a collection: an immediate, or the address of a constant.
    pub fn is_immortal(&self, value: Value) -> bool {
        self.def_inst(value).is_some_and(|made| match made.op {
            Op::Word(_) | Op::Str(_) => true,
            Op::NewClosure(_) => made.args.is_empty(),
            _ => false,
        })
    }
}

struct Search<'f> {
    func: &'f Function,
    cfg: &'f Cfg,
    /// The instructions of each block that collect, with their places.
    collecting: SecondaryMap<Block, Vec<(u32, Inst)>>,
    /// Block and place of each definition by an instruction. Places are even.
    homes: SecondaryMap<Inst, Option<(Block, u32)>>,
    /// Block and place of the uses of each reference.
    uses: SecondaryMap<Value, Vec<(Block, u32)>>,
    /// Which value came into a block last, and which left it.
    ins: SecondaryMap<Block, Option<Value>>,
    outs: SecondaryMap<Block, Option<Value>>,
    steps: usize,
}

impl<'f> Search<'f> {
    fn new(func: &'f Function, cfg: &'f Cfg) -> Search<'f> {
        Search {
            func,
            cfg,
            collecting: SecondaryMap::with_capacity(func.blocks.len()),
            homes: SecondaryMap::with_capacity(func.insts.len()),
            uses: SecondaryMap::with_capacity(func.values.len()),
            ins: SecondaryMap::with_capacity(func.blocks.len()),
            outs: SecondaryMap::with_capacity(func.blocks.len()),
            steps: 0,
        }
    }

    fn note_uses(&mut self, block: Block) {
        let func = self.func;
        let data = &func.blocks[block];
        let is_ref = |value: Value| func.repr(value) == Repr::Ref;
        for (place, &inst) in data.insts.iter().chain(&data.term.tried()).enumerate() {
            let place = place as u32 * 2;
            self.homes[inst] = Some((block, place));
            let inst_data = &func.insts[inst];
            // What goes into a new object is stored when there is memory for it.
            let is_kept = matches!(inst_data.op, Op::New(..) | Op::NewClosure(_));
            for &arg in inst_data.args.iter().filter(|&&arg| is_ref(arg)) {
                self.uses[arg].push((block, place + u32::from(is_kept)));
            }
            if inst_data.op.collects() {
                self.collecting[block].push((place, inst));
            }
        }
        let uses = &mut self.uses;
        data.term.for_each_operand(|value| {
            if is_ref(value) {
                uses[value].push((block, END));
            }
        });
        for value in data.term.jumps().flat_map(super::Jump::values).filter(|&value| is_ref(value)) {
            uses[value].push((block, END));
        }
    }

    fn follow(&mut self, value: Value, crossings: &mut Vec<Crossing>) {
        // From behind the definition on.
        let (home, start) = match self.func.values[value].def {
            ValueDef::Param(block, _) => (block, 0),
            ValueDef::Inst(inst) => match self.homes[inst] {
                Some((block, place)) => (block, place + 1),
                None => return,
            },
        };
        let uses = std::mem::take(&mut self.uses[value]);
        let mut blocks: Vec<(Block, u32)> = uses;
        blocks.sort_unstable();
        // The last use in each block.
        blocks.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = next.1;
            }
            same
        });
        let mut pending = Vec::new();
        for &(block, _) in &blocks {
            self.enter(value, home, block, &mut pending);
        }
        let mut passed = Vec::new();
        while let Some(block) = pending.pop() {
            self.steps += 1;
            for at in 0..self.cfg.preds[block].len() {
                let pred = self.cfg.preds[block][at];
                if self.outs[pred] != Some(value) {
                    self.outs[pred] = Some(value);
                    passed.push(pred);
                    self.enter(value, home, pred, &mut pending);
                }
            }
        }
        let ends = blocks.into_iter().filter(|&(block, _)| self.outs[block] != Some(value));
        for (block, end) in ends.chain(passed.into_iter().map(|block| (block, OUT))) {
            let from = if block == home { start } else { 0 };
            self.steps += self.collecting[block].len();
            for &(place, inst) in &self.collecting[block] {
                if from <= place && place < end {
                    crossings.push(Crossing { value, block, inst });
                }
            }
        }
    }

    /// Notes that `value` is alive when `block` begins, unless it is defined there.
    fn enter(&mut self, value: Value, home: Block, block: Block, pending: &mut Vec<Block>) {
        if block != home && self.ins[block] != Some(value) {
            self.ins[block] = Some(value);
            pending.push(block);
        }
    }
}
