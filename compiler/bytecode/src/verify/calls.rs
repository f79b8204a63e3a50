//! Rules for calls, returns and the making of function values.

use super::body::Body;
use super::describe::{reg_name, type_name};
use super::tables::{check_no_captures, crosses_to_c, no_c_type};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{ExternIdx, FuncIdx, MethodIdx, Reg, TypeIdx};
use crate::inst::Inst;
use crate::types::{Signature, Type};

impl Body<'_> {
    /// The rule for an instruction that calls or makes a function value; `None` for others.
    pub(super) fn call_rule(&self, inst: &Inst) -> Option<Result<()>> {
        Some(match inst {
            Inst::Call { dst, func, args } => {
                self.check_direct(*func, args).and_then(|result| self.result(*dst, result))
            }
            Inst::CallClosure { dst, callee, args } => {
                self.check_closure(*callee, args).and_then(|result| self.result(*dst, result))
            }
            Inst::CallMethod { dst, ty, method, object, args } => self.check_method(*dst, *ty, *method, *object, args),
            Inst::CallNative { dst, native, args } => {
                let signature = &self.module.natives[native.index()].signature;
                self.values(args, &signature.params, "argument").and_then(|()| self.result(*dst, signature.result))
            }
            Inst::CallExtern { dst, external, args } => self.check_extern(*dst, *external, args),
            Inst::TailCall { func, args } => self.check_direct(*func, args).and_then(|result| self.tail_result(result)),
            Inst::TailCallClosure { callee, args } => {
                self.check_closure(*callee, args).and_then(|result| self.tail_result(result))
            }
            Inst::Return { value } => self.check_return(*value),
            Inst::Closure { dst, func, captures } => self.check_new_closure(*dst, *func, captures),
            Inst::Callback { func, .. } => self.check_callback(*func),
            Inst::Spawn { body, link, .. } => self.check_spawn(*body, *link),
            _ => return None,
        })
    }

    /// Checks as many values as there are types, each of its type; `what` is "argument", "field" or the like.
    pub(super) fn values(&self, regs: &[Reg], types: &[TypeIdx], what: &str) -> Result<()> {
        if regs.len() != types.len() {
            return Err(count(regs.len(), types.len(), what));
        }
        regs.iter().zip(types).try_for_each(|(&reg, &ty)| match self.ty(reg) == ty {
            true => Ok(()),
            false => Err(self.mismatch(reg, what, &type_name(self.module, ty))),
        })
    }

    fn result(&self, dst: Option<Reg>, result: TypeIdx) -> Result<()> {
        match dst {
            Some(dst) => self.expect(dst, result, "dst"),
            None => Ok(()),
        }
    }

    fn tail_result(&self, result: TypeIdx) -> Result<()> {
        if result == self.function.result {
            return Ok(());
        }
        let (theirs, own) = (type_name(self.module, result), type_name(self.module, self.function.result));
        Err(Error::new(Code::BAD_TAIL_CALL, format!("the callee gives {theirs}, but the function {own}")))
    }

    fn check_direct(&self, func: FuncIdx, args: &[Reg]) -> Result<TypeIdx> {
        check_no_captures(self.module, func)?;
        let (params, result) = self.signature(func);
        self.values(args, params, "argument")?;
        Ok(result)
    }

    fn signature(&self, func: FuncIdx) -> (&[TypeIdx], TypeIdx) {
        self.module.signature(func).unwrap_or_else(|| unreachable!("{func} was checked to exist"))
    }

    fn fn_type(&self, callee: Reg, what: &str) -> Result<&Signature> {
        match self.type_of(callee) {
            Type::Fn(signature) => Ok(signature),
            _ => Err(self.mismatch(callee, what, "a function value")),
        }
    }

    fn check_closure(&self, callee: Reg, args: &[Reg]) -> Result<TypeIdx> {
        let signature = self.fn_type(callee, "callee")?;
        self.values(args, &signature.params, "argument")?;
        Ok(signature.result)
    }

    fn check_method(&self, dst: Option<Reg>, ty: TypeIdx, method: MethodIdx, object: Reg, args: &[Reg]) -> Result<()> {
        let Type::Trait(declared) = self.module.ty(ty) else {
            let message = format!("{} is not a trait", type_name(self.module, ty));
            return Err(Error::new(Code::TYPE_MISMATCH, message));
        };
        self.expect(object, ty, "object")?;
        let Some(method) = declared.methods.get(method.index()) else {
            let (name, len) = (type_name(self.module, ty), declared.methods.len());
            return Err(Error::new(Code::BAD_INDEX, format!("method {method}, but {name} has {len}")));
        };
        self.values(args, &method.signature.params, "argument")?;
        self.result(dst, method.signature.result)
    }

    fn check_extern(&self, dst: Option<Reg>, external: ExternIdx, args: &[Reg]) -> Result<()> {
        let external = &self.module.externs[external.index()];
        let params = &external.signature.params;
        if !external.variadic || args.len() < params.len() {
            self.values(args, params, "argument")?;
        } else {
            let (named, more) = args.split_at(params.len());
            self.values(named, params, "argument")?;
            for &reg in more {
                if !crosses_to_c(self.module, self.ty(reg)) {
                    return Err(no_c_type(self.module, self.ty(reg), &reg_name(self.function, reg)));
                }
            }
        }
        self.result(dst, external.signature.result)
    }

    fn check_return(&self, value: Option<Reg>) -> Result<()> {
        let result = self.function.result;
        if let Some(value) = value {
            return self.expect(value, result, "value");
        }
        match self.module.ty(result) {
            Type::Unit | Type::Any | Type::Optional(_) => Ok(()),
            _ => {
                let message = format!("no value, but the function gives {}", type_name(self.module, result));
                Err(Error::new(Code::BAD_RETURN, message))
            }
        }
    }

    fn check_new_closure(&self, dst: Reg, func: FuncIdx, captures: &[Reg]) -> Result<()> {
        let captured = self.module.function(func).map_or(&[][..], |function| &function.captures);
        if captures.len() != captured.len() {
            return Err(count(captures.len(), captured.len(), "captured value"));
        }
        for (&reg, &ty) in captures.iter().zip(captured) {
            if self.ty(reg) != ty {
                let mut error = self.mismatch(reg, "captures", &type_name(self.module, ty));
                error.code = Code::CAPTURES;
                return Err(error);
            }
        }
        let signature = self.fn_type(dst, "dst")?;
        let (params, result) = self.signature(func);
        if *signature.params == *params && signature.result == result {
            return Ok(());
        }
        let name = self.module.func_name(func).escape_debug();
        Err(self.mismatch(dst, "dst", &format!("the type of `{name}`")))
    }

    fn check_callback(&self, func: FuncIdx) -> Result<()> {
        check_no_captures(self.module, func)?;
        let (params, result) = self.signature(func);
        for (position, &param) in params.iter().enumerate() {
            if !self.module.is_c_type(param) {
                return Err(no_c_type(self.module, param, &format!("parameter {position} of the callback")));
            }
        }
        if result == TypeIdx::UNIT || self.module.is_c_type(result) {
            return Ok(());
        }
        Err(no_c_type(self.module, result, "the result of the callback"))
    }

    fn check_spawn(&self, body: Reg, link: i64) -> Result<()> {
        let signature = self.fn_type(body, "body")?;
        if !signature.params.is_empty() {
            return Err(self.mismatch(body, "body", "a function value without parameters"));
        }
        match link {
            0 | 1 => Ok(()),
            _ => Err(Error::new(Code::BAD_INDEX, format!("`link` is {link}, but it is 0 or 1"))),
        }
    }
}

fn count(n: usize, needed: usize, what: &str) -> Error {
    let plural = if needed == 1 { "" } else { "s" };
    Error::new(Code::BAD_COUNT, format!("{needed} {what}{plural} needed, but {n} given"))
}
