//! Simple instructions, chosen from the table by what they give or change.
//!
//! An instruction's operands are read from the dice ([`Chooser`]): a type variable stands for what its first register
//! shows, or for a random type of its class; each register read holds a value of the type so found.

use super::frame::Frame;
use vitbc::inst::{Class, Effect, Kind, OpInfo, OperandInfo, OperandSource, Pattern};
use vitbc::{Const, Inst, Label, Opcode, Reg, Type, TypeIdx};

/// How long lists and maps, and strings, grow.
const MAX_ITEMS: i64 = 12;
const MAX_TEXT: i64 = 120;

/// Whether the instruction may stand anywhere, and does the same everywhere.
fn is_simple(opcode: Opcode) -> bool {
    let info = opcode.info();
    let fits = |operand: &OperandInfo| !matches!(operand.kind, Kind::Label | Kind::Labels);
    let unfit = [Effect::Ends, Effect::Foreign, Effect::Waits];
    let depends = [
        // Identity of what is no object of its own, hashes, traces and processes are the engine's business.
        Opcode::Same,
        Opcode::Hash,
        Opcode::StackTrace,
        Opcode::SelfPid,
        Opcode::Send,
        Opcode::ReceiveTake,
        Opcode::ReceiveSkip,
    ];
    !info.is_special()
        && info.operands.iter().all(fits)
        && !unfit.iter().any(|&effect| info.has(effect))
        && !depends.contains(&opcode)
}

impl Frame<'_> {
    /// A value of type `ty`, computed by some simple instruction; `None` if the dice find none.
    pub fn operation(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        let gives = |opcode: &Opcode| is_simple(*opcode) && self.gives(opcode.info(), ty);
        let fitting: Vec<Opcode> = Opcode::ALL.iter().copied().filter(gives).collect();
        if fitting.is_empty() {
            return None;
        }
        let opcode = *self.world.dice.pick(&fitting);
        let dst = self.new_reg(ty);
        let inst = Inst::read(opcode, &mut Chooser::new(self, opcode, Some(dst), depth)).ok()?;
        self.emit(inst);
        if ty == TypeIdx::STR || ty == TypeIdx::ANY && opcode == Opcode::Add {
            self.shorten(dst);
        }
        self.readable(dst);
        Some(dst)
    }

    /// Some simple instruction without a result: it prints, or changes a list or map.
    pub fn effect(&mut self, depth: u32) {
        let has_none = |opcode: &Opcode| {
            let operands = opcode.info().operands;
            is_simple(*opcode) && !operands.is_empty() && !operands.iter().any(|operand| operand.kind == Kind::Def)
        };
        let fitting: Vec<Opcode> = Opcode::ALL.iter().copied().filter(has_none).collect();
        let opcode = *self.world.dice.pick(&fitting);
        let mut chooser = Chooser::new(self, opcode, None, depth);
        let Ok(inst) = Inst::read(opcode, &mut chooser) else { return };
        let grows = chooser.container;
        match (opcode, grows) {
            (Opcode::ListPush | Opcode::ListInsert | Opcode::ListExtend | Opcode::MapSet, Some(container)) => {
                self.if_short(container, inst);
            }
            _ => self.emit(inst),
        }
    }

    fn gives(&self, info: &OpInfo, ty: TypeIdx) -> bool {
        let Some(dst) = info.operands.first().filter(|operand| operand.kind == Kind::Def) else { return false };
        let in_class =
            |var: u8, ty: TypeIdx| info.classes.iter().all(|&(of, class)| of != var || class.admits(self.world.ty(ty)));
        match (dst.pattern, self.world.ty(ty)) {
            (Pattern::Is(is), _) => is == ty,
            (Pattern::Var(var), _) => in_class(var, ty),
            (Pattern::List(var), Type::List(item)) => in_class(var, *item),
            (Pattern::List(var), Type::Bytes) => in_class(var, TypeIdx::U8),
            (Pattern::Map(..), Type::Map(..)) => true,
            (Pattern::Opt(var), Type::Optional(inner)) => in_class(var, *inner),
            _ => false,
        }
    }

    /// Runs `inst` only if the list or map is short.
    fn if_short(&mut self, container: Reg, inst: Inst) {
        let len = self.new_reg(TypeIdx::INT);
        self.emit(match self.world.ty(self.ty(container)) {
            Type::Map(..) => Inst::MapLen { dst: len, map: container },
            _ => Inst::ListLen { dst: len, list: container },
        });
        let max = self.int(MAX_ITEMS);
        let is_short = self.new_reg(TypeIdx::BOOL);
        self.emit(Inst::Lt { dst: is_short, a: len, b: max });
        let skip = self.new_label();
        self.emit(Inst::IfNot { cond: is_short, target: skip });
        self.emit(inst);
        self.place(skip);
    }

    /// Replaces a text that has become long, be it a `str` or in an `any`.
    pub fn shorten(&mut self, text: Reg) {
        let (measured, instead) = match self.ty(text) {
            TypeIdx::STR => (text, self.world.str_const("cut")),
            _ => {
                let shown = self.new_reg(TypeIdx::STR);
                self.emit(Inst::ToStr { dst: shown, src: text });
                (shown, Const::Nil)
            }
        };
        let len = self.new_reg(TypeIdx::INT);
        self.emit(Inst::StrLen { dst: len, src: measured });
        let max = self.int(MAX_TEXT);
        let is_short = self.new_reg(TypeIdx::BOOL);
        self.emit(Inst::Le { dst: is_short, a: len, b: max });
        let keep = self.new_label();
        self.emit(Inst::If { cond: is_short, target: keep });
        self.emit(Inst::LoadConst { dst: text, value: instead });
        self.place(keep);
    }
}

