//! Rules for constants, parameters, fields, variants, lists and trait objects.

use super::body::{Body, no_flag};
use super::constants;
use super::describe::{reg_name, type_name};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{FieldIdx, Reg, TypeIdx, VariantIdx};
use crate::inst::Inst;
use crate::types::{Field, Type};

impl Body<'_> {
    /// The rule for an instruction that moves, makes or takes apart a value; `None` for others.
    pub(super) fn value_rule(&self, inst: &Inst) -> Option<Result<()>> {
        Some(match inst {
            Inst::LoadConst { dst, value } => constants::check_fits(self.module, *value, self.ty(*dst)),
            Inst::TableGet { dst, table, .. } => constants::check_table(self.module, *table, self.ty(*dst)),
            Inst::LoadArg { dst, param } => self.expect(*dst, self.function.regs[param.index()], "dst"),
            Inst::LoadGlobal { dst, global } => self.expect(*dst, self.module.globals[global.index()].ty, "dst"),
            Inst::LoadCapture { dst, capture } => self.expect(*dst, self.function.captures[capture.index()], "dst"),
            Inst::Bitcast { dst, src } => self.check_bitcast(*dst, *src),
            Inst::Alloc { dst, ty, fields } => self.check_alloc(*dst, *ty, fields),
            Inst::Load { dst, object, field } => {
                self.field_type(*object, *field).and_then(|ty| self.expect(*dst, ty, "dst"))
            }
            Inst::Store { object, field, value } => self.check_store(*object, *field, *value),
            Inst::AllocVariant { dst, ty, variant, fields } => self.check_alloc_variant(*dst, *ty, *variant, fields),
            Inst::LoadVariant { dst, object, variant, field } => {
                self.check_load_variant(*dst, *object, *variant, *field)
            }
            Inst::ToTrait { dst, src } => self.check_to_trait(*dst, *src),
            Inst::StrConcat { parts, .. } => {
                parts.iter().try_for_each(|&part| self.expect(part, TypeIdx::STR, "parts"))
            }
            Inst::List { dst, items } => self.check_list(*dst, items),
            _ => return None,
        })
    }

    fn check_bitcast(&self, dst: Reg, src: Reg) -> Result<()> {
        let width = |reg| match self.type_of(reg) {
            Type::Int | Type::U64 | Type::Float => Some(8),
            Type::I32 | Type::U32 | Type::F32 => Some(4),
            _ => None,
        };
        if width(dst).is_some() && width(dst) == width(src) {
            return Ok(());
        }
        let is_address = |reg| matches!(self.type_of(reg), Type::Int | Type::U64 | Type::Ptr);
        if is_address(dst) && is_address(src) {
            return match self.module.foreign {
                true => Ok(()),
                false => Err(no_flag()),
            };
        }
        let own = |reg| type_name(self.module, self.ty(reg));
        Err(Error::new(Code::BAD_CLASS, format!("no BITCAST from {} to {}", own(src), own(dst))).help(
            "`int`, `u64` and `float` go into each other, so do `i32`, `u32` and `f32`, and `int`, `u64` and `ptr`",
        ))
    }

    fn check_alloc(&self, dst: Reg, ty: TypeIdx, fields: &[Reg]) -> Result<()> {
        self.expect(dst, ty, "dst")?;
        match self.module.ty(ty) {
            Type::Struct(declared) => self.fields(fields, &declared.fields),
            Type::Tuple(items) => self.values(fields, items, "field"),
            _ => {
                let message = format!("{} is neither a struct nor a tuple", type_name(self.module, ty));
                Err(Error::new(Code::BAD_CLASS, message))
            }
        }
    }

    fn fields(&self, regs: &[Reg], fields: &[Field]) -> Result<()> {
        let types: Vec<TypeIdx> = fields.iter().map(|field| field.ty).collect();
        self.values(regs, &types, "field")
    }

    fn field_type(&self, object: Reg, field: FieldIdx) -> Result<TypeIdx> {
        let (ty, len) = match self.type_of(object) {
            Type::Struct(declared) => (declared.fields.get(field.index()).map(|field| field.ty), declared.fields.len()),
            Type::Tuple(items) => (items.get(field.index()).copied(), items.len()),
            _ => return Err(self.mismatch(object, "object", "a struct or a tuple")),
        };
        ty.ok_or_else(|| self.no_part("field", field.index(), &type_name(self.module, self.ty(object)), len))
    }

    fn no_part(&self, what: &str, idx: usize, whole: &str, len: usize) -> Error {
        Error::new(Code::BAD_INDEX, format!("{what} {idx}, but {whole} has {len}"))
    }

    fn check_store(&self, object: Reg, field: FieldIdx, value: Reg) -> Result<()> {
        if !matches!(self.type_of(object), Type::Struct(_)) {
            return Err(self.mismatch(object, "object", "a struct"));
        }
        let ty = self.field_type(object, field)?;
        self.expect(value, ty, "value")
    }

    fn variant_fields(&self, ty: TypeIdx, variant: VariantIdx) -> Result<&[Field]> {
        let Type::Enum(declared) = self.module.ty(ty) else {
            let message = format!("{} is not an enum", type_name(self.module, ty));
            return Err(Error::new(Code::BAD_CLASS, message));
        };
        match declared.variants.get(variant.index()) {
            Some(variant) => Ok(&variant.fields),
            None => {
                let name = type_name(self.module, ty);
                Err(self.no_part("variant", variant.index(), &name, declared.variants.len()))
            }
        }
    }

    fn check_alloc_variant(&self, dst: Reg, ty: TypeIdx, variant: VariantIdx, fields: &[Reg]) -> Result<()> {
        self.expect(dst, ty, "dst")?;
        self.fields(fields, self.variant_fields(ty, variant)?)
    }

    fn check_load_variant(&self, dst: Reg, object: Reg, variant: VariantIdx, field: FieldIdx) -> Result<()> {
        let fields = self.variant_fields(self.ty(object), variant)?;
        match fields.get(field.index()) {
            Some(field) => self.expect(dst, field.ty, "dst"),
            None => Err(self.no_part("field", field.index(), &format!("variant {variant}"), fields.len())),
        }
    }

    fn check_to_trait(&self, dst: Reg, src: Reg) -> Result<()> {
        if !matches!(self.type_of(dst), Type::Trait(_)) {
            return Err(self.mismatch(dst, "dst", "a trait"));
        }
        if self.env.impls.contains(&(self.ty(dst), self.ty(src))) {
            return Ok(());
        }
        let (own, wanted) = (type_name(self.module, self.ty(src)), type_name(self.module, self.ty(dst)));
        let message = format!("{} is {own}, which does not implement {wanted}", reg_name(self.function, src));
        Err(Error::new(Code::NO_IMPL, message))
    }

    fn check_list(&self, dst: Reg, items: &[Reg]) -> Result<()> {
        let item = match self.type_of(dst) {
            Type::List(item) => *item,
            Type::Bytes => TypeIdx::U8,
            _ => return Err(self.mismatch(dst, "dst", "a list")),
        };
        items.iter().try_for_each(|&reg| self.expect(reg, item, "items"))
    }
}
