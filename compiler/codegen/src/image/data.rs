//! The data of a program: constants, dispatch tables, and the tables that the runtime gets.

use super::{Builder, Fixup, MAX_DISPATCH, SectionId, Target};
use crate::CompileError;
use crate::code::{Code, CodeTarget};
use crate::dispatch::Dispatch;
use crate::env::Env;
use crate::symbol::{Entry, Single, Symbol};
use crate::tables::Tables;
use cranelift_codegen::binemit::Reloc;
use std::collections::BTreeSet;
use std::mem::offset_of;
use vitbc::TypeIdx;
use vitbc::types::{Field, Type};
use vitte_abi::object::{immortal_header, str_size, type_id};
use vitte_abi::program::{ABI_VERSION, ENTRY_RETURNS_INT, ENTRY_TAKES_ARGS, Program};

impl Builder<'_> {
    /// Places all data that code refers to, in the order of [`Symbol`].
    pub(super) fn place_data(&mut self, dispatch: &Dispatch, codes: &[Code]) -> Result<(), CompileError> {
        let mut used = BTreeSet::new();
        for code in codes {
            for reloc in &code.relocs {
                match reloc.target {
                    CodeTarget::Symbol(Symbol::Bytes(number)) => self.place_bytes(&code.constants[number as usize]),
                    CodeTarget::Symbol(symbol) => _ = used.insert(symbol),
                    CodeTarget::Own(_) | CodeTarget::LibCall(_) => {}
                }
            }
        }
        for symbol in used {
            let place = match symbol {
                Symbol::Str(idx) => {
                    let at = self.constant(&string_object(&self.env.module.strs[idx.index()]));
                    (SectionId::Constants, at)
                }
                Symbol::Dispatch(number) => {
                    let table = self.dispatch_table(dispatch, number)?;
                    (SectionId::Constants, self.constant(&table))
                }
                Symbol::ClosureObject(func) => {
                    let at = self.pointer_words(&[immortal_header(self.env.layout.closure(func).0, 0), 0]);
                    self.pointer(at + 8, Symbol::WithoutClosure(func));
                    (SectionId::Pointers, at)
                }
                Symbol::ExternSlot(idx) => {
                    let at = self.pointer_words(&[0]);
                    self.pointer(at, Symbol::Extern(idx));
                    (SectionId::Pointers, at)
                }
                _ => continue,
            };
            self.places.insert(symbol, place);
        }
        Ok(())
    }

    /// Places the record of the program and the tables it points to.
    pub(super) fn place_program(&mut self, tables: &Tables) {
        let env = self.env;
        let text_len = self.image.text.bytes.len() as u32;
        let types = env.layout.table.encode();
        let code = tables.encode(text_len);
        let entry = env.module.entry.filter(|_| !env.library);
        let flags = entry.map_or(0, |entry| {
            let (params, result) = env.module.signature(entry).expect("verified: the function exists");
            let takes = if params.is_empty() { 0 } else { ENTRY_TAKES_ARGS };
            takes | if result == TypeIdx::INT { ENTRY_RETURNS_INT } else { 0 }
        });

        let at = self.pointer_words(&[0; size_of::<Program>() / 8]);
        let mut set = |field: usize, value: u64| {
            let at = at as usize + field;
            self.image.pointers.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        };
        set(offset_of!(Program, abi_version), ABI_VERSION);
        set(offset_of!(Program, flags), flags);
        set(offset_of!(Program, text_len), u64::from(text_len));
        set(offset_of!(Program, types_len), types.len() as u64);
        set(offset_of!(Program, code_len), code.len() as u64);
        let (types, code) = (self.constant(&types), self.constant(&code));
        let mut point = |field: usize, target| self.fixup(at + field as u32, target);
        point(offset_of!(Program, text), Target::Section(SectionId::Text, 0));
        point(offset_of!(Program, types), Target::Section(SectionId::Constants, types));
        point(offset_of!(Program, code), Target::Section(SectionId::Constants, code));
        if entry.is_some() {
            self.pointer(at + offset_of!(Program, entry) as u32, Symbol::Entry(Entry::Entry));
        }
        self.pointer(at + offset_of!(Program, call_closure) as u32, Symbol::Entry(Entry::CallClosure));
        if has_floats(&env) {
            self.pointer(at + offset_of!(Program, floats) as u32, Symbol::Single(Single::VtFloats));
        }
        self.image.pointers.fixups.sort_by_key(|fixup| fixup.at);
        self.image.program = Some(at);
        self.places.insert(Symbol::Single(Single::Program), (SectionId::Pointers, at));
    }

    fn place_bytes(&mut self, bytes: &[u8]) {
        if !self.constants.contains_key(bytes) {
            let at = self.constant(bytes);
            self.constants.insert(bytes.into(), at);
        }
    }

    /// Code as distances from the start of the text; 0 where no type is.
    fn dispatch_table(&self, dispatch: &Dispatch, number: u32) -> Result<Vec<u8>, CompileError> {
        let size = dispatch.len(number) * 4;
        if self.image.constants.bytes.len() + size > MAX_DISPATCH {
            return Err(CompileError::TooLarge("the dispatch tables of traits are too large".to_owned()));
        }
        let mut table = vec![0; size];
        for (position, symbol) in dispatch.entries(&self.env, number) {
            let (_, start) = self.places[&symbol];
            table[position * 4..position * 4 + 4].copy_from_slice(&start.to_le_bytes());
        }
        Ok(table)
    }

    fn constant(&mut self, bytes: &[u8]) -> u32 {
        let section = &mut self.image.constants.bytes;
        section.resize(section.len().next_multiple_of(8), 0);
        let at = section.len() as u32;
        section.extend_from_slice(bytes);
        at
    }

    fn pointer_words(&mut self, words: &[u64]) -> u32 {
        let section = &mut self.image.pointers.bytes;
        let at = section.len() as u32;
        section.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        at
    }

    fn pointer(&mut self, at: u32, symbol: Symbol) {
        let target = self.target(symbol);
        self.fixup(at, target);
    }

    fn fixup(&mut self, at: u32, target: Target) {
        self.image.pointers.fixups.push(Fixup { at, kind: Reloc::Abs8, target, addend: 0 });
    }
}

/// Whether a value of the program may be a float or contain one.
fn has_floats(env: &Env<'_>) -> bool {
    let is_float = |ty: TypeIdx| matches!(ty, TypeIdx::FLOAT | TypeIdx::F32);
    let among = |fields: &[Field]| fields.iter().any(|field| is_float(field.ty));
    let contains = |ty: &Type| match ty {
        Type::List(item) | Type::Optional(item) => is_float(*item),
        Type::Map(key, value) => is_float(*key) || is_float(*value),
        Type::Tuple(items) => items.iter().any(|&item| is_float(item)),
        Type::Struct(declared) => among(&declared.fields),
        Type::Enum(declared) => declared.variants.iter().any(|variant| among(&variant.fields)),
        _ => false,
    };
    let mut registers = env.module.functions.iter().flat_map(|function| &function.regs);
    // A constant may be an `any`.
    !env.module.floats.is_empty() || registers.any(|&ty| is_float(ty)) || env.module.types.iter().any(contains)
}

/// A `str` that lives for ever.
fn string_object(text: &str) -> Vec<u8> {
    let mut object = Vec::with_capacity(str_size(text.len() as u64) as usize);
    object.extend(immortal_header(type_id::STR, 0).to_le_bytes());
    object.extend((text.len() as u64).to_le_bytes());
    object.extend(text.as_bytes());
    object.resize(str_size(text.len() as u64) as usize, 0);
    object
}
