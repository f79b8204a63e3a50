//! The items of a module as they are written, before names are resolved.

use super::names::Ref;
use super::parser::{Parsed, Parser, Reported};
use super::token::{Spot, Token};
use super::type_expr::{self, SignatureExpr, TypeExpr};
use super::value::{self, Value};
use crate::codes::Code;
use crate::intern::Literal;
use std::borrow::Cow;

/// A name, and where it stands.
pub(super) type Named<'s> = (Cow<'s, str>, Spot);
/// A reference, and where it stands.
pub(super) type Reference<'s> = (Ref<'s>, Spot);

/// All items of a text, those of a kind in their order.
#[derive(Default)]
pub(super) struct Items<'s> {
    pub(super) module: Option<String>,
    pub(super) foreign: bool,
    pub(super) types: Vec<TypeItem<'s>>,
    pub(super) impls: Vec<ImplItem<'s>>,
    pub(super) constants: Vec<Literal>,
    pub(super) files: Vec<String>,
    pub(super) imports: Vec<ImportItem<'s>>,
    pub(super) externs: Vec<ExternItem<'s>>,
    pub(super) natives: Vec<NativeItem<'s>>,
    pub(super) globals: Vec<GlobalItem<'s>>,
    pub(super) exports: Vec<ExportItem<'s>>,
    pub(super) entry: Option<Reference<'s>>,
    pub(super) functions: Vec<FunctionItem<'s>>,
    pub(super) meta: Vec<(String, String)>,
}

/// A type declaration.
pub(super) enum TypeItem<'s> {
    /// `TYPE [int]`
    Structural(TypeExpr<'s>),
    /// `STRUCT Point { x: float }`
    Struct(Named<'s>, Vec<FieldItem<'s>>),
    /// `ENUM Shape { Circle(float), Empty }`
    Enum(Named<'s>, Vec<(Cow<'s, str>, Vec<FieldItem<'s>>)>),
    /// `TRAIT Area { area() -> float }`
    Trait(Named<'s>, Vec<(Cow<'s, str>, SignatureExpr<'s>)>),
}

/// A field; the name is empty for a positional one.
pub(super) type FieldItem<'s> = (Cow<'s, str>, TypeExpr<'s>);

/// `IMPL Area FOR Shape { shape_area }`
pub(super) struct ImplItem<'s> {
    pub(super) trait_ty: TypeExpr<'s>,
    pub(super) ty: TypeExpr<'s>,
    pub(super) methods: Vec<Reference<'s>>,
}

/// `IMPORT geometry.area(int) -> int`
pub(super) struct ImportItem<'s> {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) signature: SignatureExpr<'s>,
}

/// `EXTERN "m" cbrt(float) -> float`, `EXTERN BLOCKING sleep(u32) -> u32`
pub(super) struct ExternItem<'s> {
    pub(super) library: String,
    pub(super) symbol: String,
    pub(super) signature: SignatureExpr<'s>,
    pub(super) variadic: bool,
    pub(super) blocking: bool,
}

/// `NATIVE str_find(str, str, int) -> int?`
pub(super) struct NativeItem<'s> {
    pub(super) name: String,
    pub(super) signature: SignatureExpr<'s>,
}

/// `GLOBAL LIMIT: int = 1000`
pub(super) struct GlobalItem<'s> {
    pub(super) name: String,
    pub(super) ty: TypeExpr<'s>,
    pub(super) value: Value,
}

/// `EXPORT add`, `EXPORT add AS plus`, `EXPORT GLOBAL LIMIT`
pub(super) struct ExportItem<'s> {
    pub(super) item: Reference<'s>,
    pub(super) is_global: bool,
    pub(super) name: Option<String>,
}

/// `FUNC add(x: int, y: int) -> int`, and where its body is.
pub(super) struct FunctionItem<'s> {
    pub(super) name: String,
    pub(super) spot: Spot,
    pub(super) is_main: bool,
    /// `None` for a parameter without a name.
    pub(super) params: Vec<(Option<Named<'s>>, Option<TypeExpr<'s>>)>,
    pub(super) captures: Vec<TypeExpr<'s>>,
    pub(super) result: Option<TypeExpr<'s>>,
    /// The token after the header.
    pub(super) body: usize,
}

const KEYWORDS: &[&str] = &[
    "MODULE", "FOREIGN", "META", "FILE", "TYPE", "STRUCT", "ENUM", "TRAIT", "IMPL", "CONST", "IMPORT", "EXTERN",
    "NATIVE", "GLOBAL", "EXPORT", "ENTRY", "FUNC", "MAIN",
];

