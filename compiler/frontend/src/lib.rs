//! Vitte source to VITBC: lexer, parser, types, monomorphisation, diagnostics.
#![forbid(unsafe_code)]
