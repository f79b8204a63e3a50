//! The bodies of functions: labels, registers, try regions, source positions, instructions.

use super::ParseOptions;
use super::errors::Errors;
use super::item::{FunctionItem, Named};
use super::names::{ModuleNames, Names, Ref, did_you_mean};
use super::operands;
use super::parser::{Parsed, Parser, Reported};
use super::token::{Spot, Token};
use super::type_expr::{self, TypeExpr};
use super::types::Types;
use crate::codes::Code;
use crate::index::*;
use crate::inst::{Effect, Inst, Opcode};
use crate::intern::Interner;
use crate::limits::{MAX_HANDLERS, MAX_INSTS, MAX_REGS};
use crate::module::*;
use std::borrow::Cow;

/// What is known of the module while the bodies are read.
pub(super) struct Scope<'o> {
    pub(super) module: Module,
    pub(super) interner: Interner,
    pub(super) types: Types,
    pub(super) names: ModuleNames,
    pub(super) options: &'o ParseOptions,
    pub(super) files: Names,
}

impl Scope<'_> {
    /// The index of a type.
    pub(super) fn ty(&mut self, expr: &TypeExpr<'_>, errors: &mut Errors) -> TypeIdx {
        self.types.resolve(expr, &mut self.module, &mut self.interner, errors)
    }

    /// The index of a source file, which is added if it is new.
    fn file(&mut self, name: &str) -> FileIdx {
        let next = self.module.files.len() as u32;
        match self.files.find(name) {
            Some(index) => FileIdx(index),
            None => {
                self.module.files.push(name.to_owned());
                self.files.add(name, next);
                FileIdx(next)
            }
        }
    }
}

/// A function's body while it is read.
pub(super) struct Body {
    n_params: u32,
    /// The types of all registers so far.
    pub(super) regs: Vec<TypeIdx>,
    /// Which registers have been declared.
    declared: Vec<bool>,
    pub(super) reg_names: Names,
    labels: Names,
    code: Vec<Inst>,
    handlers: Vec<Handler>,
    lines: Vec<Line>,
    /// The text's own lines, for a function that has no others.
    spots: Vec<Spot>,
}

/// The registers' form `r12` or `p3`.
pub(super) fn numbered_register(word: &str) -> Option<(char, u32)> {
    let kind = word.chars().next().filter(|c| matches!(c, 'r' | 'p'))?;
    let digits = &word[1..];
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((kind, digits.parse().unwrap_or(u32::MAX)))
}

/// Reports a name without quotes that means a register already.
pub(super) fn check_register_name((name, spot): &Named<'_>, errors: &mut Errors) {
    // A name in quotes stands as it is.
    if matches!(name, Cow::Borrowed(word) if numbered_register(word).is_some()) {
        let message = format!("`{name}` is the name of a register already");
        let help = Some("`p0` is parameter 0, `r0` the first register after the parameters".to_owned());
        errors.push_with(*spot, Code::REPEATED_NAME, message, help);
    }
}

