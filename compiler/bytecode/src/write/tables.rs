//! The sections that are one table each: constants, imports, globals, exports, free data.

use super::sink::Sink;
use crate::module::*;
use crate::section::const_kind as kind;

/// Section INTS.
pub(super) fn ints(sink: &mut Sink, ints: &[i64]) {
    sink.list(ints, |sink, &int| sink.zigzag(int));
}

/// Section FLTS.
pub(super) fn floats(sink: &mut Sink, floats: &[u64]) {
    sink.list(floats, |sink, bits| sink.bytes(&bits.to_le_bytes()));
}

/// Section STRS.
pub(super) fn strs(sink: &mut Sink, strs: &[String]) {
    sink.list(strs, |sink, text| sink.str(text));
}

/// Section DATA.
pub(super) fn data(sink: &mut Sink, data: &[Vec<u8>]) {
    sink.list(data, |sink, bytes| sink.blob(bytes));
}

/// Section IMPT.
pub(super) fn imports(sink: &mut Sink, module: &Module) {
    sink.list(&module.imports, |sink, import| {
        sink.str(&import.module);
        sink.str(&import.name);
        sink.signature(&import.signature);
    });
    sink.list(&module.externs, |sink, external| {
        sink.str(&external.library);
        sink.str(&external.symbol);
        sink.signature(&external.signature);
        sink.u8(u8::from(external.variadic) | u8::from(external.blocking) << 1);
    });
    sink.list(&module.natives, |sink, native| {
        sink.str(&native.name);
        sink.signature(&native.signature);
    });
}

/// Section GLOB.
pub(super) fn globals(sink: &mut Sink, globals: &[Global]) {
    sink.list(globals, |sink, global| {
        sink.str(&global.name);
        sink.leb(global.ty.0);
        constant(sink, global.value);
    });
}

/// Section EXPT.
pub(super) fn exports(sink: &mut Sink, module: &Module) {
    sink.str(&module.name);
    sink.optional(module.entry.map(|entry| entry.0));
    sink.list(&module.exports, |sink, export| {
        sink.str(&export.name);
        let (kind, index) = match export.item {
            ExportItem::Func(func) => (0, func.0),
            ExportItem::Global(global) => (1, global.0),
        };
        sink.u8(kind);
        sink.leb(index);
    });
}

/// Section META.
pub(super) fn meta(sink: &mut Sink, meta: &[(String, String)]) {
    sink.list(meta, |sink, (key, value)| {
        sink.str(key);
        sink.str(value);
    });
}

/// A constant operand.
pub(super) fn constant(sink: &mut Sink, value: Const) {
    let (kind, index) = match value {
        Const::Unit => (kind::UNIT, None),
        Const::Nil => (kind::NIL, None),
        Const::Bool(false) => (kind::FALSE, None),
        Const::Bool(true) => (kind::TRUE, None),
        Const::Int(idx) => (kind::INT, Some(idx.0)),
        Const::Float(idx) => (kind::FLOAT, Some(idx.0)),
        Const::Str(idx) => (kind::STR, Some(idx.0)),
        Const::Data(idx) => (kind::DATA, Some(idx.0)),
    };
    sink.u8(kind);
    if let Some(index) = index {
        sink.leb(index);
    }
}
