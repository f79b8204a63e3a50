//! The operands of an instruction, in the table's order with commas between them; lists stand last and have no
//! brackets. `_` is a destination left out.

use super::function::{Body, Scope};
use super::names::did_you_mean;
use super::parser::{Parsed, Parser, Reported};
use super::token::Token;
use super::{type_expr, value};
use crate::codes::Code;
use crate::index::*;
use crate::inst::{Inst, Kind, Opcode, OperandInfo, OperandSource};
use crate::limits::MAX_LIST;
use crate::module::Const;
use crate::types::{Field, Type};

/// Parses the operands of `opcode`.
pub(super) fn parse(
    opcode: Opcode,
    parser: &mut Parser<'_, '_>,
    body: &mut Body,
    scope: &mut Scope<'_>,
) -> Parsed<Inst> {
    let mut operands =
        Operands { opcode, parser, body, scope, first: true, subject: None, variant: None, has_short_form: false };
    let mut inst = Inst::read(opcode, &mut operands)?;
    let has_short_form = operands.has_short_form;
    if !parser.at_line_end() {
        let message = format!("expected the end of the line, found {}", parser.peek());
        return parser.fail_with(Code::UNEXPECTED_TOKEN, message, Some(form(opcode)));
    }
    if has_short_form && let Inst::Call { dst, func, .. } = &mut inst {
        let gives_unit = scope.module.signature(*func).is_some_and(|(_, result)| result == TypeIdx::UNIT);
        if !gives_unit {
            *dst = Some(body.first_local());
        }
    }
    Ok(inst)
}

/// How the instruction is written.
fn form(opcode: Opcode) -> String {
    let info = opcode.info();
    let names: Vec<&str> = info.operands.iter().map(|operand| operand.name).collect();
    match names.len() {
        0 => format!("write `{}`", info.mnemonic),
        _ => format!("write `{} {}`", info.mnemonic, names.join(", ")),
    }
}

/// Operands as they stand in the text.
struct Operands<'p, 't, 's, 'b, 'o> {
    opcode: Opcode,
    parser: &'p mut Parser<'t, 's>,
    body: &'b mut Body,
    scope: &'b mut Scope<'o>,
    /// Whether no operand has been read.
    first: bool,
    /// The type whose fields, variants or methods the names that follow mean.
    subject: Option<TypeIdx>,
    /// The variant whose fields they mean.
    variant: Option<VariantIdx>,
    /// Whether a CALL has been found without its destination.
    has_short_form: bool,
}

impl Operands<'_, '_, '_, '_, '_> {
    /// Takes the comma before an operand.
    fn separator(&mut self, info: &OperandInfo) -> Parsed<()> {
        if std::mem::take(&mut self.first) {
            if self.parser.at_line_end() {
                return self.missing(info);
            }
            return Ok(());
        }
        match self.parser.accept(',') {
            true => Ok(()),
            false => self.missing(info),
        }
    }

    fn missing<T>(&mut self, info: &OperandInfo) -> Parsed<T> {
        let mnemonic = self.opcode.info().mnemonic;
        let message = format!("expected operand `{}` of {mnemonic}, found {}", info.name, self.parser.peek());
        self.parser.fail_with(Code::UNEXPECTED_TOKEN, message, Some(form(self.opcode)))
    }

    /// A field, variant or method: its number, or its name in the subject.
    fn member(&mut self, info: &OperandInfo) -> Parsed<u32> {
        let what = match info.kind {
            Kind::Field => "field",
            Kind::Variant => "variant",
            _ => "method",
        };
        if let Token::Int(_) = self.parser.peek() {
            return self.parser.number(what);
        }
        let spot = self.parser.spot();
        let name = self.parser.name(&format!("the name or number of a {what}"))?;
        if let Some(position) = self.member_names(info.kind).position(|candidate| *candidate == *name) {
            return Ok(position as u32);
        }
        let whose = match self.subject {
            Some(ty) => super::print::type_text(&self.scope.module, ty),
            None => "it".to_owned(),
        };
        let message = format!("{whose} has no {what} `{}`", name.escape_debug());
        let help = did_you_mean(&name, self.member_names(info.kind));
        self.parser.errors.push_with(spot, Code::UNKNOWN_NAME, message, help);
        Err(Reported)
    }

    /// The names of the subject's fields, variants or methods, in their order.
    fn member_names(&self, kind: Kind) -> Box<dyn Iterator<Item = &str> + '_> {
        let subject = self.subject.and_then(|subject| self.scope.module.types.get(subject.index()));
        let fields: &[Field] = match (kind, subject, self.variant) {
            (Kind::Variant, Some(Type::Enum(declared)), _) => {
                return Box::new(declared.variants.iter().map(|variant| &*variant.name));
            }
            (Kind::Method, Some(Type::Trait(declared)), _) => {
                return Box::new(declared.methods.iter().map(|method| &*method.name));
            }
            (Kind::Field, Some(Type::Enum(declared)), Some(variant)) => {
                declared.variants.get(variant.index()).map_or(&[], |variant| &*variant.fields)
            }
            (Kind::Field, Some(Type::Struct(declared)), None) => &declared.fields,
            _ => &[],
        };
        Box::new(fields.iter().map(|field| &*field.name))
    }

    fn list<T>(
        &mut self,
        info: &OperandInfo,
        mut item: impl FnMut(&mut Self, &OperandInfo) -> Parsed<T>,
    ) -> Parsed<Box<[T]>> {
        let mut items = vec![];
        while !self.parser.at_line_end() {
            if items.len() >= MAX_LIST {
                return self.parser.fail(Code::TEXT_LIMIT, format!("more than {MAX_LIST} {}", info.name));
            }
            items.push(item(self, info)?);
        }
        Ok(items.into())
    }
}