/// Reads all items; goes on with the next line after an error.
pub(super) fn parse<'s>(parser: &mut Parser<'_, 's>) -> Items<'s> {
    let mut items = Items::default();
    loop {
        parser.skip_newlines();
        if *parser.peek() == Token::End || parser.errors.is_full() {
            return items;
        }
        let start = parser.position;
        if item(parser, &mut items).and_then(|()| parser.line_end()).is_err() && !parser.at_line_start(start) {
            parser.skip_line();
        }
    }
}

fn item<'s>(parser: &mut Parser<'_, 's>, items: &mut Items<'s>) -> Parsed<()> {
    let spot = parser.spot();
    let Token::Word(word) = parser.peek() else { return parser.expected("an item such as FUNC or STRUCT") };
    let keyword = word.to_ascii_uppercase();
    parser.take();
    match keyword.as_str() {
        "MODULE" => items.module = Some(parser.name("the module's name")?.into_owned()),
        "FOREIGN" => items.foreign = true,
        "META" => items.meta.push((parser.string("a key in quotes")?, parser.string("a value in quotes")?)),
        "FILE" => items.files.push(parser.string("a file's name in quotes")?),
        "TYPE" => items.types.push(TypeItem::Structural(type_expr::parse(parser)?)),
        "STRUCT" => items.types.push(TypeItem::Struct(named(parser, "the struct's name")?, fields(parser)?)),
        "ENUM" => {
            let name = named(parser, "the enum's name")?;
            let variant = |parser: &mut Parser<'_, 's>| Ok((parser.name("a variant's name")?, fields(parser)?));
            items.types.push(TypeItem::Enum(name, parser.list('{', '}', variant)?));
        }
        "TRAIT" => {
            let name = named(parser, "the trait's name")?;
            let method = |parser: &mut Parser<'_, 's>| {
                Ok((parser.name("a method's name")?, type_expr::parse_signature(parser)?))
            };
            items.types.push(TypeItem::Trait(name, parser.list('{', '}', method)?));
        }
        "IMPL" => {
            let trait_ty = type_expr::parse(parser)?;
            if !parser.accept_keyword("FOR") {
                return parser.expected("FOR");
            }
            let ty = type_expr::parse(parser)?;
            let methods = parser.list('{', '}', |parser| reference(parser, "a function"))?;
            items.impls.push(ImplItem { trait_ty, ty, methods });
        }
        "CONST" => match value::parse(parser)? {
            Value::Literal(literal) => items.constants.push(literal),
            _ => return parser.fail(Code::UNEXPECTED_TOKEN, "only numbers, strings and bytes stand in the pools"),
        },
        "IMPORT" => items.imports.push(import(parser)?),
        "EXTERN" => items.externs.push(external(parser)?),
        "NATIVE" => {
            let name = parser.name("the runtime function's name")?.into_owned();
            items.natives.push(NativeItem { name, signature: type_expr::parse_signature(parser)? });
        }
        "GLOBAL" => {
            let name = parser.name("the constant's name")?.into_owned();
            parser.expect(':')?;
            let ty = type_expr::parse(parser)?;
            parser.expect('=')?;
            items.globals.push(GlobalItem { name, ty, value: value::parse(parser)? });
        }
        "EXPORT" => {
            let is_global = parser.at_keyword("GLOBAL") && !matches!(parser.peek_second(), Token::Newline | Token::End);
            if is_global {
                parser.take();
            }
            let item = reference(parser, "what to export")?;
            let name = match parser.accept_keyword("AS") {
                true => Some(parser.name("the name to export it under")?.into_owned()),
                false => None,
            };
            items.exports.push(ExportItem { item, is_global, name });
        }
        "ENTRY" => items.entry = Some(reference(parser, "a function")?),
        "FUNC" | "MAIN" => items.functions.push(function(parser, spot, keyword == "MAIN")?),
        _ => {
            let message = format!("there is no item `{word}`");
            let help = super::names::did_you_mean(&keyword, KEYWORDS.iter().copied());
            parser.errors.push_with(spot, Code::UNKNOWN_NAME, message, help);
            return Err(Reported);
        }
    }
    Ok(())
}

fn named<'s>(parser: &mut Parser<'_, 's>, what: &str) -> Parsed<Named<'s>> {
    let spot = parser.spot();
    Ok((parser.name(what)?, spot))
}

fn reference<'s>(parser: &mut Parser<'_, 's>, what: &str) -> Parsed<Reference<'s>> {
    let spot = parser.spot();
    Ok((parser.reference(what)?, spot))
}