/// Chooses an instruction's operands, and writes what computes them.
struct Chooser<'f, 'w> {
    frame: &'f mut Frame<'w>,
    opcode: Opcode,
    dst: Option<Reg>,
    depth: u32,
    vars: [Option<TypeIdx>; 4],
    /// The type of all lists of the instruction.
    list: Option<TypeIdx>,
    /// The first list or map.
    container: Option<Reg>,
    /// What both sides of arithmetic on `any` hold, mostly.
    inside: TypeIdx,
}

/// No value of the kind that the instruction needs.
struct NotHere;

impl<'f, 'w> Chooser<'f, 'w> {
    fn new(frame: &'f mut Frame<'w>, opcode: Opcode, dst: Option<Reg>, depth: u32) -> Self {
        let inside = *frame.world.dice.pick(&[TypeIdx::INT, TypeIdx::INT, TypeIdx::FLOAT, TypeIdx::STR, TypeIdx::U8]);
        Chooser { frame, opcode, dst, depth, vars: [None; 4], list: None, container: None, inside }
    }

    /// The type that an operand has, by its pattern and what is known so far.
    fn type_for(&mut self, pattern: Pattern) -> Option<TypeIdx> {
        let bound = |chooser: &Self, var: u8| chooser.vars[usize::from(var)];
        Some(match pattern {
            Pattern::Free => return None,
            Pattern::Is(ty) => ty,
            Pattern::Var(var) => match bound(self, var) {
                Some(ty) => ty,
                None => self.random(|_, ty| Some([(var, ty), (var, ty)]))?,
            },
            Pattern::List(_) if self.list.is_some() => self.list?,
            Pattern::List(var) => self.random(|ty, idx| match ty {
                Type::List(item) => Some([(var, *item); 2]),
                Type::Bytes if idx == TypeIdx::BYTES => Some([(var, TypeIdx::U8); 2]),
                _ => None,
            })?,
            Pattern::Map(key_var, value_var) => self.random(|ty, _| match ty {
                Type::Map(key, value) => Some([(key_var, *key), (value_var, *value)]),
                _ => None,
            })?,
            Pattern::Opt(var) => self.random(|ty, _| match ty {
                Type::Optional(inner) => Some([(var, *inner); 2]),
                _ => None,
            })?,
        })
    }

    /// A random type whose parts go with the variables bound so far.
    fn random(&mut self, parts: impl Fn(&Type, TypeIdx) -> Option<[(u8, TypeIdx); 2]>) -> Option<TypeIdx> {
        let (vars, opcode) = (self.vars, self.opcode);
        self.frame.world.value_type_where(|world, idx| {
            let Some(parts) = parts(world.ty(idx), idx) else { return false };
            parts.iter().all(|&(var, part)| {
                let agrees = vars[usize::from(var)].is_none_or(|bound| bound == part);
                let of_class = |&(of, class): &(u8, Class)| of != var || class.admits(world.ty(part));
                // What goes into `any` does not itself hold an `any`.
                let is_plain = opcode != Opcode::ToAny || !world.reaches(part, TypeIdx::ANY);
                agrees && is_plain && opcode.info().classes.iter().all(of_class)
            })
        })
    }

