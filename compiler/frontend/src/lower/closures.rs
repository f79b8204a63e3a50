//! Closures: a function for the body, and an object that holds what it captures.

use super::function::{FunctionLower, Place};
use crate::body::{LocalId, NodeId, PatId};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::{CaptureIdx, Inst, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    pub(super) fn closure(
        &mut self,
        params: &[PatId],
        captures: &[LocalId],
        body: NodeId,
        want: Option<Reg>,
        ty: Ty,
        span: Span,
    ) -> Reg {
        let Kind::Fn(param_types, result) = self.kind(ty) else { unreachable!("a closure is a function value") };
        let param_types: Vec<Ty> = self.low.session.program.types.list(param_types).to_vec();
        self.low.at = span;
        let param_idxs: Vec<TypeIdx> = param_types.iter().map(|&ty| self.low.ty(ty)).collect();
        let result_idx = self.low.result_type(result);
        let mut captured: Vec<(LocalId, Place)> = vec![];
        let mut capture_regs: Vec<Reg> = vec![];
        for &local in captures {
            match self.locals.get(&local).copied() {
                Some(Place::Nowhere) => captured.push((local, Place::Nowhere)),
                Some(place @ (Place::Reg(reg) | Place::Cell(reg))) => {
                    captured.push((local, place));
                    capture_regs.push(reg);
                }
                None => unreachable!("a captured variable is declared"),
            }
        }
        let capture_types: Vec<TypeIdx> = capture_regs.iter().map(|&reg| self.b.reg_type(reg)).collect();
        let is_outermost = self.process_body.take_if(|process| *process == body).is_some();
        let name = format!("closure in {}", self.name);
        let func = self.low.out.declare_closure(&name, &param_idxs, result_idx, &capture_types);
        let builder = self.low.out.body(func);
        let targs = Rc::clone(&self.targs);
        let tree = Rc::clone(&self.body);
        let own_name = Rc::clone(&self.name);
        let mut inner = FunctionLower::new(self.low, builder, tree, targs, result, span);
        inner.name = own_name;
        let mut position = 0;
        for (local, place) in captured {
            let place = match place {
                Place::Nowhere => Place::Nowhere,
                _ => {
                    let data = inner.body.local(local);
                    let name = inner.low.session.program.text(data.name).to_owned();
                    let ty = capture_types[position as usize];
                    let reg = if name == "_" { inner.b.reg(ty) } else { inner.b.named_reg(ty, &name) };
                    inner.emit(Inst::LoadCapture { dst: reg, capture: CaptureIdx(position) }, span);
                    position += 1;
                    match place {
                        Place::Cell(_) => Place::Cell(reg),
                        _ => Place::Reg(reg),
                    }
                }
            };
            inner.locals.insert(local, place);
        }
        for (position, &param) in params.iter().enumerate() {
            inner.take_pattern(param, position as u32);
        }
        match is_outermost {
            true => inner.outermost_body(body),
            false => inner.body_of(body),
        }
        let function = inner.finish();
        self.low.define(func, function, span);
        let dst = self.target(want, ty);
        self.emit(Inst::Closure { dst, func, captures: capture_regs.into() }, span);
        dst
    }
}