/// `{ x: float, y: float }`, `(float, float)` or nothing.
fn fields<'s>(parser: &mut Parser<'_, 's>) -> Parsed<Vec<FieldItem<'s>>> {
    match parser.peek() {
        Token::Sign('{') => parser.list('{', '}', |parser| {
            let name = parser.name("a field's name")?;
            parser.expect(':')?;
            Ok((name, type_expr::parse(parser)?))
        }),
        Token::Sign('(') => parser.list('(', ')', |parser| Ok((Cow::Borrowed(""), type_expr::parse(parser)?))),
        _ => Ok(vec![]),
    }
}

/// `geometry.area(int) -> int`, or `"geometry" "Shape.area"(int) -> int` for names with dots.
fn import<'s>(parser: &mut Parser<'_, 's>) -> Parsed<ImportItem<'s>> {
    let first = parser.peek();
    let path = parser.name("module.function")?;
    let (module, name) = match (first, path.split_once('.')) {
        (Token::Word(_), Some((module, name))) if !name.contains('.') => (module.to_owned(), name.to_owned()),
        (Token::Str(module), _) => (module.clone(), parser.name("the function's name")?.into_owned()),
        _ => return parser.fail(Code::UNEXPECTED_TOKEN, "write `module.function`, or both names in quotes"),
    };
    Ok(ImportItem { module, name, signature: type_expr::parse_signature(parser)? })
}

/// `"m" cbrt(float) -> float`, `printf(ptr, ...) -> i32`, `BLOCKING sleep(u32) -> u32`
fn external<'s>(parser: &mut Parser<'_, 's>) -> Parsed<ExternItem<'s>> {
    let is_word = matches!(parser.peek(), Token::Word(_));
    let mut symbol = parser.name("a library in quotes or a symbol")?.into_owned();
    let blocking = is_word && symbol.eq_ignore_ascii_case("blocking") && !parser.at('(');
    if blocking {
        symbol = parser.name("a library in quotes or a symbol")?.into_owned();
    }
    let mut library = String::new();
    if !parser.at('(') {
        library = std::mem::replace(&mut symbol, parser.name("a symbol")?.into_owned());
    }
    let mut variadic = false;
    let params = parser.list('(', ')', |parser| {
        if *parser.peek() == Token::Ellipsis {
            variadic = true;
            parser.take();
            return Ok(None);
        }
        match variadic {
            true => parser.expected("`)` after `...`"),
            false => type_expr::parse(parser).map(Some),
        }
    })?;
    let signature = SignatureExpr {
        params: params.into_iter().flatten().collect(),
        result: type_expr::parse_result(parser)?.map(Box::new),
    };
    Ok(ExternItem { library, symbol, signature, variadic, blocking })
}

/// The header of a function; passes over its body.
fn function<'s>(parser: &mut Parser<'_, 's>, spot: Spot, is_main: bool) -> Parsed<FunctionItem<'s>> {
    let name = if is_main { "main".to_owned() } else { parser.name("the function's name")?.into_owned() };
    let header = header(parser, name, spot, is_main);
    if header.is_err() {
        parser.skip_line();
    }
    pass_body(parser, spot)?;
    header
}

fn header<'s>(parser: &mut Parser<'_, 's>, name: String, spot: Spot, is_main: bool) -> Parsed<FunctionItem<'s>> {
    let mut params = vec![];
    if !is_main || parser.at('(') {
        params = parser.list('(', ')', |parser| {
            let name = named(parser, "a parameter's name")?;
            Ok((Some(name), parser.accept(':').then(|| type_expr::parse(parser)).transpose()?))
        })?;
    }
    for (position, (name, _)) in params.iter_mut().enumerate() {
        if let Some((Cow::Borrowed(word), _)) = name
            && (*word == "_" || *word == format!("p{position}"))
        {
            *name = None;
        }
    }
    let captures = match parser.accept_keyword("CAPTURES") {
        true => parser.list('(', ')', type_expr::parse)?,
        false => vec![],
    };
    let result = type_expr::parse_result(parser)?;
    if !parser.at_line_end() {
        return parser.expected("the end of the line");
    }
    Ok(FunctionItem { name, spot, is_main, params, captures, result, body: parser.position })
}

/// Passes over the lines up to `END`.
fn pass_body(parser: &mut Parser<'_, '_>, spot: Spot) -> Parsed<()> {
    loop {
        parser.skip_newlines();
        while matches!(parser.peek(), Token::Word(_) | Token::Int(_)) && *parser.peek_second() == Token::Sign(':') {
            parser.take();
            parser.take();
        }
        if *parser.peek() == Token::End || parser.at_keyword("FUNC") || parser.at_keyword("MAIN") {
            parser.errors.push(spot, Code::MISSING_END, "the function has no END");
            return Err(Reported);
        }
        if parser.accept_keyword("END") {
            return Ok(());
        }
        parser.skip_line();
    }
}
