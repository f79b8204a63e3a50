//! The types of an instruction's registers, by the patterns and classes of its row; rows marked `Special` have a
//! rule of their own in [`calls`](super::calls) or [`values`](super::values) besides.

use super::body::Body;
use super::describe::{reg_name, type_name};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{Reg, TypeIdx};
use crate::inst::{Class, Inst, OperandRef, Pattern};
use crate::types::Type;

/// What the type variables of a row stand for, and the register that said so.
#[derive(Default)]
struct Bindings {
    vars: [Option<(TypeIdx, Reg)>; 4],
    /// The type that all lists of the instruction share, so that none mixes `bytes` and `[u8]`.
    list: Option<TypeIdx>,
}

impl Body<'_> {
    /// Checks the types of an instruction whose operands are in range.
    pub(super) fn check_types(&self, inst: &Inst) -> Result<()> {
        let mut bindings = Bindings::default();
        let mut result = Ok(());
        inst.for_each_operand(|info, operand| {
            if let (Ok(()), OperandRef::Reg(reg) | OperandRef::OptReg(Some(reg))) = (&result, operand) {
                result = self.unify(&mut bindings, info.pattern, reg, info.name);
            }
        });
        result?;
        for (var, binding) in bindings.vars.iter().enumerate() {
            if let Some((ty, reg)) = *binding {
                self.check_variable(inst, var as u8, ty, reg)?;
            }
        }
        self.special_rule(inst).unwrap_or(Ok(()))
    }

    /// The instruction's own rule; `None` if its row says it all.
    fn special_rule(&self, inst: &Inst) -> Option<Result<()>> {
        self.call_rule(inst).or_else(|| self.value_rule(inst))
    }

    fn unify(&self, bindings: &mut Bindings, pattern: Pattern, reg: Reg, what: &str) -> Result<()> {
        match pattern {
            Pattern::Free => Ok(()),
            Pattern::Is(ty) => self.expect(reg, ty, what),
            Pattern::Var(var) => self.bind(bindings, var, self.ty(reg), reg, what),
            Pattern::List(var) => {
                let item = match self.type_of(reg) {
                    Type::List(item) => *item,
                    Type::Bytes => TypeIdx::U8,
                    _ => return Err(self.mismatch(reg, what, "a list")),
                };
                let list = *bindings.list.get_or_insert(self.ty(reg));
                self.expect(reg, list, what)?;
                self.bind(bindings, var, item, reg, what)
            }
            Pattern::Map(key_var, value_var) => {
                let Type::Map(key, value) = *self.type_of(reg) else {
                    return Err(self.mismatch(reg, what, "a map"));
                };
                self.bind(bindings, key_var, key, reg, what)?;
                self.bind(bindings, value_var, value, reg, what)
            }
            Pattern::Opt(var) => match *self.type_of(reg) {
                Type::Optional(inner) => self.bind(bindings, var, inner, reg, what),
                _ => Err(self.mismatch(reg, what, "an optional")),
            },
        }
    }

    /// Binds a variable to a type that `reg` shows, or checks that it is bound to this type.
    fn bind(&self, bindings: &mut Bindings, var: u8, ty: TypeIdx, reg: Reg, what: &str) -> Result<()> {
        let (bound, by) = *bindings.vars[usize::from(var)].get_or_insert((ty, reg));
        if bound == ty {
            return Ok(());
        }
        let name = |reg| reg_name(self.function, reg);
        let own = |reg| type_name(self.module, self.ty(reg));
        let message =
            format!("{} (`{what}`) is {}, which does not go with {} ({})", name(reg), own(reg), name(by), own(by));
        Err(Error::new(Code::TYPE_MISMATCH, message))
    }

    fn check_variable(&self, inst: &Inst, var: u8, ty: TypeIdx, reg: Reg) -> Result<()> {
        let info = inst.opcode().info();
        // The unit value can be passed on, but nothing else can be done with it.
        let mut fits = ty != TypeIdx::UNIT || matches!(inst, Inst::Move { .. });
        for &(of, class) in info.classes {
            let is_key = class != Class::Key || self.env.keys.contains(ty);
            fits &= of != var || class.admits(self.module.ty(ty)) && is_key;
        }
        if fits {
            return Ok(());
        }
        let (name, own) = (reg_name(self.function, reg), type_name(self.module, ty));
        let message = match self.ty(reg) == ty {
            true => format!("{name} is {own}, on which {} does not work", info.mnemonic),
            false => format!("{name} holds {own}, on which {} does not work", info.mnemonic),
        };
        Err(Error::new(Code::BAD_CLASS, message))
    }
}

