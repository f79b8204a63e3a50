//! Printing functions.

use super::Printer;
use crate::index::*;
use crate::inst::{Inst, Kind, OperandRef};
use crate::module::*;
use crate::text::names::Names;
use crate::text::spell;
use crate::types::Type;
use std::fmt::Write;

/// Prints a function with what its instructions refer to.
pub(super) fn print(printer: &mut Printer<'_>, position: usize) {
    let module = printer.module;
    let function = &module.functions[position];
    let is_main = module.entry == Some(module.func_idx(position)) && function.name == "main";
    let printer = &mut FunctionPrinter { labels: labels(function), names: register_names(function), function, printer };
    printer.header(is_main);
    printer.registers();
    printer.handlers();
    printer.code();
    printer.printer.out.push_str("END\n");
}

/// The instructions of a function, one line each.
pub(super) fn instructions(printer: &mut Printer<'_>, position: usize) -> Vec<String> {
    let function = &printer.module.functions[position];
    let printer = FunctionPrinter { labels: labels(function), names: register_names(function), function, printer };
    function.code.iter().map(|inst| printer.inst(inst)).collect()
}

struct FunctionPrinter<'p, 'm> {
    printer: &'p mut Printer<'m>,
    function: &'m Function,
    /// The positions that labels stand for, ascending; label `L1` is the first.
    labels: Vec<u32>,
    /// What each named register is called, if that is clear.
    names: Vec<(Reg, &'m str)>,
}

fn labels(function: &Function) -> Vec<u32> {
    let mut labels = vec![];
    function.code.iter().for_each(|inst| inst.for_each_label(|label| labels.push(label.0)));
    for handler in &function.handlers {
        labels.extend([handler.start.0, handler.end.0, handler.target.0]);
    }
    labels.retain(|&label| label as usize <= function.code.len());
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn register_names(function: &Function) -> Vec<(Reg, &str)> {
    let mut names = Names::new("register");
    function.reg_names.iter().for_each(|(reg, name)| names.add(name.as_str(), reg.0));
    let mut clear: Vec<_> = function
        .reg_names
        .iter()
        .filter(|(_, name)| names.find(name).is_some())
        .map(|(reg, name)| (*reg, &**name))
        .collect();
    clear.sort_by_key(|&(reg, _)| reg);
    clear.dedup_by_key(|&mut (reg, _)| reg);
    clear
}

impl FunctionPrinter<'_, '_> {
    fn header(&mut self, is_main: bool) {
        let Function { name, result, captures, .. } = self.function;
        let mut params = vec![];
        for (position, &ty) in self.function.params().iter().enumerate() {
            let reg = Reg::new(position);
            let name = match self.declared_name(reg) {
                Some(name) => spell::name(name),
                None => format!("p{position}"),
            };
            params.push(match ty {
                TypeIdx::ANY => name,
                _ => format!("{name}: {}", self.printer.types.text(ty)),
            });
        }
        let types = &self.printer.types;
        let mut line = match (is_main, params.is_empty()) {
            (true, true) => "MAIN".to_owned(),
            (true, false) => format!("MAIN({})", params.join(", ")),
            (false, _) => format!("FUNC {}({})", spell::name(name), params.join(", ")),
        };
        if !captures.is_empty() {
            let _ = write!(line, " CAPTURES ({})", types.list(captures));
        }
        line += &types.result(*result, if is_main { TypeIdx::UNIT } else { TypeIdx::ANY });
        let _ = writeln!(self.printer.out, "{line}");
    }

    /// The name that the module gives the register, even if others have it too.
    fn declared_name(&self, reg: Reg) -> Option<&str> {
        let names = &self.function.reg_names;
        names.binary_search_by_key(&reg, |&(reg, _)| reg).ok().map(|position| &*names[position].1)
    }

    /// Declares the registers that are named or not `any`, and the last if nothing else shows that it exists.
    fn registers(&mut self) {
        let n_params = self.function.params().len();
        let regs = &self.function.regs;
        let mut reg = n_params;
        while reg < regs.len() {
            let ty = regs[reg];
            let name = self.declared_name(Reg::new(reg)).map(spell::name);
            let mut end = reg + 1;
            while name.is_none() && regs.get(end) == Some(&ty) && self.declared_name(Reg::new(end)).is_none() {
                end += 1;
            }
            let last_is_mentioned = || end < regs.len() || self.mentions(Reg::new(end - 1));
            if ty != TypeIdx::ANY || name.is_some() || !last_is_mentioned() {
                let first = reg - n_params;
                let mut line = format!("  REG r{first}");
                match name {
                    Some(name) => line += &format!(" {name}"),
                    None if end - reg > 1 => line += &format!(" TO r{}", end - n_params - 1),
                    None => {}
                }
                if ty != TypeIdx::ANY {
                    line += &format!(": {}", self.printer.types.text(ty));
                }
                let _ = writeln!(self.printer.out, "{line}");
            }
            reg = end;
        }
    }

    /// Whether an instruction or handler uses the register.
    fn mentions(&self, reg: Reg) -> bool {
        let mut found = self.function.handlers.iter().any(|handler| handler.reg == reg);
        for inst in &self.function.code {
            found |= inst.def() == Some(reg);
            inst.for_each_use(|used| found |= used == reg);
        }
        found
    }

    fn handlers(&mut self) {
        for handler in &self.function.handlers {
            let mut line = format!(
                "  HANDLER {}, {}, {}, {}",
                self.label(handler.start),
                self.label(handler.end),
                self.label(handler.target),
                self.register(handler.reg)
            );
            if let Some(filter) = handler.filter {
                line += &format!(", {}", self.printer.types.text(filter));
            }
            let _ = writeln!(self.printer.out, "{line}");
        }
    }

    fn code(&mut self) {
        let mut lines = self.function.lines.iter().peekable();
        let mut labels = self.labels.clone().into_iter().enumerate().peekable();
        let mut file = None;
        for position in 0..=self.function.code.len() {
            while let Some((number, _)) = labels.next_if(|&(_, label)| label as usize == position) {
                let _ = writeln!(self.printer.out, "L{}:", number + 1);
            }
            while let Some(line) = lines.next_if(|line| line.at.index() == position) {
                let mut text = "  LINE ".to_owned();
                if file.replace(line.file) != Some(line.file) {
                    text += &format!("{} ", self.printer.file(line.file));
                }
                text += &line.line.to_string();
                if line.column != 0 {
                    text += &format!(":{}", line.column);
                }
                let _ = writeln!(self.printer.out, "{text}");
            }
            if let Some(inst) = self.function.code.get(position) {
                let text = self.inst(inst);
                let _ = writeln!(self.printer.out, "  {text}");
            }
        }
    }

    fn inst(&self, inst: &Inst) -> String {
        let mut operands = vec![];
        let mut subject = None;
        let mut variant = None;
        inst.for_each_operand(|info, operand| {
            operands.push(match operand {
                OperandRef::Reg(reg) => {
                    if info.kind == Kind::Use {
                        subject = self.function.regs.get(reg.index()).copied();
                    }
                    self.register(reg)
                }
                OperandRef::OptReg(Some(reg)) => self.register(reg),
                OperandRef::OptReg(None) if info.kind == Kind::OptUse => return,
                OperandRef::OptReg(None) => "_".to_owned(),
                OperandRef::Regs(regs) => {
                    operands.extend(regs.iter().map(|&reg| self.register(reg)));
                    return;
                }
                OperandRef::Const(value) => self.printer.constant(value),
                OperandRef::Param(param) => match self.names.binary_search_by_key(&Reg(param.0), |&(reg, _)| reg) {
                    Ok(position) if param.0 < self.function.n_params => spell::name(self.names[position].1),
                    _ => format!("p{}", param.0),
                },
                OperandRef::Field(field) => self.field(subject, variant, field),
                OperandRef::Variant(idx) => {
                    variant = Some(idx);
                    self.variant(subject, idx)
                }
                OperandRef::Method(method) => self.method(subject, method),
                OperandRef::Capture(capture) => capture.0.to_string(),
                OperandRef::Type(ty) => {
                    subject = Some(ty);
                    self.printer.types.text(ty)
                }
                OperandRef::Func(func) => self.printer.func(func),
                OperandRef::Extern(external) => self.printer.external(external),
                OperandRef::Native(native) => self.printer.native(native),
                OperandRef::Global(global) => self.printer.global(global),
                OperandRef::Label(label) => self.label(label),
                OperandRef::Labels(labels) => {
                    operands.extend(labels.iter().map(|&label| self.label(label)));
                    return;
                }
                OperandRef::Imm(value) => value.to_string(),
            });
        });
        let mnemonic = inst.opcode().info().mnemonic;
        if operands.is_empty() { mnemonic.to_owned() } else { format!("{mnemonic} {}", operands.join(", ")) }
    }

    fn register(&self, reg: Reg) -> String {
        if let Ok(position) = self.names.binary_search_by_key(&reg, |&(reg, _)| reg) {
            // A name in quotes would be no help.
            let name = spell::name(self.names[position].1);
            if !name.starts_with('"') {
                return name;
            }
        }
        match reg.0.checked_sub(self.function.n_params) {
            Some(local) => format!("r{local}"),
            None => format!("p{}", reg.0),
        }
    }

    fn label(&self, label: Label) -> String {
        match self.labels.binary_search(&label.0) {
            Ok(position) => format!("L{}", position + 1),
            Err(_) => format!("@{}", label.0),
        }
    }

    fn subject_type(&self, subject: Option<TypeIdx>) -> Option<&Type> {
        self.printer.module.types.get(subject?.index())
    }

    fn field(&self, subject: Option<TypeIdx>, variant: Option<VariantIdx>, field: FieldIdx) -> String {
        let fields = match (self.subject_type(subject), variant) {
            (Some(Type::Enum(declared)), Some(variant)) => {
                declared.variants.get(variant.index()).map(|variant| &variant.fields)
            }
            (Some(Type::Struct(declared)), None) => Some(&declared.fields),
            _ => None,
        };
        let name = fields.and_then(|fields| fields.get(field.index())).map(|field| &*field.name);
        let is_clear = |name: &str| {
            let same = fields.into_iter().flatten().filter(|field| *field.name == *name);
            same.count() == 1
        };
        member(name, is_clear, field.0)
    }

    fn variant(&self, subject: Option<TypeIdx>, variant: VariantIdx) -> String {
        let Some(Type::Enum(declared)) = self.subject_type(subject) else { return variant.0.to_string() };
        let name = declared.variants.get(variant.index()).map(|variant| &*variant.name);
        member(name, |name| declared.variants.iter().filter(|variant| *variant.name == *name).count() == 1, variant.0)
    }

    fn method(&self, subject: Option<TypeIdx>, method: MethodIdx) -> String {
        let Some(Type::Trait(declared)) = self.subject_type(subject) else { return method.0.to_string() };
        let name = declared.methods.get(method.index()).map(|method| &*method.name);
        member(name, |name| declared.methods.iter().filter(|method| *method.name == *name).count() == 1, method.0)
    }
}

/// A member by its name if it has one that no other has, else by its number.
fn member(name: Option<&str>, is_clear: impl Fn(&str) -> bool, number: u32) -> String {
    match name {
        Some(name) if !name.is_empty() && is_clear(name) => spell::name(name),
        _ => number.to_string(),
    }
}
