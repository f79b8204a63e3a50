//! Reading primitive values from a section's bytes, doubting each.

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::limits;
use std::cell::Cell;

/// How much memory the module being read may still take, shared by all sections: a small file must not become a
/// large module.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// The budget of a file of `len` bytes.
    pub(super) fn new(len: usize) -> Self {
        let proportional = len.saturating_mul(limits::MEMORY_FACTOR).saturating_add(limits::MIN_MEMORY);
        Budget(Cell::new(proportional.min(limits::MAX_MEMORY)))
    }

    /// Takes `bytes` from the budget.
    pub(super) fn charge(&self, bytes: usize) -> Result<()> {
        match self.0.get().checked_sub(bytes) {
            Some(rest) => {
                self.0.set(rest);
                Ok(())
            }
            None => Err(Error::new(Code::LIMIT_EXCEEDED, "the module would take too much memory for a file this long")),
        }
    }
}

/// A position in the bytes of a section.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
    /// What to add to `position` for error messages: the place of the section in the file if it is stored plain.
    base: u64,
    /// The section's name in error messages.
    section: String,
    budget: &'a Budget,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`, which lie at `base` in the file or in the inflated section.
    pub(super) fn new(bytes: &'a [u8], base: u64, section: String, budget: &'a Budget) -> Self {
        Cursor { bytes, position: 0, base, section, budget }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Bytes not yet read.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// An error at a position in the section.
    pub(super) fn error_at(&self, position: usize, code: Code, message: impl Into<String>) -> Error {
        let mut error = Error::new(code, message).at_offset(self.base + position as u64);
        error.place.section = Some(self.section.clone());
        error
    }

    /// Fills in where an error happened that began at `position`.
    fn locate(&self, position: usize, mut error: Error) -> Error {
        error.place.section.get_or_insert_with(|| self.section.clone());
        error.at_offset(self.base + position as u64)
    }

    /// The next `len` bytes.
    pub(super) fn bytes(&mut self, len: usize, what: &str) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.position..];
        let Some(taken) = rest.get(..len) else {
            let message = format!("{what} needs {len} bytes where {} are left", rest.len());
            return Err(self.error_at(self.position, Code::TRUNCATED, message));
        };
        self.position += len;
        Ok(taken)
    }

    /// One byte.
    pub(super) fn u8(&mut self, what: &str) -> Result<u8> {
        Ok(self.bytes(1, what)?[0])
    }

    /// A byte of marks, of which all bits but those in `known` must be 0.
    pub(super) fn marks(&mut self, what: &str, known: u8) -> Result<u8> {
        let byte = self.u8(what)?;
        if byte & !known == 0 {
            return Ok(byte);
        }
        Err(self.error_at(self.position - 1, Code::BAD_KIND, format!("{what} are {byte}, more than {known}")))
    }

    /// Four bytes, least significant first.
    pub(super) fn u32_le(&mut self, what: &str) -> Result<u32> {
        let bytes = self.bytes(4, what)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Eight bytes, least significant first.
    pub(super) fn u64_le(&mut self, what: &str) -> Result<u64> {
        let low = self.u32_le(what)?;
        let high = self.u32_le(what)?;
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    /// An unsigned LEB128 number in its shortest form.
    pub(super) fn leb_u64(&mut self, what: &str) -> Result<u64> {
        let start = self.position;
        let mut value = 0u64;
        for shift in (0..).step_by(7) {
            let byte = self.u8(what)?;
            // The tenth byte holds the last bit of 64.
            if shift == 63 && byte > 1 {
                return Err(self.error_at(start, Code::BAD_NUMBER, format!("{what} does not fit 64 bits")));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(self.error_at(start, Code::BAD_NUMBER, format!("{what} is not in its shortest form")));
                }
                break;
            }
        }
        Ok(value)
    }

    /// An unsigned LEB128 number below 2³².
    pub(super) fn leb(&mut self, what: &str) -> Result<u32> {
        let start = self.position;
        let value = self.leb_u64(what)?;
        u32::try_from(value).map_err(|_| {
            self.error_at(start, Code::BAD_NUMBER, format!("{what} is {value}, which does not fit 32 bits"))
        })
    }

    /// A signed number, zigzag-encoded.
    pub(super) fn zigzag(&mut self, what: &str) -> Result<i64> {
        let value = self.leb_u64(what)?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A difference to `previous`, added to it.
    pub(super) fn delta(&mut self, previous: u32, what: &str) -> Result<u32> {
        let start = self.position;
        let delta = self.zigzag(what)?;
        i64::from(previous)
            .checked_add(delta)
            .and_then(|sum| u32::try_from(sum).ok())
            .ok_or_else(|| self.error_at(start, Code::BAD_NUMBER, format!("{what} leaves the range of 32 bits")))
    }

    /// 0 for nothing, else a number plus one.
    pub(super) fn optional(&mut self, what: &str) -> Result<Option<u32>> {
        Ok(self.leb(what)?.checked_sub(1))
    }

    /// A count of elements that take at least one byte each, `size` in memory.
    pub(super) fn count(&mut self, limit: usize, size: usize, what: &str) -> Result<usize> {
        let start = self.position;
        let count = self.leb("a count")? as usize;
        if count > limit {
            let message = format!("{count} {what} where at most {limit} are allowed");
            return Err(self.error_at(start, Code::LIMIT_EXCEEDED, message));
        }
        if count > self.remaining() {
            let message = format!("{count} {what} cannot fit the {} bytes left", self.remaining());
            return Err(self.error_at(start, Code::TRUNCATED, message));
        }
        self.charge(count.saturating_mul(size))?;
        Ok(count)
    }

    /// Takes memory from the module's budget.
    pub(super) fn charge(&self, bytes: usize) -> Result<()> {
        self.budget.charge(bytes).map_err(|error| self.locate(self.position, error))
    }

    /// A counted sequence.
    pub(super) fn list<T>(
        &mut self,
        limit: usize,
        what: &str,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = self.count(limit, size_of::<T>(), what)?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Counted bytes.
    pub(super) fn blob(&mut self, what: &str) -> Result<&'a [u8]> {
        let len = self.count(limits::MAX_SECTION, 1, what)?;
        self.bytes(len, what)
    }

    /// Counted UTF-8.
    pub(super) fn str(&mut self, what: &str) -> Result<String> {
        let bytes = self.blob(what)?;
        let start = self.position - bytes.len();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                Err(self.error_at(start + error.valid_up_to(), Code::BAD_UTF8, format!("{what} is not UTF-8")))
            }
        }
    }

    /// A string of at most [`limits::MAX_NAME`] bytes.
    pub(super) fn name(&mut self, what: &str) -> Result<String> {
        let start = self.position;
        let name = self.str(what)?;
        if name.len() > limits::MAX_NAME {
            let message = format!("{what} is {} bytes long where at most {} are allowed", name.len(), limits::MAX_NAME);
            return Err(self.error_at(start, Code::LIMIT_EXCEEDED, message));
        }
        Ok(name)
    }

    /// Checks that nothing is left.
    pub(super) fn finish(&self) -> Result<()> {
        match self.remaining() {
            0 => Ok(()),
            rest => {
                let message = format!("{rest} bytes follow the section's content");
                Err(self.error_at(self.position, Code::TRAILING_BYTES, message))
            }
        }
    }
}
