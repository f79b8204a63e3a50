//! Values of any type: found in scope, computed, loaded, called for, or made.

use super::const_of;
use super::frame::Frame;
use vitbc::types::VariantType;
use vitbc::{Const, FieldIdx, Inst, MethodIdx, Reg, Type, TypeIdx, VariantIdx};

impl Frame<'_> {
    /// A value of type `ty`; `depth` bounds how far it is computed from others.
    pub fn value(&mut self, ty: TypeIdx, depth: u32) -> Reg {
        if self.world.dice.chance(55)
            && let Some(reg) = self.find(ty)
        {
            return reg;
        }
        if depth == 0 {
            return self.made(ty, 0);
        }
        let computed = match self.world.dice.below(10) {
            0..=4 => self.operation(ty, depth - 1),
            5 | 6 => self.special(ty, depth - 1),
            7 => self.called(ty, depth - 1),
            _ => None,
        };
        computed.unwrap_or_else(|| self.made(ty, depth - 1))
    }

    /// A constant `int`.
    pub fn int(&mut self, int: i64) -> Reg {
        let value = self.world.int_const(int);
        let dst = self.new_reg(TypeIdx::INT);
        self.emit(Inst::LoadConst { dst, value });
        dst
    }

    /// The value as `any`; its type must not hold an `any`.
    pub fn boxed(&mut self, src: Reg) -> Reg {
        let dst = self.new_reg(TypeIdx::ANY);
        self.emit(Inst::ToAny { dst, src });
        dst
    }

    /// Something to throw.
    pub fn exception(&mut self) -> Reg {
        if self.world.dice.chance(30) {
            // An error of the runtime, made by the program.
            let ty = TypeIdx(TypeIdx::FIRST_ERROR.0 + self.world.dice.below(6) as u32);
            let message = self.value(TypeIdx::STR, 0);
            let dst = self.new_reg(ty);
            self.emit(Inst::Alloc { dst, ty, fields: Box::new([message]) });
            return self.boxed(dst);
        }
        let ty = self.world.value_type_where(|world, ty| !world.reaches(ty, TypeIdx::ANY)).unwrap_or(TypeIdx::INT);
        let value = self.value(ty, 1);
        self.boxed(value)
    }

    /// A new value of type `ty`, made of constants and parts.
    pub fn made(&mut self, ty: TypeIdx, depth: u32) -> Reg {
        let dst = self.new_reg(ty);
        if let Some(value) = const_of(self.world, ty)
            && (ty != TypeIdx::BYTES || self.world.dice.chance(70))
        {
            self.emit(Inst::LoadConst { dst, value });
            self.readable(dst);
            return dst;
        }
        match self.world.ty(ty).clone() {
            Type::Any => self.make_any(dst, depth),
            Type::Optional(inner) => self.make_optional(dst, inner, depth),
            Type::List(item) => self.make_list(dst, item, depth),
            Type::Bytes => self.make_list(dst, TypeIdx::U8, depth),
            Type::Map(key, value) => {
                self.emit(Inst::MapNew { dst });
                for _ in 0..self.world.dice.below(4) {
                    let (key, value) = (self.value(key, depth), self.value(value, depth));
                    self.emit(Inst::MapSet { map: dst, key, value });
                }
            }
            Type::Tuple(items) => {
                let fields = items.iter().map(|&item| self.value(item, depth)).collect();
                self.emit(Inst::Alloc { dst, ty, fields });
            }
            Type::Struct(declared) => {
                let fields = declared.fields.iter().map(|field| self.part(ty, field.ty, depth)).collect();
                self.emit(Inst::Alloc { dst, ty, fields });
            }
            Type::Enum(declared) => {
                // At the end of a chain a variant without parts; the first is always one.
                let is_open = |variant: &VariantType| depth > 0 || variant.fields.is_empty();
                let open: Vec<usize> =
                    (0..declared.variants.len()).filter(|&variant| is_open(&declared.variants[variant])).collect();
                let variant = VariantIdx::new(*self.world.dice.pick(&open));
                let fields = &declared.variants[variant.index()].fields;
                let fields = fields.iter().map(|field| self.part(ty, field.ty, depth)).collect();
                self.emit(Inst::AllocVariant { dst, ty, variant, fields });
            }
            Type::Fn(_) => self.make_closure(dst, ty, depth),
            Type::Trait(_) => {
                let implementers = self.world.implementers(ty);
                let src = *self.world.dice.pick(&implementers);
                let src = self.value(src, depth);
                self.emit(Inst::ToTrait { dst, src });
            }
            other => unreachable!("no values of {other:?} are made"),
        }
        self.readable(dst);
        dst
    }

    /// A part of a value of type `whole`: if it could hold the whole, it is new, so that nothing contains itself and
    /// chains stay short.
    pub fn part(&mut self, whole: TypeIdx, part: TypeIdx, depth: u32) -> Reg {
        if !self.world.reaches(part, whole) {
            return self.value(part, depth);
        }
        match depth {
            0 if matches!(self.world.ty(part), Type::Optional(_)) => {
                let dst = self.new_reg(part);
                self.emit(Inst::LoadConst { dst, value: Const::Nil });
                dst
            }
            _ => self.made(part, depth.saturating_sub(1)),
        }
    }

    fn make_any(&mut self, dst: Reg, depth: u32) {
        if self.world.dice.chance(10) {
            return self.emit(Inst::LoadConst { dst, value: Const::Nil });
        }
        let inner = self.world.value_type_where(|world, ty| !world.reaches(ty, TypeIdx::ANY)).unwrap_or(TypeIdx::INT);
        match const_of(self.world, inner) {
            // A constant goes into `any` as an `int` or a `float`, whatever it was meant for.
            Some(value) if self.world.dice.chance(50) => self.emit(Inst::LoadConst { dst, value }),
            _ => {
                let src = self.value(inner, depth);
                self.emit(Inst::ToAny { dst, src });
            }
        }
    }

    fn make_optional(&mut self, dst: Reg, inner: TypeIdx, depth: u32) {
        if self.world.dice.chance(30) {
            return self.emit(Inst::LoadConst { dst, value: Const::Nil });
        }
        match const_of(self.world, inner) {
            Some(value) if self.world.dice.chance(30) => self.emit(Inst::LoadConst { dst, value }),
            _ if self.world.is_recursive(inner) => {
                let src = self.made(inner, depth);
                self.emit(Inst::Wrap { dst, src });
            }
            _ => {
                let src = self.value(inner, depth);
                self.emit(Inst::Wrap { dst, src });
            }
        }
    }

    fn make_list(&mut self, dst: Reg, item: TypeIdx, depth: u32) {
        let n = if self.world.dice.chance(10) { 0 } else { self.world.dice.between(1, 5) };
        let items = (0..n).map(|_| self.value(item, depth)).collect();
        self.emit(Inst::List { dst, items });
    }

    fn make_closure(&mut self, dst: Reg, ty: TypeIdx, depth: u32) {
        let known = self.world.closures.iter().find(|(known, _)| *known == ty);
        let callables = known.map(|(_, callables)| callables.clone()).unwrap_or_default();
        let func = self.world.dice.pick(&callables).func;
        let captures = self.world.module.function(func).map(|function| function.captures.clone()).unwrap_or_default();
        let captures = captures.iter().map(|&capture| self.value(capture, depth)).collect();
        self.emit(Inst::Closure { dst, func, captures });
    }

    /// A value taken from another, or from the module.
    fn special(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        let dst = match self.world.dice.below(8) {
            7 if self.world.ty(ty).is_integer() || self.world.ty(ty).is_real() => self.table_item(ty),
            0 => {
                let global = self.world.global(ty)?;
                let dst = self.new_reg(ty);
                self.emit(Inst::LoadGlobal { dst, global });
                dst
            }
            1 | 2 => self.loaded(ty, depth)?,
            3 => self.unpacked(ty, depth)?,
            4 | 5 => self.native(ty, depth)?,
            _ if ty == TypeIdx::STR => {
                let parts = (0..self.world.dice.below(4)).map(|_| self.value(TypeIdx::STR, depth)).collect();
                let dst = self.new_reg(ty);
                self.emit(Inst::StrConcat { dst, parts });
                self.shorten(dst);
                dst
            }
            _ => self.bit_cast(ty, depth)?,
        };
        self.readable(dst);
        Some(dst)
    }

    /// An item of a constant table of numbers, or of what is behind its end.
    fn table_item(&mut self, ty: TypeIdx) -> Reg {
        // Bytes below 64 make floats of all sizes that are neither infinite nor NaN.
        let bytes: Vec<u8> = (0..16).map(|_| self.world.dice.below(64) as u8).collect();
        let table = self.world.data_const(&bytes);
        let index = *self.world.dice.pick(&[0, 0, 0, 1, 1, 1, 1, 16]);
        let index = self.int(index);
        let dst = self.new_reg(ty);
        self.emit(Inst::TableGet { dst, table, index });
        dst
    }

    /// A field of a struct or tuple.
    fn loaded(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        let fields = |of: &Type| -> Vec<TypeIdx> {
            match of {
                Type::Struct(declared) => declared.fields.iter().map(|field| field.ty).collect(),
                Type::Tuple(items) => items.to_vec(),
                _ => vec![],
            }
        };
        let whole = self.world.value_type_where(|world, whole| fields(world.ty(whole)).contains(&ty))?;
        let position = fields(self.world.ty(whole)).iter().position(|&field| field == ty)?;
        let object = self.value(whole, depth);
        let dst = self.new_reg(ty);
        self.emit(Inst::Load { dst, object, field: FieldIdx::new(position) });
        Some(dst)
    }

    /// A field of a variant, which the value may turn out not to be.
    fn unpacked(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        let find = |of: &Type| -> Option<(usize, usize)> {
            let Type::Enum(declared) = of else { return None };
            declared.variants.iter().enumerate().find_map(|(variant, declared)| {
                declared.fields.iter().position(|field| field.ty == ty).map(|field| (variant, field))
            })
        };
        let whole = self.world.value_type_where(|world, whole| find(world.ty(whole)).is_some())?;
        let (variant, field) = find(self.world.ty(whole))?;
        let object = self.value(whole, depth);
        // Seldom without asking first.
        let otherwise = self.made(ty, 0);
        let dst = self.new_reg(ty);
        self.emit(Inst::Move { dst, src: otherwise });
        let skip = self.new_label();
        if self.world.dice.chance(90) {
            let tag = self.new_reg(TypeIdx::INT);
            self.emit(Inst::Tag { dst: tag, object });
            let wanted = self.int(variant as i64);
            let differs = self.new_reg(TypeIdx::BOOL);
            self.emit(Inst::Ne { dst: differs, a: tag, b: wanted });
            self.emit(Inst::If { cond: differs, target: skip });
        }
        self.emit(Inst::LoadVariant { dst, object, variant: VariantIdx::new(variant), field: FieldIdx::new(field) });
        self.place(skip);
        Some(dst)
    }

    /// The bits of a value in another type of its width.
    fn bit_cast(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        const WIDE: &[TypeIdx] = &[TypeIdx::INT, TypeIdx::U64, TypeIdx::FLOAT];
        const NARROW: &[TypeIdx] = &[TypeIdx::I32, TypeIdx::U32, TypeIdx::F32];
        let group = [WIDE, NARROW].into_iter().find(|group| group.contains(&ty))?;
        let from = *self.world.dice.pick(group);
        let value = self.value(from, depth);
        let src = self.new_reg(from);
        self.emit(Inst::Move { dst: src, src: value });
        if self.world.ty(from).is_real() {
            // Which of its many forms a NaN has is the processor's choice.
            let is_number = self.new_reg(TypeIdx::BOOL);
            self.emit(Inst::Eq { dst: is_number, a: src, b: src });
            let cast = self.new_label();
            self.emit(Inst::If { cond: is_number, target: cast });
            let value = self.world.float_const(1.5);
            self.emit(Inst::LoadConst { dst: src, value });
            self.place(cast);
        }
        let dst = self.new_reg(ty);
        self.emit(Inst::Bitcast { dst, src });
        Some(dst)
    }

    /// The result of a call: direct, through a function value, or of a method.
    fn called(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        if !self.may_call {
            return None;
        }
        let dst = match self.world.dice.below(3) {
            0 => {
                let gives = |frame: &Self, func| frame.signature(func).1 == ty;
                let affordable = self.world.callables.iter().filter(|callable| self.can_afford(callable.cost));
                let fitting: Vec<_> = affordable.copied().filter(|callable| gives(self, callable.func)).collect();
                let callable = *fitting.get(self.world.dice.below(fitting.len().max(1) as u64) as usize)?;
                let (params, _) = self.signature(callable.func);
                let args = params.iter().map(|&param| self.value(param, depth)).collect();
                self.spend(callable.cost);
                let dst = self.new_reg(ty);
                self.emit(Inst::Call { dst: Some(dst), func: callable.func, args });
                dst
            }
            1 => {
                let (fn_ty, callables) =
                    self.world.closures.iter().find(|(fn_ty, _)| self.calls_give(*fn_ty, ty))?.clone();
                let cost = callables.iter().map(|callable| callable.cost).max().unwrap_or(0);
                if !self.can_afford(cost) {
                    return None;
                }
                let callee = self.value(fn_ty, depth);
                let (params, _) = self.signature(callables[0].func);
                let args = params.iter().map(|&param| self.value(param, depth)).collect();
                self.spend(cost);
                let dst = self.new_reg(ty);
                self.emit(Inst::CallClosure { dst: Some(dst), callee, args });
                dst
            }
            _ => self.method(ty, depth)?,
        };
        self.readable(dst);
        Some(dst)
    }

    /// Whether calling a value of type `fn_ty` gives a `result`.
    pub fn calls_give(&self, fn_ty: TypeIdx, result: TypeIdx) -> bool {
        matches!(self.world.ty(fn_ty), Type::Fn(signature) if signature.result == result)
    }

    fn method(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        let cost = self.world.method_cost;
        if !self.can_afford(cost) {
            return None;
        }
        let find = |trait_ty: &TypeIdx| match self.world.ty(*trait_ty) {
            Type::Trait(declared) => {
                let position = declared.methods.iter().position(|method| method.signature.result == ty)?;
                Some((*trait_ty, position, declared.methods[position].signature.params.clone()))
            }
            _ => None,
        };
        let (trait_ty, position, params) = self.world.traits.iter().find_map(find)?;
        let object = self.value(trait_ty, depth);
        let args = params.iter().map(|&param| self.value(param, depth)).collect();
        self.spend(cost);
        let dst = self.new_reg(ty);
        self.emit(Inst::CallMethod { dst: Some(dst), ty: trait_ty, method: MethodIdx::new(position), object, args });
        Some(dst)
    }
}
