//! Writing primitive values, each in its one form.

use crate::index::TypeIdx;
use crate::types::Signature;

/// The content of a section.
#[derive(Default)]
pub(super) struct Sink(pub(super) Vec<u8>);

impl Sink {
    pub(super) fn u8(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// An unsigned number as LEB128.
    pub(super) fn leb(&mut self, value: impl Into<u64>) {
        let mut value = value.into();
        while value >= 0x80 {
            self.u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.u8(value as u8);
    }

    /// A signed number as zigzag LEB128: 0, -1, 1, -2 … become 0, 1, 2, 3 ….
    pub(super) fn zigzag(&mut self, value: i64) {
        self.leb((value << 1 ^ value >> 63) as u64);
    }

    /// The difference from one number to another.
    pub(super) fn delta(&mut self, from: u32, to: u32) {
        self.zigzag(i64::from(to) - i64::from(from));
    }

    /// 0 for nothing, else the number plus one.
    pub(super) fn optional(&mut self, value: Option<u32>) {
        self.leb(value.map_or(0, |value| u64::from(value) + 1));
    }

    pub(super) fn count(&mut self, count: usize) {
        self.leb(count as u64);
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for each in items {
            item(self, each);
        }
    }

    pub(super) fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes(bytes);
    }

    pub(super) fn str(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    pub(super) fn types(&mut self, types: &[TypeIdx]) {
        self.list(types, |sink, ty| sink.leb(ty.0));
    }

    pub(super) fn signature(&mut self, signature: &Signature) {
        self.types(&signature.params);
        self.leb(signature.result.0);
    }
}
