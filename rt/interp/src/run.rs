//! The loop.

mod values;

use crate::machine::{Args, Machine, Outcome, Stop};
use crate::op::{Op, Relation};
use crate::scalar;
use crate::trace::Tracer;
use vitte_abi::functions::{Helper, NativeFn};
use vitte_abi::object::word;
use vitte_rt::object::List;
use vitte_rt::scheduler::Pause;
use vitte_rt::stdlib::scalar as shared;
use vitte_rt::{Throw, Word, call_helper, call_native};

/// Where a run goes on after an instruction that is carried out outside the loop.
pub(crate) enum Next {
    /// At the next instruction.
    Following,
    /// At this one.
    Jump(u32),
}

impl Machine {
    /// Runs from where the frame on top is, until the process ends or pauses.
    ///
    /// # Errors
    /// Whatever ends the process other than by returning.
    pub fn run<T: Tracer>(&mut self, tracer: &mut T) -> Result<Outcome, Stop> {
        let program = self.program;
        let (mut func, mut ops, mut base, mut pc): (_, &[Op], usize, usize);

        // Takes up the frame on top.
        macro_rules! enter {
            () => {{
                let Some(frame) = self.frames.last() else { unreachable!("no frame to run") };
                func = &program.functions[frame.func as usize];
                ops = &func.ops;
                base = frame.base;
                pc = frame.pc as usize;
            }};
        }
        macro_rules! reg {
            ($slot:expr) => {
                self.stack[base + usize::from($slot)]
            };
        }
        macro_rules! int {
            ($slot:expr) => {
                reg!($slot) as i64
            };
        }
        macro_rules! float {
            ($slot:expr) => {
                f64::from_bits(reg!($slot))
            };
        }
        macro_rules! save {
            () => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.pc = pc as u32;
                }
            };
        }
        macro_rules! raise {
            ($throw:expr) => {{
                save!();
                self.raise($throw, false)?;
                enter!();
                continue;
            }};
        }
        macro_rules! attempt {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(throw) => raise!(throw),
                }
            };
        }
        macro_rules! safepoint {
            () => {
                if self.process.collection_due() {
                    attempt!(self.collect());
                }
            };
        }
        macro_rules! yield_if_due {
            () => {
                // C code that called back cannot be left.
                if self.process.is_polled() && self.floor == 0 && self.process.yield_due() {
                    save!();
                    return Ok(Outcome::Paused(Pause::Yielding));
                }
            };
        }
        macro_rules! jump {
            ($target:expr) => {{
                let target = $target as usize;
                if target <= pc {
                    safepoint!();
                    pc = target;
                    yield_if_due!();
                }
                pc = target;
                continue;
            }};
        }
        // Enters the function whose frame was just made.
        macro_rules! enter_callee {
            () => {{
                if T::ACTIVE {
                    tracer.call(self);
                }
                enter!();
                yield_if_due!();
                continue;
            }};
        }
        // The result of a row that may have the process wait, and give it later.
        macro_rules! result {
            ($dst:expr, $bits:expr) => {{
                let bits = $bits;
                if let Some(pause) = self.process.pause() {
                    self.awaited = Some($dst);
                    pc += 1;
                    save!();
                    return Ok(Outcome::Paused(pause));
                }
                reg!($dst) = bits;
            }};
        }
        macro_rules! branch {
            ($dst:expr, $truth:expr, $wanted:expr, $target:expr) => {{
                let truth = $truth;
                reg!($dst) = u64::from(truth);
                if truth == $wanted {
                    jump!($target);
                }
                // Past the branch that was joined to the comparison.
                pc += 1;
            }};
        }
        macro_rules! slots {
            ($at:expr, $n:expr) => {
                &func.slots[$at as usize..$at as usize + usize::from($n)]
            };
        }

        enter!();
        if let Some(dst) = self.awaited.take() {
            match self.process.awaited() {
                Ok(bits) => reg!(dst) = bits,
                Err(throw) => {
                    // The row that raises it was the instruction before.
                    pc -= 1;
                    save!();
                    self.raise(throw, false)?;
                    enter!();
                }
            }
        }
        loop {
            if T::ACTIVE {
                save!();
                tracer.step(self);
            }
            match ops[pc] {
                Op::Nop => {}
                Op::Const { dst, bits } => reg!(dst) = bits,
                Op::LoadStr { dst, index } => reg!(dst) = program.strs[index as usize],
                Op::Move { dst, src } => reg!(dst) = reg!(src),

                Op::AddInt { dst, a, b } => reg!(dst) = reg!(a).wrapping_add(reg!(b)),
                Op::SubInt { dst, a, b } => reg!(dst) = reg!(a).wrapping_sub(reg!(b)),
                Op::MulInt { dst, a, b } => reg!(dst) = reg!(a).wrapping_mul(reg!(b)),
                Op::DivInt { dst, a, b } => match int!(b) {
                    0 => raise!(self.process.throw_divide()),
                    divisor => reg!(dst) = int!(a).wrapping_div(divisor) as u64,
                },
                Op::RemInt { dst, a, b } => match int!(b) {
                    0 => raise!(self.process.throw_divide()),
                    divisor => reg!(dst) = int!(a).wrapping_rem(divisor) as u64,
                },
                Op::AndBits { dst, a, b } => reg!(dst) = reg!(a) & reg!(b),
                Op::OrBits { dst, a, b } => reg!(dst) = reg!(a) | reg!(b),
                Op::XorBits { dst, a, b } => reg!(dst) = reg!(a) ^ reg!(b),
                Op::ShlInt { dst, a, b } => reg!(dst) = reg!(a).wrapping_shl(reg!(b) as u32),
                Op::ShrInt { dst, a, b } => reg!(dst) = int!(a).wrapping_shr(reg!(b) as u32) as u64,
                Op::AddFloat { dst, a, b } => reg!(dst) = (float!(a) + float!(b)).to_bits(),
                Op::SubFloat { dst, a, b } => reg!(dst) = (float!(a) - float!(b)).to_bits(),
                Op::MulFloat { dst, a, b } => reg!(dst) = (float!(a) * float!(b)).to_bits(),
                Op::DivFloat { dst, a, b } => reg!(dst) = (float!(a) / float!(b)).to_bits(),
                Op::Binary { operation, ty, dst, a, b } => match shared::binary(operation, ty.into(), reg!(a), reg!(b))
                {
                    Ok(bits) => reg!(dst) = bits,
                    Err(shared::Refusal::DivideByZero) => raise!(self.process.throw_divide()),
                    Err(shared::Refusal::NoSuchOperation) => unreachable!("verified: the type has the operation"),
                },
                Op::Unary { operation, ty, dst, src } => reg!(dst) = scalar::unary(operation, ty, reg!(src)),
                Op::Shift { shift, ty, dst, a, b } => reg!(dst) = scalar::shift(shift, ty, reg!(a), reg!(b)),
                Op::MinMax { max, ty, dst, a, b } => reg!(dst) = scalar::min_max(max, ty, reg!(a), reg!(b)),
                Op::Convert { to, from, dst, src } => reg!(dst) = scalar::convert(to, from, reg!(src)),
                Op::Bitcast32 { to, dst, src } => reg!(dst) = shared::wrap(to.into(), u64::from(reg!(src) as u32)),

                Op::EqBits { dst, a, b } => reg!(dst) = u64::from(reg!(a) == reg!(b)),
                Op::NeBits { dst, a, b } => reg!(dst) = u64::from(reg!(a) != reg!(b)),
                Op::EqScalar { ty, negated, dst, a, b } => {
                    reg!(dst) = u64::from(shared::equal(ty.into(), reg!(a), reg!(b)) != negated);
                }
                Op::LtInt { dst, a, b } => reg!(dst) = u64::from(int!(a) < int!(b)),
                Op::LeInt { dst, a, b } => reg!(dst) = u64::from(int!(a) <= int!(b)),
                Op::LtFloat { dst, a, b } => reg!(dst) = u64::from(float!(a) < float!(b)),
                Op::LeFloat { dst, a, b } => reg!(dst) = u64::from(float!(a) <= float!(b)),
                Op::CompareScalar { relation, ty, dst, a, b } => {
                    match shared::less(ty.into(), reg!(a), reg!(b), relation == Relation::LessEqual) {
                        Ok(truth) => reg!(dst) = u64::from(truth),
                        Err(_) => unreachable!("verified: the type is ordered"),
                    }
                }

                Op::Jump { target } => jump!(target),
                Op::If { cond, target } => {
                    if reg!(cond) != 0 {
                        jump!(target);
                    }
                }
                Op::IfNot { cond, target } => {
                    if reg!(cond) == 0 {
                        jump!(target);
                    }
                }
                Op::IfNil { src, target } => {
                    if reg!(src) == word::NIL {
                        jump!(target);
                    }
                }
                Op::IfAny { cond, wanted, target } => {
                    let truth = attempt!(call_helper(&self.process, Helper::vt_any_truth, &[reg!(cond)]));
                    if (truth != 0) == wanted {
                        jump!(target);
                    }
                }
                Op::IfLtInt { dst, a, b, wanted, target } => branch!(dst, int!(a) < int!(b), wanted, target),
                Op::IfLeInt { dst, a, b, wanted, target } => branch!(dst, int!(a) <= int!(b), wanted, target),
                Op::IfEqBits { dst, a, b, wanted, target } => branch!(dst, reg!(a) == reg!(b), wanted, target),
                Op::IfLtFloat { dst, a, b, wanted, target } => branch!(dst, float!(a) < float!(b), wanted, target),
                Op::IfLeFloat { dst, a, b, wanted, target } => branch!(dst, float!(a) <= float!(b), wanted, target),
                Op::Switch { value, at, n } => {
                    if reg!(value) < u64::from(n) {
                        jump!(func.targets[at as usize + reg!(value) as usize]);
                    }
                }
                op @ (Op::Return { .. } | Op::ReturnNone) => {
                    let value = match op {
                        Op::Return { src } => reg!(src),
                        _ => word::NIL,
                    };
                    if self.frames.len() == self.floor + 1 {
                        save!();
                        return Ok(Outcome::Returned(value));
                    }
                    let Some(frame) = self.frames.pop() else { unreachable!("a frame returns") };
                    enter!();
                    reg!(frame.dst) = value;
                }
                Op::Unreachable => {
                    save!();
                    return Err(Stop::Trap);
                }

                Op::Call { dst, func: callee, args } => {
                    safepoint!();
                    save!();
                    let n = program.functions[callee as usize].n_params as usize;
                    let slots = &func.slots[args as usize..args as usize + n];
                    attempt!(self.push_frame(callee, Args { base, first: None, slots }, dst, 0));
                    enter_callee!();
                }
                Op::CallClosure { dst, callee, n, args } => {
                    safepoint!();
                    save!();
                    let closure = reg!(callee);
                    let callee = self.process.object(closure).closure_code() as u32;
                    let args = Args { base, first: None, slots: slots!(args, n) };
                    attempt!(self.push_frame(callee, args, dst, closure));
                    enter_callee!();
                }
                Op::CallMethod { dst, object, n, table, args } => {
                    safepoint!();
                    save!();
                    let (callee, receiver) = self.find_method(table, reg!(object));
                    let args = Args { base, first: Some(receiver), slots: slots!(args, n) };
                    attempt!(self.push_frame(callee, args, dst, 0));
                    enter_callee!();
                }
                Op::TailCall { func: callee, args } => {
                    safepoint!();
                    let n = program.functions[callee as usize].n_params as usize;
                    let slots = &func.slots[args as usize..args as usize + n];
                    attempt!(self.replace_frame(callee, Args { base, first: None, slots }, 0));
                    enter_callee!();
                }
                Op::TailCallClosure { callee, n, args } => {
                    safepoint!();
                    let closure = reg!(callee);
                    let callee = self.process.object(closure).closure_code() as u32;
                    let args = Args { base, first: None, slots: slots!(args, n) };
                    attempt!(self.replace_frame(callee, args, closure));
                    enter_callee!();
                }
                Op::CallNative { dst, native, n, args } => {
                    safepoint!();
                    let mut values = [0; 5];
                    let values = &mut values[..usize::from(n)];
                    for (value, &arg) in values.iter_mut().zip(slots!(args, n)) {
                        *value = reg!(arg);
                    }
                    let native = program.natives[native as usize];
                    if native == NativeFn::vt_exit {
                        save!();
                        return Err(Stop::Exit(values[0] as i64));
                    }
                    result!(dst, attempt!(call_native(&self.process, native, values)));
                }
                Op::CallExtern { dst, site, args } => {
                    save!();
                    result!(dst, attempt!(self.call_extern(tracer, func, site, args)));
                }
                Op::Closure { dst, site, func: callee } => {
                    safepoint!();
                    let closure = self.new_object(base, &func.objects[site as usize]);
                    self.process.object(closure).set_raw(vitte_abi::object::offset::CLOSURE_CODE, callee.into());
                    reg!(dst) = closure;
                }
                Op::Throw { value } => raise!(Throw::new(Word(reg!(value)))),
                Op::Rethrow { value } => {
                    save!();
                    self.raise(Throw::new(Word(reg!(value))), true)?;
                    enter!();
                    continue;
                }

                Op::New { dst, site } => {
                    safepoint!();
                    reg!(dst) = self.new_object(base, &func.objects[site as usize]);
                }
                Op::Load64 { dst, object, offset } => reg!(dst) = self.process.object(reg!(object)).raw(offset),
                Op::Load { dst, object, form, offset } => {
                    reg!(dst) = self.process.object(reg!(object)).load(offset, form);
                }
                Op::Store { object, value, form, offset } => {
                    self.process.object(reg!(object)).store(&self.process, offset, form, reg!(value));
                }
                Op::Tag { dst, object } => reg!(dst) = self.process.object(reg!(object)).tag().into(),
                Op::LoadVariant { dst, object, tag, form, offset } => {
                    let object = self.process.object(reg!(object));
                    if object.tag() != tag {
                        raise!(self.process.throw_variant(object, tag));
                    }
                    reg!(dst) = object.load(offset, form);
                }
                Op::ToAny { dst, src, ty } => {
                    safepoint!();
                    reg!(dst) = self.process.any(ty.into(), reg!(src)).0;
                }
                Op::UnwrapScalar { dst, src } => match Word(reg!(src)) {
                    Word::NIL => raise!(self.process.throw_nil()),
                    word => reg!(dst) = word.bits(&self.process),
                },
                Op::UnwrapRef { dst, src } => match reg!(src) {
                    word::NIL => raise!(self.process.throw_nil()),
                    object => reg!(dst) = object,
                },
                Op::IsNil { dst, src } => reg!(dst) = u64::from(reg!(src) == word::NIL),
                Op::StrLen { dst, src } => {
                    reg!(dst) = vitte_rt::object::Str::of(self.process.object(reg!(src))).len() as u64;
                }

                Op::ListLen { dst, list } => reg!(dst) = List::of(self.process.object(reg!(list))).len() as u64,
                Op::ListGet { dst, list, index, form } => {
                    let list = List::of(self.process.object(reg!(list)));
                    let index = reg!(index);
                    if index >= list.len() as u64 {
                        raise!(self.out_of_range(index, list.len()));
                    }
                    reg!(dst) = list.get(form, index as usize);
                }
                Op::ListSet { list, index, value, form } => {
                    let list = List::of(self.process.object(reg!(list)));
                    let index = reg!(index);
                    if index >= list.len() as u64 {
                        raise!(self.out_of_range(index, list.len()));
                    }
                    list.set(&self.process, form, index as usize, reg!(value));
                }
                Op::ListPush { list: slot, value, form } => {
                    safepoint!();
                    let list = List::of(self.process.object(reg!(slot)));
                    if (list.len() + 1) * form.size() > list.buffer().size() {
                        attempt!(call_helper(&self.process, Helper::vt_list_grow, &[reg!(slot)]));
                    }
                    let list = List::of(self.process.object(reg!(slot)));
                    let len = list.len();
                    list.set_len(len + 1);
                    list.set(&self.process, form, len, reg!(value));
                }

                Op::ReceiveWait { dst, millis } => {
                    result!(dst, attempt!(call_helper(&self.process, Helper::vt_receive_wait, &[reg!(millis)])));
                }

                op => match attempt!(self.value_op(func, base, op)) {
                    Next::Following => {}
                    Next::Jump(target) => jump!(target),
                },
            }
            pc += 1;
        }
    }
}
