//! The text of any value, as `PRINT` shows it: `[1, 2]`, `{"a": nil}`, `Point { x: 1.0, y: 2.0 }`.
//!
//! Strings are plain at the top and quoted inside other values. Objects may contain themselves: an object inside its
//! own text, and whatever is nested deeper than `MAX_DEPTH`, is written `...`.

use super::number::Digits;
use super::value::Value;
use super::{list, map::Table};
use crate::Process;
use crate::object::{List, Obj, Str};
use std::fmt::{self, Write};
use vitte_abi::TypeId;
use vitte_abi::object::{type_id, word};
use vitte_abi::types::{Record, Shape};

/// How deep values are shown inside each other.
const MAX_DEPTH: usize = 100;

/// Writes the text of `value`.
pub fn write_value(p: &Process, out: &mut dyn Write, value: Value) -> fmt::Result {
    Formatter { p, out, quotes: false, path: [word::NIL; MAX_DEPTH], depth: 0 }.write(value)
}

/// Writes the text of `value` as inside other values.
pub fn write_inner(p: &Process, out: &mut dyn Write, value: Value) -> fmt::Result {
    Formatter { p, out, quotes: true, path: [word::NIL; MAX_DEPTH], depth: 0 }.write(value)
}

/// The text of `value`.
pub fn to_str(p: &Process, value: u64, ty: TypeId) -> Str<'_> {
    let mut text = String::new();
    match ty {
        type_id::STR => return Str::of(p.object(value)),
        type_id::INT => return p.new_str(Digits::of_int(value as i64).as_str()),
        type_id::FLOAT => {
            let mut short = Short { bytes: [0; SHORT], len: 0 };
            (p.runtime().floats().float)(&mut short, f64::from_bits(value)).expect("no float takes more");
            return p.new_str(str::from_utf8(&short.bytes[..short.len]).expect("digits are ASCII"));
        }
        _ => write_value(p, &mut text, Value { ty, bits: value }).expect("strings take any text"),
    }
    p.new_str(&text)
}

/// No float's text is longer: a sign, 17 digits, a point with four zeros, an exponent.
const SHORT: usize = 32;

/// Short text, without allocation.
struct Short {
    bytes: [u8; SHORT],
    len: usize,
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

struct Formatter<'a> {
    p: &'a Process,
    out: &'a mut dyn Write,
    /// Whether a string at the top is quoted too.
    quotes: bool,
    /// The objects whose text is being written, outer first.
    path: [u64; MAX_DEPTH],
    depth: usize,
}

impl Formatter<'_> {
    fn write(&mut self, value: Value) -> fmt::Result {
        let Some(value) = value.resolve(self.p) else { return self.out.write_str("nil") };
        match &self.p.runtime().ty(value.ty).shape {
            Shape::Scalar => write_scalar(self.p, self.out, value),
            Shape::Str if self.depth == 0 && !self.quotes => self.out.write_str(value.text(self.p)),
            Shape::Str => write_quoted(self.out, value.text(self.p)),
            Shape::Bytes => write_bytes(self.out, value.list(self.p)),
            Shape::Fn => self.out.write_str(&self.p.runtime().ty(value.ty).name),
            _ if self.depth == MAX_DEPTH || self.path[..self.depth].contains(&value.bits) => self.out.write_str("..."),
            shape => {
                self.path[self.depth] = value.bits;
                self.depth += 1;
                self.write_composite(value, shape)?;
                self.depth -= 1;
                Ok(())
            }
        }
    }

    fn write_composite(&mut self, value: Value, shape: &Shape) -> fmt::Result {
        let object = value.object(self.p);
        match shape {
            Shape::List(_) => {
                let items = value.list(self.p);
                self.out.write_char('[')?;
                for index in 0..items.len() {
                    self.write_comma(index)?;
                    self.write(list::item(self.p, items, index))?;
                }
                self.out.write_char(']')
            }
            Shape::Map(..) => {
                let map = value.map(self.p);
                if map.is_empty() {
                    return self.out.write_str("{:}");
                }
                let table = Table::of(self.p, map);
                self.out.write_char('{')?;
                let mut next = table.next(0);
                while let Some(position) = next {
                    self.write(table.key(position))?;
                    self.out.write_str(": ")?;
                    self.write(table.value(position))?;
                    next = table.next(position + 1);
                    if next.is_some() {
                        self.out.write_str(", ")?;
                    }
                }
                self.out.write_char('}')
            }
            Shape::Tuple(record) => {
                self.out.write_char('(')?;
                self.write_fields(object, record)?;
                self.out.write_char(')')
            }
            Shape::Struct(record) => {
                let name = &self.p.runtime().ty(value.ty).name;
                self.write_record(name, object, record, true)
            }
            Shape::Enum(variants) => {
                let variant = &variants[object.tag() as usize];
                self.write_record(&variant.name, object, &variant.record, false)
            }
            _ => unreachable!("a value that is not made of others"),
        }
    }

    fn write_record(&mut self, name: &str, object: Obj<'_>, record: &Record, is_struct: bool) -> fmt::Result {
        self.out.write_str(name)?;
        match record.fields.first() {
            None if is_struct => self.out.write_str(" {}"),
            None => Ok(()),
            Some(first) => {
                let (open, close) = if first.name.is_empty() { ("(", ")") } else { (" { ", " }") };
                self.out.write_str(open)?;
                self.write_fields(object, record)?;
                self.out.write_str(close)
            }
        }
    }

    fn write_fields(&mut self, object: Obj<'_>, record: &Record) -> fmt::Result {
        for (index, field) in record.fields.iter().enumerate() {
            self.write_comma(index)?;
            if !field.name.is_empty() {
                self.out.write_str(&field.name)?;
                self.out.write_str(": ")?;
            }
            self.write(Value::of_field(self.p, object, field))?;
        }
        Ok(())
    }

    fn write_comma(&mut self, index: usize) -> fmt::Result {
        if index == 0 { Ok(()) } else { self.out.write_str(", ") }
    }
}

