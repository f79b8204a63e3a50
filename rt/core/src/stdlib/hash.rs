//! Hashes of values, equal for values that are equal.
//!
//! The mixing step multiplies two words into 128 bits and folds the halves together, as wyhash does. It is quick and
//! spreads well, but it is no defence against keys that are chosen to collide.

use super::value::Value;
use crate::Process;
use vitte_abi::TypeId;
use vitte_abi::types::Shape;

/// Odd numbers without pattern: the fractions of √2, of the golden ratio, and of √5. Multiples of the golden
/// ratio spread most evenly.
const K1: u64 = 0x6a09_e667_f3bc_c909;
const K2: u64 = 0x9e37_79b9_7f4a_7c15;
const K3: u64 = 0x3c6e_f372_fe94_f82b;

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a number.
#[inline]
pub fn hash_int(value: u64) -> u64 {
    fold(value ^ K1, K2)
}

/// The hash of a string of bytes.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let len = bytes.len() as u64;
    let (a, b, seed) = match bytes.len() {
        0 => (0, 0, K3),
        1..4 => (first::<1>(bytes) | first::<1>(&bytes[bytes.len() / 2..]) << 8 | last::<1>(bytes) << 16, 0, K3),
        4..8 => (first::<4>(bytes), last::<4>(bytes), K3),
        8..=16 => (first::<8>(bytes), last::<8>(bytes), K3),
        _ => {
            let mut seed = K3;
            let mut rest = bytes;
            while rest.len() > 16 {
                seed = fold(first::<8>(rest) ^ K1, first::<8>(&rest[8..]) ^ seed);
                rest = &rest[16..];
            }
            (first::<8>(&bytes[bytes.len() - 16..]), last::<8>(bytes), seed)
        }
    };
    fold(fold(a ^ K1, b ^ seed) ^ len, K2)
}

/// The hash of a sequence, from that of its beginning and that of its next part.
pub fn combine(sequence: u64, part: u64) -> u64 {
    fold(sequence.rotate_left(23) ^ K3, part ^ K2)
}

fn first<const N: usize>(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&bytes[..N]);
    u64::from_le_bytes(word)
}

fn last<const N: usize>(bytes: &[u8]) -> u64 {
    first::<N>(&bytes[bytes.len() - N..])
}

/// The hash of a value that may be a map's key: `int`, `bool`, `str`, and tuples and enums of those.
pub fn hash_value(p: &Process, value: Value) -> u64 {
    match p.runtime().ty(value.ty).shape {
        Shape::Scalar => hash_int(value.bits),
        Shape::Str => hash_bytes(value.text(p).as_bytes()),
        _ => hash_nested(p, value),
    }
}

/// The hash of a value of type `ty`, which may be a map's key.
pub fn hash(p: &Process, value: u64, ty: TypeId) -> i64 {
    hash_value(p, Value { ty, bits: value }) as i64
}

/// The hash of a value made of others: its fields that are not, then the parts of the others. Keys may be nested a
/// million deep, so the others wait on a stack of their own.
fn hash_nested(p: &Process, value: Value) -> u64 {
    let mut hash = K3;
    let mut pending = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        let record = match &p.runtime().ty(value.ty).shape {
            Shape::Tuple(record) => record,
            Shape::Enum(variants) => {
                let tag = value.object(p).tag();
                hash = combine(hash, u64::from(tag));
                &variants[usize::from(tag)].record
            }
            _ => unreachable!("verified: no such value is in a map's key"),
        };
        let object = value.object(p);
        for field in record.fields.iter().rev() {
            let part = Value::of_field(p, object, field);
            match p.runtime().ty(part.ty).shape {
                Shape::Scalar => hash = combine(hash, part.bits),
                Shape::Str => hash = combine(hash, hash_bytes(part.text(p).as_bytes())),
                _ => pending.push(part),
            }
        }
        next = pending.pop();
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_byte_and_the_length_count() {
        for len in 0..100 {
            let mut bytes: Vec<u8> = (0..len as u8).collect();
            let mut seen = HashSet::from([hash_bytes(&bytes)]);
            for at in 0..len {
                bytes[at] ^= 1;
                assert!(seen.insert(hash_bytes(&bytes)), "byte {at} of {len}");
                bytes[at] ^= 1;
            }
            bytes.push(0);
            assert!(seen.insert(hash_bytes(&bytes)), "length {len}");
        }
    }

    #[test]
    fn regular_numbers_spread_over_the_low_bits() {
        for step in [1u64, 8, 1 << 10, 1 << 20, 1 << 32, 1 << 52] {
            let buckets: HashSet<u64> = (0..1024u64).map(|i| hash_int(i.wrapping_mul(step)) & 4095).collect();
            assert!(buckets.len() > 650, "step {step:#x}: {} buckets", buckets.len());
        }
    }
}
