//! Indices and ranges from programs, and what is raised when they are out of range.

use crate::{Process, Throw};
use std::ops::Range;
use vitte_abi::object::type_id;

/// `IndexError`: `index` into something of `len` parts.
#[cold]
pub fn throw_index(p: &Process, index: i64, len: usize) -> Throw {
    p.throw_error(type_id::INDEX_ERROR, &format!("index {index} out of range for length {len}"))
}

/// `IndexError`: `start .. end` of something of `len` parts.
#[cold]
pub fn throw_range(p: &Process, start: i64, end: i64, len: usize) -> Throw {
    p.throw_error(type_id::INDEX_ERROR, &format!("range {start}..{end} out of range for length {len}"))
}

/// `IndexError`: something would get a negative number of parts.
#[cold]
pub fn throw_negative(p: &Process, what: &str, number: i64) -> Throw {
    p.throw_error(type_id::INDEX_ERROR, &format!("negative {what}: {number}"))
}

/// `index`, which must be one of `len` parts.
pub fn check_index(p: &Process, index: i64, len: usize) -> Result<usize, Throw> {
    if (index as u64) < len as u64 { Ok(index as usize) } else { Err(throw_index(p, index, len)) }
}

/// `start .. end`, which must be a range of `len` parts.
pub fn check_range(p: &Process, start: i64, end: i64, len: usize) -> Result<Range<usize>, Throw> {
    if 0 <= start && start <= end && end <= len as i64 {
        Ok(start as usize..end as usize)
    } else {
        Err(throw_range(p, start, end, len))
    }
}

/// A number of parts, which must not be negative.
pub fn check_count(p: &Process, what: &str, number: i64) -> Result<usize, Throw> {
    usize::try_from(number).map_err(|_| throw_negative(p, what, number))
}
