//! Statements: what a function does with its values, in blocks that nest.

use super::frame::Frame;
use vitbc::{FieldIdx, Handler, Inst, Label, Reg, Type, TypeIdx, VariantIdx};

/// The least that must be left for another statement.
const STATEMENT_COST: u64 = 40;
/// How many items of a list a loop looks at.
const LOOKED_AT: u64 = 6;
/// More than the entries of any map.
const MAX_ENTRIES: u64 = 20;

impl Frame<'_> {
    /// Up to `most` statements, as far as the budget goes.
    pub fn block(&mut self, most: u64) {
        for _ in 0..self.world.dice.between(1, most) {
            if !self.can_afford(STATEMENT_COST) {
                return;
            }
            self.statement(most / 2);
        }
    }

    fn statement(&mut self, most: u64) {
        let nests = most > 0;
        match self.world.dice.below(25) {
            0..=3 => {
                let ty = self.world.value_type();
                self.value(ty, 3);
            }
            4..=6 => self.assign(),
            7..=9 => {
                let ty = self.world.value_type();
                let shown = self.value(ty, 2);
                self.show(shown);
            }
            10 | 11 => self.effect(2),
            12 => self.store(),
            13 | 14 if nests => self.branch(most),
            15 if nests => self.counted(most),
            16 if nests => self.switch(most),
            17 | 18 if nests => self.attempt(most),
            19 if nests => self.match_optional(most),
            20 if nests => self.match_enum(),
            21 if nests => self.each_entry(),
            22 if nests => self.each_item(most),
            23 => self.leave(),
            24 => self.collect(),
            _ => self.effect(1),
        }
    }

    /// Prints a value, or its text as part of another.
    pub fn show(&mut self, src: Reg) {
        if self.world.dice.chance(60) {
            return self.emit(Inst::Print { src });
        }
        let text = self.new_reg(TypeIdx::STR);
        self.emit(Inst::ToStr { dst: text, src });
        let label = self.new_reg(TypeIdx::STR);
        let value = self.world.str_const("= ");
        self.emit(Inst::LoadConst { dst: label, value });
        let line = self.new_reg(TypeIdx::STR);
        self.emit(Inst::StrConcat { dst: line, parts: Box::new([label, text]) });
        self.emit(Inst::Print { src: line });
    }

    /// Ends the function with a value of its result type, or in a tail call.
    pub fn return_value(&mut self) {
        let result = self.result();
        if self.may_call && self.tries == 0 && self.world.dice.chance(15) && self.tail_call(result) {
            return;
        }
        let has_nil = matches!(self.world.ty(result), Type::Unit | Type::Any | Type::Optional(_));
        if result == TypeIdx::UNIT || has_nil && self.world.dice.chance(10) {
            return self.emit(Inst::Return { value: None });
        }
        let value = self.value(result, 2);
        self.emit(Inst::Return { value: Some(value) });
    }

    fn tail_call(&mut self, result: TypeIdx) -> bool {
        let through_value = self.world.dice.chance(50);
        let callables = match self.world.closures.iter().find(|(ty, _)| self.calls_give(*ty, result)) {
            Some((_, callables)) if through_value => callables.clone(),
            _ => self
                .world
                .callables
                .iter()
                .copied()
                .filter(|callable| self.signature(callable.func).1 == result)
                .collect(),
        };
        let cost = callables.iter().map(|callable| callable.cost).max().unwrap_or(0);
        let Some(callable) = callables.last().filter(|_| self.can_afford(cost)) else { return false };
        let (params, _) = self.signature(callable.func);
        let args = params.iter().map(|&param| self.value(param, 1)).collect();
        self.spend(cost);
        let closure = self.world.closures.iter().find(|(_, of)| of.iter().any(|other| other.func == callable.func));
        match closure.map(|(ty, _)| *ty) {
            Some(ty) => {
                let callee = self.value(ty, 1);
                self.emit(Inst::TailCallClosure { callee, args });
            }
            None => self.emit(Inst::TailCall { func: callable.func, args }),
        }
        true
    }

    /// A variable of an outer block gets a new value.
    fn assign(&mut self) {
        let Some(dst) = self.find_writable() else { return };
        let src = self.value(self.ty(dst), 2);
        self.emit(Inst::Move { dst, src });
    }

    fn store(&mut self) {
        let is_struct = |frame: &Self, reg| match frame.world.ty(frame.ty(reg)) {
            Type::Struct(declared) => !declared.fields.is_empty(),
            _ => false,
        };
        let Some(object) = self.find_where(is_struct) else { return };
        let whole = self.ty(object);
        let Type::Struct(declared) = self.world.ty(whole).clone() else { return };
        let field = self.world.dice.below(declared.fields.len() as u64) as usize;
        let value = self.part(whole, declared.fields[field].ty, 1);
        self.emit(Inst::Store { object, field: FieldIdx::new(field), value });
    }

    /// A `bool`, now and then in an `any`.
    fn condition(&mut self) -> Reg {
        let cond = self.value(TypeIdx::BOOL, 2);
        if self.world.dice.chance(10) { self.boxed(cond) } else { cond }
    }

    fn jump_unless(&mut self, target: Label) {
        let cond = self.condition();
        match self.world.dice.chance(50) {
            true => self.emit(Inst::If { cond, target }),
            false => self.emit(Inst::IfNot { cond, target }),
        }
    }

    /// Statements whose assignments are not seen after them.
    fn inner(&mut self, most: u64) {
        let scope = self.scope();
        self.block(most);
        self.restore(scope);
    }

    fn branch(&mut self, most: u64) {
        let (otherwise, after) = (self.new_label(), self.new_label());
        self.jump_unless(otherwise);
        self.inner(most);
        if self.world.dice.chance(50) {
            self.emit(Inst::Jump { target: after });
            self.place(otherwise);
            self.inner(most);
        } else {
            self.place(otherwise);
        }
        self.place(after);
        // A label may not stand at the end of the code.
        self.emit(Inst::Nop {});
    }

    /// A loop that counts to a small constant, asking before or after each turn.
    fn counted(&mut self, most: u64) {
        let turns = self.world.dice.between(1, 6);
        let (counter, one, limit) = (self.int(0), self.int(1), self.int(turns as i64));
        let asks_first = self.world.dice.chance(50);
        let (head, next, exit) = (self.new_label(), self.new_label(), self.new_label());
        let again = self.new_reg(TypeIdx::BOOL);
        let scope = self.scope();
        self.lock(counter);
        self.readable(counter);
        self.repeated(turns + 1, |frame| {
            frame.place(head);
            if asks_first {
                frame.emit(Inst::Lt { dst: again, a: counter, b: limit });
                frame.emit(Inst::IfNot { cond: again, target: exit });
            }
            frame.loops.push((exit, next));
            frame.block(most);
            frame.loops.pop();
            frame.place(next);
            frame.emit(Inst::Add { dst: counter, a: counter, b: one });
            if asks_first {
                frame.emit(Inst::Jump { target: head });
            } else {
                frame.emit(Inst::Lt { dst: again, a: counter, b: limit });
                frame.emit(Inst::If { cond: again, target: head });
            }
        });
        self.place(exit);
        self.emit(Inst::Nop {});
        self.unlock();
        self.restore(scope);
    }

    fn switch(&mut self, most: u64) {
        let value = self.value(TypeIdx::INT, 2);
        let chosen = self.new_reg(TypeIdx::INT);
        let mask = self.int(7);
        if self.world.dice.chance(80) {
            self.emit(Inst::And { dst: chosen, a: value, b: mask });
        } else {
            self.emit(Inst::Move { dst: chosen, src: value });
        }
        let targets: Vec<Label> = (0..self.world.dice.between(1, 4)).map(|_| self.new_label()).collect();
        // The same target may stand twice.
        let mut table = targets.clone();
        table.extend(self.world.dice.chance(30).then_some(targets[0]));
        let after = self.new_label();
        self.emit(Inst::Switch { value: chosen, targets: table.into() });
        self.inner(most);
        self.emit(Inst::Jump { target: after });
        for target in targets {
            self.place(target);
            self.inner(most);
            // Sometimes on into the next case.
            if self.world.dice.chance(80) {
                self.emit(Inst::Jump { target: after });
            }
        }
        self.place(after);
        self.emit(Inst::Nop {});
    }

    /// A try region with one to three handlers.
    fn attempt(&mut self, most: u64) {
        let (start, end, after) = (self.new_label(), self.new_label(), self.new_label());
        self.place(start);
        self.emit(Inst::Nop {});
        self.tries += 1;
        let scope = self.scope();
        self.block(most);
        if self.world.dice.chance(40) {
            self.maybe_throw();
        }
        self.restore(scope);
        self.tries -= 1;
        self.place(end);
        self.emit(Inst::Jump { target: after });
        let n_handlers = self.world.dice.between(1, 3);
        let mut handlers = vec![];
        for position in 0..n_handlers {
            let (target, caught) = (self.new_label(), self.new_reg(TypeIdx::ANY));
            let is_filtered = position + 1 < n_handlers || self.world.dice.chance(30);
            let filter = is_filtered.then(|| self.caught_type());
            self.place(target);
            let scope = self.scope();
            self.handle(caught, filter, most);
            self.restore(scope);
            self.emit(Inst::Jump { target: after });
            handlers.push(Handler { start, end, target, reg: caught, filter });
        }
        handlers.into_iter().for_each(|handler| self.handler(handler));
        self.place(after);
        self.emit(Inst::Nop {});
    }

    fn caught_type(&mut self) -> TypeIdx {
        match self.world.dice.below(3) {
            0 => self.world.value_type(),
            _ => TypeIdx(TypeIdx::FIRST_ERROR.0 + self.world.dice.below(6) as u32),
        }
    }

    fn handle(&mut self, caught: Reg, filter: Option<TypeIdx>, most: u64) {
        self.emit(Inst::Print { src: caught });
        if let Some(ty) = filter
            && self.world.dice.chance(50)
        {
            let dst = self.new_reg(ty);
            self.emit(Inst::FromAny { dst, src: caught });
            self.emit(Inst::Print { src: dst });
        }
        self.block(most);
        if self.world.dice.chance(15) {
            let skip = self.new_label();
            self.jump_unless(skip);
            let again = self.world.dice.chance(70);
            self.emit(if again { Inst::Rethrow { value: caught } } else { Inst::Throw { value: caught } });
            self.place(skip);
            self.emit(Inst::Nop {});
        }
    }

    fn maybe_throw(&mut self) {
        let skip = self.new_label();
        self.jump_unless(skip);
        let scope = self.scope();
        let value = self.exception();
        self.restore(scope);
        self.emit(Inst::Throw { value });
        self.place(skip);
        self.emit(Inst::Nop {});
    }

    fn match_optional(&mut self, most: u64) {
        let is_optional = |world: &super::World, ty| matches!(world.ty(ty), Type::Optional(_));
        let Some(ty) = self.world.value_type_where(is_optional) else { return };
        let Type::Optional(inner) = *self.world.ty(ty) else { return };
        let src = self.value(ty, 2);
        let (nil, after) = (self.new_label(), self.new_label());
        self.emit(Inst::IfNil { src, target: nil });
        let scope = self.scope();
        let dst = self.new_reg(inner);
        self.emit(Inst::Unwrap { dst, src });
        self.show(dst);
        self.readable(dst);
        self.block(most);
        self.restore(scope);
        self.emit(Inst::Jump { target: after });
        self.place(nil);
        self.inner(most);
        self.place(after);
        self.emit(Inst::Nop {});
    }

    /// Prints the parts of an enum value, whichever variant it is.
    fn match_enum(&mut self) {
        let is_enum = |world: &super::World, ty| matches!(world.ty(ty), Type::Enum(_));
        let Some(ty) = self.world.value_type_where(is_enum) else { return };
        let Type::Enum(declared) = self.world.ty(ty).clone() else { return };
        let object = self.value(ty, 2);
        let tag = self.new_reg(TypeIdx::INT);
        self.emit(Inst::Tag { dst: tag, object });
        let targets: Box<[Label]> = declared.variants.iter().map(|_| self.new_label()).collect();
        let after = self.new_label();
        self.emit(Inst::Switch { value: tag, targets: targets.clone() });
        self.emit(Inst::Unreachable {});
        for (variant, (target, declared)) in targets.iter().zip(&declared.variants).enumerate() {
            self.place(*target);
            for (field, declared) in declared.fields.iter().enumerate() {
                let dst = self.new_reg(declared.ty);
                let (variant, field) = (VariantIdx::new(variant), FieldIdx::new(field));
                self.emit(Inst::LoadVariant { dst, object, variant, field });
                self.show(dst);
            }
            self.emit(Inst::Jump { target: after });
        }
        self.place(after);
        self.emit(Inst::Nop {});
    }

    fn each_entry(&mut self) {
        let is_map = |world: &super::World, ty| matches!(world.ty(ty), Type::Map(..));
        let Some(ty) = self.world.value_type_where(is_map) else { return };
        let Type::Map(key_ty, value_ty) = *self.world.ty(ty) else { return };
        let map = self.value(ty, 2);
        if !self.can_afford(MAX_ENTRIES * 12) {
            return;
        }
        let (pos, one, zero) = (self.int(0), self.int(1), self.int(0));
        let (key, value) = (self.new_reg(key_ty), self.new_reg(value_ty));
        let at_end = self.new_reg(TypeIdx::BOOL);
        let (head, exit) = (self.new_label(), self.new_label());
        self.repeated(MAX_ENTRIES, |frame| {
            frame.place(head);
            frame.emit(Inst::MapNext { dst: pos, map, pos });
            frame.emit(Inst::Lt { dst: at_end, a: pos, b: zero });
            frame.emit(Inst::If { cond: at_end, target: exit });
            frame.emit(Inst::MapKeyAt { dst: key, map, pos });
            frame.show(key);
            frame.emit(Inst::MapValueAt { dst: value, map, pos });
            frame.show(value);
            frame.emit(Inst::Add { dst: pos, a: pos, b: one });
            frame.emit(Inst::Jump { target: head });
        });
        self.place(exit);
        self.emit(Inst::Nop {});
    }

    /// A loop over the first items of a list, each in scope.
    fn each_item(&mut self, most: u64) {
        let is_list = |world: &super::World, ty| matches!(world.ty(ty), Type::List(_));
        let Some(ty) = self.world.value_type_where(is_list) else { return };
        let Type::List(item_ty) = *self.world.ty(ty) else { return };
        let value = self.value(ty, 2);
        // The statements inside may assign to the variable.
        let list = self.new_reg(ty);
        self.emit(Inst::Move { dst: list, src: value });
        let (index, one, most_items) = (self.int(0), self.int(1), self.int(LOOKED_AT as i64));
        let (len, limit) = (self.new_reg(TypeIdx::INT), self.new_reg(TypeIdx::INT));
        let inside = self.new_reg(TypeIdx::BOOL);
        let item = self.new_reg(item_ty);
        let (head, next, exit) = (self.new_label(), self.new_label(), self.new_label());
        let scope = self.scope();
        self.repeated(LOOKED_AT + 1, |frame| {
            frame.place(head);
            // The list may have become shorter.
            frame.emit(Inst::ListLen { dst: len, list });
            frame.emit(Inst::Min { dst: limit, a: len, b: most_items });
            frame.emit(Inst::Lt { dst: inside, a: index, b: limit });
            frame.emit(Inst::IfNot { cond: inside, target: exit });
            frame.emit(Inst::ListGet { dst: item, list, index });
            frame.readable(item);
            frame.loops.push((exit, next));
            frame.block(most);
            frame.loops.pop();
            frame.place(next);
            frame.emit(Inst::Add { dst: index, a: index, b: one });
            frame.emit(Inst::Jump { target: head });
        });
        self.restore(scope);
        self.place(exit);
        self.emit(Inst::Nop {});
    }

    /// Under a condition: throws, leaves a loop, goes to its next turn, or returns.
    fn leave(&mut self) {
        let choice = self.world.dice.below(10);
        if choice < 4 {
            return self.maybe_throw();
        }
        let innermost = self.loops.last().copied();
        let skip = self.new_label();
        self.jump_unless(skip);
        let scope = self.scope();
        match innermost {
            Some((exit, _)) if choice < 7 => self.emit(Inst::Jump { target: exit }),
            Some((_, next)) if choice < 9 => self.emit(Inst::Jump { target: next }),
            _ if self.may_return => self.return_value(),
            _ => {
                let value = self.exception();
                self.emit(Inst::Throw { value });
            }
        }
        self.restore(scope);
        self.place(skip);
        self.emit(Inst::Nop {});
    }
}