impl OperandSource for Operands<'_, '_, '_, '_, '_> {
    type Error = Reported;

    fn reg(&mut self, info: &OperandInfo) -> Parsed<Reg> {
        self.separator(info)?;
        let reg = self.body.register(self.parser)?;
        if info.kind == Kind::Use {
            self.subject = self.body.regs.get(reg.index()).copied();
        }
        Ok(reg)
    }

    fn opt_reg(&mut self, info: &OperandInfo) -> Parsed<Option<Reg>> {
        if info.kind == Kind::OptUse {
            return if self.parser.at_line_end() { Ok(None) } else { self.reg(info).map(Some) };
        }
        if *self.parser.peek() == Token::Word("_") {
            self.first = false;
            self.parser.take();
            return Ok(None);
        }
        if self.opcode == Opcode::Call && !self.body.at_register(self.parser) {
            self.has_short_form = true;
            return Ok(None);
        }
        self.reg(info).map(Some)
    }

    fn regs(&mut self, info: &OperandInfo) -> Parsed<Box<[Reg]>> {
        self.list(info, Self::reg)
    }

    fn constant(&mut self, info: &OperandInfo) -> Parsed<Const> {
        self.separator(info)?;
        let value = value::parse(self.parser)?;
        Ok(value.intern(&mut self.scope.interner, &mut self.scope.module))
    }

    fn index(&mut self, info: &OperandInfo) -> Parsed<u32> {
        self.separator(info)?;
        let table = match info.kind {
            Kind::Type => {
                let expr = type_expr::parse(self.parser)?;
                let ty = self.scope.ty(&expr, self.parser.errors);
                self.subject = Some(ty);
                return Ok(ty.0);
            }
            Kind::Field | Kind::Method => return self.member(info),
            Kind::Variant => {
                let variant = self.member(info)?;
                self.variant = Some(VariantIdx(variant));
                return Ok(variant);
            }
            Kind::Param => return self.body.param(self.parser),
            Kind::Func => &self.scope.names.funcs,
            Kind::Extern => &self.scope.names.externs,
            Kind::Native => &self.scope.names.natives,
            Kind::Global => &self.scope.names.globals,
            _ => return self.parser.number(info.name),
        };
        let spot = self.parser.spot();
        let reference = self.parser.reference("a name")?;
        table.resolve(&reference, spot, self.parser.errors).ok_or(Reported)
    }

    fn label(&mut self, info: &OperandInfo) -> Parsed<Label> {
        self.separator(info)?;
        self.body.label(self.parser)
    }

    fn labels(&mut self, info: &OperandInfo) -> Parsed<Box<[Label]>> {
        self.list(info, Self::label)
    }

    fn imm(&mut self, info: &OperandInfo) -> Parsed<i64> {
        self.separator(info)?;
        let Token::Int(int) = self.parser.peek() else { return self.parser.expected("an integer") };
        self.parser.take();
        Ok(*int)
    }
}