/// Reads the body of the function at `position` of the module.
pub(super) fn body(
    scope: &mut Scope<'_>,
    position: usize,
    item: &FunctionItem<'_>,
    tokens: &[(Token<'_>, Spot)],
    errors: &mut Errors,
) {
    let function = &scope.module.functions[position];
    let mut body = Body {
        n_params: function.n_params,
        regs: function.regs.clone(),
        declared: vec![true; function.regs.len()],
        reg_names: Names::new("register"),
        labels: Names::new("label"),
        code: vec![],
        handlers: vec![],
        lines: vec![],
        spots: vec![],
    };
    let mut reg_names = function.reg_names.clone();
    for (reg, name) in &reg_names {
        body.reg_names.add(name.as_str(), reg.0);
    }
    let mut parser = Parser::new(tokens, item.body, errors);
    let (lines, end) = body.scan(&mut parser);
    // Registers first: the names of fields depend on their types.
    for &line in lines.iter().filter(|line| line.kind == LineKind::Reg) {
        parser.position = line.start;
        let result = body.reg_line(&mut parser, scope, &mut reg_names);
        let _ = result.and_then(|()| parser.line_end());
    }
    for &line in lines.iter().filter(|line| line.kind != LineKind::Reg) {
        if parser.errors.is_full() {
            return;
        }
        parser.position = line.start;
        let _ = body.line(&mut parser, scope, line.kind).and_then(|()| parser.line_end());
    }
    body.end(end);

    let own_lines = match (&scope.options.source_name, body.lines.is_empty()) {
        (Some(source), true) => Some(scope.file(source)),
        _ => None,
    };
    if let Some(file) = own_lines {
        body.own_lines(file);
    }
    reg_names.sort_by_key(|&(reg, _)| reg);
    let function = &mut scope.module.functions[position];
    function.regs = body.regs;
    function.reg_names = reg_names;
    function.code = body.code;
    function.handlers = body.handlers;
    function.lines = body.lines;
}

/// A line with something on it besides labels.
#[derive(Clone, Copy)]
struct TextLine {
    kind: LineKind,
    start: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum LineKind {
    Reg,
    Handler,
    Line,
    Inst,
}

impl Body {
    /// Finds the labels and lines. Gives the lines, and where `END` stands.
    fn scan(&mut self, parser: &mut Parser<'_, '_>) -> (Vec<TextLine>, Spot) {
        let mut lines = vec![];
        let mut n_insts = 0;
        loop {
            parser.skip_newlines();
            while *parser.peek_second() == Token::Sign(':')
                && let Some(label) = label_name(parser.peek())
            {
                if self.labels.has(&label) {
                    let spot = parser.spot();
                    parser.errors.push(spot, Code::REPEATED_NAME, format!("there is another label `{label}`"));
                } else {
                    self.labels.add(label, n_insts);
                }
                parser.take();
                parser.take();
            }
            let kind = match parser.peek() {
                Token::Newline => continue,
                // A function without END is no item.
                Token::End => return (lines, parser.spot()),
                _ if parser.at_keyword("END") => return (lines, parser.spot()),
                _ if parser.at_keyword("REG") => LineKind::Reg,
                _ if parser.at_keyword("HANDLER") => LineKind::Handler,
                _ if parser.at_keyword("LINE") => LineKind::Line,
                _ => {
                    n_insts += 1;
                    LineKind::Inst
                }
            };
            lines.push(TextLine { kind, start: parser.position });
            parser.skip_line();
        }
    }

    /// `REG r0, r1 sum, r2 TO r9: int`
    fn reg_line(
        &mut self,
        parser: &mut Parser<'_, '_>,
        scope: &mut Scope<'_>,
        reg_names: &mut Vec<(Reg, String)>,
    ) -> Parsed<()> {
        parser.take();
        let mut ranges = vec![];
        loop {
            let spot = parser.spot();
            let first = self.local(parser)?;
            let last = if parser.accept_keyword("TO") { self.local(parser)? } else { first };
            if last < first {
                let message = "the range of registers ends before it begins";
                parser.errors.push(spot, Code::UNEXPECTED_TOKEN, message);
                return Err(Reported);
            }
            for reg in first.0..=last.0 {
                if std::mem::replace(&mut self.declared[reg as usize], true) {
                    let message = format!("r{} is declared already", reg - self.n_params);
                    parser.errors.push(spot, Code::REPEATED_NAME, message);
                    return Err(Reported);
                }
            }
            if matches!(parser.peek(), Token::Word(_) | Token::Str(_)) {
                let spot = parser.spot();
                let name = parser.name("a register's name")?;
                check_register_name(&(name.clone(), spot), parser.errors);
                self.reg_names.add(name.as_ref(), first.0);
                reg_names.push((first, name.into_owned()));
            }
            ranges.push(first.index()..=last.index());
            if !parser.accept(',') {
                break;
            }
        }
        if parser.accept(':') {
            let expr = type_expr::parse(parser)?;
            let ty = scope.ty(&expr, parser.errors);
            ranges.into_iter().for_each(|range| self.regs[range].fill(ty));
        }
        Ok(())
    }

    /// `rN`
    fn local(&mut self, parser: &mut Parser<'_, '_>) -> Parsed<Reg> {
        match parser.peek() {
            Token::Word(word) if matches!(numbered_register(word), Some(('r', _))) => self.register(parser),
            _ => parser.expected("a register such as `r0`"),
        }
    }

    /// A register: `rN`, `pN` or a name.
    pub(super) fn register(&mut self, parser: &mut Parser<'_, '_>) -> Parsed<Reg> {
        let spot = parser.spot();
        if let Token::Word(word) = parser.peek()
            && let Some((kind, number)) = numbered_register(word)
        {
            return match kind {
                'p' if number >= self.n_params => {
                    parser.fail(Code::UNKNOWN_NAME, format!("there is no parameter {number}"))
                }
                'p' => {
                    parser.take();
                    Ok(Reg(number))
                }
                _ => {
                    let reg = self.n_params as usize + number as usize;
                    if reg >= MAX_REGS {
                        let message = format!("`{word}` exceeds the {MAX_REGS} registers that a function may have");
                        return parser.fail(Code::TEXT_LIMIT, message);
                    }
                    if reg >= self.regs.len() {
                        self.regs.resize(reg + 1, TypeIdx::ANY);
                        self.declared.resize(reg + 1, false);
                    }
                    parser.take();
                    Ok(Reg::new(reg))
                }
            };
        }
        let name = parser.name("a register")?;
        self.reg_names.resolve(&Ref::Name(name), spot, parser.errors).map(Reg).ok_or(Reported)
    }

    /// The first register after the parameters, which is made if need be.
    pub(super) fn first_local(&mut self) -> Reg {
        let reg = self.n_params as usize;
        if reg == self.regs.len() {
            self.regs.push(TypeIdx::ANY);
            self.declared.push(false);
        }
        Reg::new(reg)
    }

    /// A parameter's position: `pN`, which need not exist, or its name.
    pub(super) fn param(&self, parser: &mut Parser<'_, '_>) -> Parsed<u32> {
        let spot = parser.spot();
        if let Token::Word(word) = parser.peek()
            && let Some(('p', number)) = numbered_register(word)
        {
            parser.take();
            return Ok(number);
        }
        let name = parser.name("a parameter")?;
        match self.reg_names.resolve(&Ref::Name(name.clone()), spot, parser.errors) {
            Some(reg) if reg < self.n_params => Ok(reg),
            Some(_) => {
                let message = format!("`{}` is a register but not a parameter", name.escape_debug());
                parser.errors.push(spot, Code::UNKNOWN_NAME, message);
                Err(Reported)
            }
            None => Err(Reported),
        }
    }

    /// Whether a register stands here.
    pub(super) fn at_register(&self, parser: &Parser<'_, '_>) -> bool {
        match parser.peek() {
            Token::Word(word) => numbered_register(word).is_some() || self.reg_names.has(word),
            Token::Str(name) => self.reg_names.has(name),
            _ => false,
        }
    }

    /// A label: a name, a number, or `@3` for the instruction at position 3.
    pub(super) fn label(&self, parser: &mut Parser<'_, '_>) -> Parsed<Label> {
        if parser.accept('@') {
            return parser.number("an instruction's position").map(Label);
        }
        let Some(name) = label_name(parser.peek()) else { return parser.expected("a label") };
        let spot = parser.spot();
        parser.take();
        self.labels.resolve(&Ref::Name(name.into()), spot, parser.errors).map(Label).ok_or(Reported)
    }

    fn line(&mut self, parser: &mut Parser<'_, '_>, scope: &mut Scope<'_>, kind: LineKind) -> Parsed<()> {
        match kind {
            LineKind::Reg => unreachable!("registers are declared before"),
            LineKind::Handler => self.handler_line(parser, scope),
            LineKind::Line => self.line_line(parser, scope),
            LineKind::Inst => {
                if self.code.len() >= MAX_INSTS {
                    return parser.fail(Code::TEXT_LIMIT, format!("more than {MAX_INSTS} instructions"));
                }
                self.spots.push(parser.spot());
                match self.inst(parser, scope) {
                    Ok(inst) => self.code.push(inst),
                    Err(reported) => {
                        // Something must stand there, as the labels after it have their positions already.
                        self.code.push(Inst::Nop {});
                        return Err(reported);
                    }
                }
                Ok(())
            }
        }
    }

    /// `HANDLER from, to, target, reg [, Type]`
    fn handler_line(&mut self, parser: &mut Parser<'_, '_>, scope: &mut Scope<'_>) -> Parsed<()> {
        if self.handlers.len() >= MAX_HANDLERS {
            return parser.fail(Code::TEXT_LIMIT, format!("more than {MAX_HANDLERS} try regions"));
        }
        parser.take();
        let start = self.label(parser)?;
        parser.expect(',')?;
        let end = self.label(parser)?;
        parser.expect(',')?;
        let target = self.label(parser)?;
        parser.expect(',')?;
        let reg = self.register(parser)?;
        let mut filter = None;
        if parser.accept(',') {
            let expr = type_expr::parse(parser)?;
            filter = Some(scope.ty(&expr, parser.errors));
        }
        self.handlers.push(Handler { start, end, target, reg, filter });
        Ok(())
    }

    /// `LINE ["file"] 3[:5]`
    fn line_line(&mut self, parser: &mut Parser<'_, '_>, scope: &mut Scope<'_>) -> Parsed<()> {
        parser.take();
        let file = match parser.peek() {
            Token::Str(name) => {
                parser.take();
                scope.file(name)
            }
            _ => match (parser.accept_index("a file's index")?, self.lines.last()) {
                (Some(index), _) => FileIdx(index),
                (None, Some(line)) => line.file,
                (None, None) => return parser.expected("the source file in quotes, as this is the first LINE"),
            },
        };
        let line = parser.number("a line")?;
        let column = if parser.accept(':') { parser.number("a column")? } else { 0 };
        let at = Label::new(self.code.len());
        // Of several at one instruction the last holds.
        self.lines.pop_if(|last| last.at == at);
        self.lines.push(Line { at, file, line, column });
        Ok(())
    }

    fn inst(&mut self, parser: &mut Parser<'_, '_>, scope: &mut Scope<'_>) -> Parsed<Inst> {
        let Token::Word(word) = parser.peek() else { return parser.expected("an instruction") };
        let mnemonic = word.to_ascii_uppercase();
        let Some(opcode) = Opcode::from_mnemonic(&mnemonic) else {
            let spot = parser.spot();
            let known = Opcode::ALL.iter().map(|opcode| opcode.info().mnemonic);
            let help = did_you_mean(&mnemonic, known.chain(["REG", "HANDLER", "LINE", "END"]));
            parser.errors.push_with(spot, Code::UNKNOWN_MNEMONIC, format!("there is no instruction `{word}`"), help);
            return Err(Reported);
        };
        parser.take();
        operands::parse(opcode, parser, self, scope)
    }

    /// Adds the RETURN of a function whose end can be reached.
    fn end(&mut self, spot: Spot) {
        let end = Label::new(self.code.len());
        let falls = !self.code.last().is_some_and(|inst| inst.has(Effect::Ends));
        let mut jumped_to = self.handlers.iter().any(|handler| handler.target == end);
        self.code.iter().for_each(|inst| inst.for_each_label(|label| jumped_to |= label == end));
        if falls || jumped_to {
            self.code.push(Inst::Return { value: None });
            self.spots.push(spot);
        }
        self.lines.pop_if(|last| last.at.index() >= self.code.len());
    }

    /// Makes the text its own source.
    fn own_lines(&mut self, file: FileIdx) {
        let mut last = 0;
        for (position, &(line, column)) in self.spots.iter().enumerate() {
            if line != last {
                self.lines.push(Line { at: Label::new(position), file, line, column });
            }
            last = line;
        }
    }
}

fn label_name(token: &Token<'_>) -> Option<String> {
    match token {
        Token::Word(word) => Some((*word).to_owned()),
        Token::Int(int) => Some(int.to_string()),
        _ => None,
    }
}