    fn bind(&mut self, pattern: Pattern, ty: TypeIdx) {
        match (pattern, self.frame.world.ty(ty).clone()) {
            (Pattern::Var(var), _) => self.vars[usize::from(var)] = Some(ty),
            (Pattern::List(var), Type::List(item)) => {
                self.vars[usize::from(var)] = Some(item);
                self.list = Some(ty);
            }
            (Pattern::List(var), Type::Bytes) => {
                self.vars[usize::from(var)] = Some(TypeIdx::U8);
                self.list = Some(ty);
            }
            (Pattern::Map(key_var, value_var), Type::Map(key, value)) => {
                self.vars[usize::from(key_var)] = Some(key);
                self.vars[usize::from(value_var)] = Some(value);
            }
            (Pattern::Opt(var), Type::Optional(inner)) => self.vars[usize::from(var)] = Some(inner),
            _ => {}
        }
    }

    /// A value for the operand, mostly one with which the instruction does not throw.
    fn operand(&mut self, ty: TypeIdx, info: &OperandInfo) -> Reg {
        let usual = self.frame.world.dice.chance(92);
        let is_integer = self.frame.world.ty(ty).is_integer();
        match (self.opcode, info.name) {
            // These take room by what they are told.
            (Opcode::ListFill, "len") | (Opcode::ListReserve, "capacity") => {
                let n = self.frame.world.dice.below(9) as i64 - i64::from(!usual);
                self.frame.int(n)
            }
            (Opcode::Div | Opcode::Rem, "b") if usual && is_integer => {
                let dst = self.frame.new_reg(ty);
                let n = self.frame.world.dice.between(1, 11) as i64;
                let value = self.frame.world.int_const(n);
                self.frame.emit(Inst::LoadConst { dst, value });
                dst
            }
            (Opcode::FromAny, "src") if usual => match self.vars[0] {
                Some(wanted) if !self.frame.world.reaches(wanted, TypeIdx::ANY) => {
                    let inner = self.frame.value(wanted, self.depth);
                    self.frame.boxed(inner)
                }
                _ => self.frame.value(ty, self.depth),
            },
            (_, "a" | "b") if usual && ty == TypeIdx::ANY && self.opcode != Opcode::Eq => {
                let inner = self.frame.value(self.inside, self.depth);
                self.frame.boxed(inner)
            }
            (_, "index" | "start" | "end" | "pos" | "at" | "from" | "len") if usual => {
                let n = *self.frame.world.dice.pick(&[0, 0, 0, 1, 1, 2]);
                self.frame.int(n)
            }
            _ => self.frame.value(ty, self.depth),
        }
    }
}

impl OperandSource for Chooser<'_, '_> {
    type Error = NotHere;

    fn reg(&mut self, info: &OperandInfo) -> Result<Reg, NotHere> {
        if let (Kind::Def, Some(dst)) = (info.kind, self.dst) {
            self.bind(info.pattern, self.frame.ty(dst));
            return Ok(dst);
        }
        let ty = self.type_for(info.pattern).ok_or(NotHere)?;
        self.bind(info.pattern, ty);
        let reg = self.operand(ty, info);
        if matches!(info.pattern, Pattern::List(_) | Pattern::Map(..)) {
            self.container.get_or_insert(reg);
        }
        Ok(reg)
    }

    fn index(&mut self, info: &OperandInfo) -> Result<u32, NotHere> {
        match info.kind {
            Kind::Type => Ok(self.frame.world.value_type().0),
            _ => Err(NotHere),
        }
    }

    fn opt_reg(&mut self, _: &OperandInfo) -> Result<Option<Reg>, NotHere> {
        Err(NotHere)
    }

    fn regs(&mut self, _: &OperandInfo) -> Result<Box<[Reg]>, NotHere> {
        Err(NotHere)
    }

    fn constant(&mut self, _: &OperandInfo) -> Result<Const, NotHere> {
        Err(NotHere)
    }

    fn label(&mut self, _: &OperandInfo) -> Result<Label, NotHere> {
        Err(NotHere)
    }

    fn labels(&mut self, _: &OperandInfo) -> Result<Box<[Label]>, NotHere> {
        Err(NotHere)
    }

    fn imm(&mut self, _: &OperandInfo) -> Result<i64, NotHere> {
        Err(NotHere)
    }
}