/// Writes a scalar.
fn write_scalar(p: &Process, out: &mut dyn Write, value: Value) -> fmt::Result {
    use type_id::*;
    let bits = value.bits;
    match value.ty {
        UNIT => out.write_str("()"),
        BOOL => out.write_str(if bits & 1 == 1 { "true" } else { "false" }),
        FLOAT => (p.runtime().floats().float)(out, f64::from_bits(bits)),
        F32 => (p.runtime().floats().f32)(out, f32::from_bits(bits as u32)),
        U8 | U16 | U32 | U64 => out.write_str(Digits::of_u64(bits).as_str()),
        PID => write!(out, "<pid {bits}>"),
        MONITOR_REF => write!(out, "<monitor {bits}>"),
        PTR => write!(out, "{bits:#x}"),
        _ => out.write_str(Digits::of_int(bits as i64).as_str()),
    }
}

/// Writes a string as a literal.
pub fn write_quoted(out: &mut dyn Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        if !c.is_control() && c != '"' && c != '\\' {
            continue;
        }
        out.write_str(&text[plain..at])?;
        plain = at + c.len_utf8();
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            _ => write!(out, "\\u{{{:x}}}", c as u32)?,
        }
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}

/// Writes bytes as a literal.
fn write_bytes(out: &mut dyn Write, bytes: List<'_>) -> fmt::Result {
    out.write_str("b\"")?;
    for byte in bytes.cells::<u8>().iter().map(|cell| cell.get()) {
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            b' '..=b'~' => out.write_char(byte as char)?,
            _ => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Word;
    use crate::object::Form;
    use crate::stdlib::list::{list_insert, new_bytes};
    use crate::stdlib::map::{map_new, map_set};
    use crate::testing::Types;
    use type_id::*;
    use vitte_abi::object::Repr;

    fn text(p: &Process, ty: TypeId, bits: u64) -> String {
        to_str(p, bits, ty).as_str().to_string()
    }

    #[test]
    fn scalars_show_their_value() {
        let p = Types::new().process();
        assert_eq!(text(&p, INT, -5i64 as u64), "-5");
        assert_eq!(text(&p, I8, -128i64 as u64), "-128");
        assert_eq!(text(&p, U64, u64::MAX), "18446744073709551615");
        assert_eq!(text(&p, FLOAT, 1f64.to_bits()), "1.0");
        for long in
            ["-2.2250738585072014e-308", "-0.00012345678901234567", "-1234567890123456.8", "-9007199254740993.0"]
        {
            let value: f64 = long.parse().unwrap();
            assert_eq!(text(&p, FLOAT, value.to_bits()), format!("{value:?}"));
        }
        assert_eq!(text(&p, F32, 0.1f32.to_bits() as u64), "0.1");
        assert_eq!((text(&p, BOOL, 1), text(&p, UNIT, 0)), ("true".into(), "()".into()));
        assert_eq!((text(&p, PID, 7), text(&p, PTR, 255)), ("<pid 7>".into(), "0xff".into()));
    }

    #[test]
    fn composites_show_their_parts() {
        let mut types = Types::new();
        let ints = types.list("[int]", INT);
        let strs = types.list("[str]", STR);
        let map = types.map("{str: [int]}", STR, ints);
        let pair = types.tuple("(int, str)", &[INT, STR]);
        let point = types.record("Point", &[("x", FLOAT), ("y", FLOAT)]);
        let unit = types.record("Nothing", &[]);
        let shape = types
            .variants("Shape", &[("Circle", &[("", FLOAT)]), ("Rect", &[("w", I16), ("h", BOOL)]), ("Empty", &[])]);
        let opt = types.add("str?", Repr::Ref, Shape::Optional(STR));
        let fn_type = types.add("fn(int) -> int", Repr::Ref, Shape::Fn);
        let closure = types.add(
            "fn(int) -> int",
            Repr::Ref,
            Shape::Closure(fn_type, Record { size: 16, traced: 16, n_traced: 0, fields: vec![] }),
        );
        let p = types.process();
        let store = |object: Obj<'_>, record: &Record, values: &[u64]| {
            for (field, &bits) in record.fields.iter().zip(values) {
                object.store(&p, field.offset, p.runtime().form(field.ty), bits);
            }
        };
        let str = |text: &str| p.new_str(text).object().address();

        let list = p.new_list(ints, 0).object();
        assert_eq!(text(&p, ints, list.address()), "[]");
        (0..3).for_each(|i| list_insert(&p, list, i, (i * 10) as u64).unwrap());
        assert_eq!(text(&p, ints, list.address()), "[0, 10, 20]");

        let quoted = p.new_list(strs, 0).object();
        list_insert(&p, quoted, 0, str("a\"\\\n\t\r\0é{")).unwrap();
        assert_eq!(text(&p, strs, quoted.address()), r#"["a\"\\\n\t\r\u{0}é{"]"#);

        let entries = map_new(&p, map).object();
        assert_eq!(text(&p, map, entries.address()), "{:}");
        map_set(&p, entries, str("b"), list.address()).unwrap();
        map_set(&p, entries, str("a"), list.address()).unwrap();
        assert_eq!(text(&p, map, entries.address()), r#"{"b": [0, 10, 20], "a": [0, 10, 20]}"#);

        let object = p.new_record(pair);
        store(object, p.runtime().record(pair), &[1, str("x")]);
        assert_eq!(text(&p, pair, object.address()), r#"(1, "x")"#);
        let object = p.new_record(point);
        store(object, p.runtime().record(point), &[1f64.to_bits(), 2.5f64.to_bits()]);
        assert_eq!(text(&p, point, object.address()), "Point { x: 1.0, y: 2.5 }");
        assert_eq!(text(&p, unit, p.new_record(unit).address()), "Nothing {}");

        let circle = p.new_variant(shape, 0);
        store(circle, p.runtime().variant(shape, 0), &[1f64.to_bits()]);
        assert_eq!(text(&p, shape, circle.address()), "Circle(1.0)");
        let rect = p.new_variant(shape, 1);
        store(rect, p.runtime().variant(shape, 1), &[-3i64 as u64, 1]);
        assert_eq!(text(&p, shape, rect.address()), "Rect { w: -3, h: true }");
        assert_eq!(text(&p, shape, p.new_variant(shape, 2).address()), "Empty");

        assert_eq!(text(&p, opt, 0), "nil");
        assert_eq!(text(&p, opt, str("x")), "x");
        assert_eq!(text(&p, ANY, p.any(FLOAT, 0.5f64.to_bits()).0), "0.5");
        assert_eq!(text(&p, ANY, p.any(U64, 3).0), "3");
        assert_eq!(text(&p, ANY, circle.address()), "Circle(1.0)");
        assert_eq!(text(&p, ANY, p.new_record(closure).address()), "fn(int) -> int");
        assert_eq!(text(&p, BYTES, new_bytes(&p, b"a\"\x00\xff~\n").object().address()), r#"b"a\"\x00\xff~\n""#);
    }

    #[test]
    fn values_inside_themselves_and_deep_ones_end_in_dots() {
        let mut types = Types::new();
        let anys = types.list("[any]", ANY);
        let p = types.process();
        let inner = p.new_list(anys, 1);
        inner.set_len(1);
        inner.set(&p, Form::REF, 0, inner.object().address());
        assert_eq!(text(&p, anys, inner.object().address()), "[...]");

        inner.set(&p, Form::REF, 0, Word::NIL.0);
        let mut outer = inner;
        for _ in 0..1_000 {
            let next = p.new_list(anys, 1);
            next.set_len(1);
            next.set(&p, Form::REF, 0, outer.object().address());
            outer = next;
        }
        let expected = format!("{}...{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(text(&p, anys, outer.object().address()), expected);
    }
}