impl Class {
    /// Whether a type belongs to the class, as far as the type alone says: tuples and enums are keys only if all
    /// their parts are.
    pub fn admits(self, ty: &Type) -> bool {
        let is_num = ty.is_integer() || ty.is_real();
        match self {
            // The instruction's own rule looks at the types.
            Class::Special => true,
            Class::Addable => is_num || matches!(ty, Type::Any | Type::Str),
            Class::Arith => is_num || *ty == Type::Any,
            Class::Num => is_num,
            Class::Integer => ty.is_integer(),
            Class::Real => ty.is_real(),
            Class::Bits => ty.is_integer() || matches!(ty, Type::Bool | Type::Any),
            Class::Scalar => ty.is_c_scalar(),
            Class::Ord => is_num || matches!(ty, Type::Str | Type::Any),
            Class::Truth => matches!(ty, Type::Bool | Type::Any),
            Class::Nullable => matches!(ty, Type::Optional(_) | Type::Any),
            Class::Enum => matches!(ty, Type::Enum(_)),
            Class::Object => !ty.is_scalar(),
            Class::Key => matches!(ty, Type::Int | Type::Bool | Type::Str | Type::Tuple(_) | Type::Enum(_)),
            Class::Packed => is_num || *ty == Type::Bool,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inst::{Opcode, OperandInfo, OperandSource};
    use crate::verify::Env;
    use crate::{Const, Extern, FuncIdx, Function, Global, Label, Module, Native, Signature};
    use std::collections::HashSet;
    use std::convert::Infallible;

    /// Index 0 for every operand.
    struct Zeros;

    impl OperandSource for Zeros {
        type Error = Infallible;
        fn reg(&mut self, _: &OperandInfo) -> std::result::Result<Reg, Infallible> {
            Ok(Reg(0))
        }
        fn opt_reg(&mut self, _: &OperandInfo) -> std::result::Result<Option<Reg>, Infallible> {
            Ok(Some(Reg(0)))
        }
        fn regs(&mut self, _: &OperandInfo) -> std::result::Result<Box<[Reg]>, Infallible> {
            Ok(Box::new([Reg(0)]))
        }
        fn constant(&mut self, _: &OperandInfo) -> std::result::Result<Const, Infallible> {
            Ok(Const::Nil)
        }
        fn index(&mut self, _: &OperandInfo) -> std::result::Result<u32, Infallible> {
            Ok(0)
        }
        fn label(&mut self, _: &OperandInfo) -> std::result::Result<Label, Infallible> {
            Ok(Label(0))
        }
        fn labels(&mut self, _: &OperandInfo) -> std::result::Result<Box<[Label]>, Infallible> {
            Ok(Box::new([Label(0)]))
        }
        fn imm(&mut self, _: &OperandInfo) -> std::result::Result<i64, Infallible> {
            Ok(0)
        }
    }

    #[test]
    fn every_special_row_has_a_rule_and_no_other() {
        let signature = Signature { params: Box::new([]), result: TypeIdx::UNIT };
        let mut module = Module::new("m");
        module.externs.push(Extern {
            library: String::new(),
            symbol: "f".into(),
            signature: signature.clone(),
            variadic: false,
            blocking: false,
        });
        module.natives.push(Native { name: "f".into(), signature });
        module.globals.push(Global { name: "g".into(), ty: TypeIdx::ANY, value: Const::Nil });
        let function =
            Function { n_params: 1, regs: vec![TypeIdx::INT], captures: vec![TypeIdx::INT], ..Function::default() };
        module.functions.push(function.clone());
        assert!(module.signature(FuncIdx(0)).is_some());
        let env = Env { module: &module, keys: crate::verify::types::Keys::new(&module.types), impls: HashSet::new() };
        let body = Body { env: &env, module: &module, function: &function };
        for &opcode in Opcode::ALL {
            let Ok(inst) = Inst::read(opcode, &mut Zeros);
            let has_rule = body.special_rule(&inst).is_some();
            assert_eq!(has_rule, opcode.info().is_special(), "{}", opcode.info().mnemonic);
        }
    }
}
