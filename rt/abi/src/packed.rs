//! How a program gets into a runtime that brings the interpreter along, as for wasm: its bytecode is added to the
//! module's data, and a record in that data says where.

/// What the record holds in a runtime without a program: by this it is found. It stands in the module's data once.
pub const EMPTY: [u8; 24] = *b"vitte: no program packed";

/// The record, in the order of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The address of the bytecode.
    pub address: u64,
    /// Its length.
    pub len: u64,
    /// The collector, as [`Engine::flags`](crate::program::Engine::flags) writes it.
    pub flags: u64,
}

impl Packed {
    /// The words of a record as it stands in memory.
    pub const fn words(bytes: [u8; 24]) -> [u64; 3] {
        let mut words = [0; 3];
        let mut at = 0;
        while at < 24 {
            words[at / 8] |= (bytes[at] as u64) << (at % 8 * 8);
            at += 1;
        }
        words
    }

    /// The record as it stands in memory.
    pub fn bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (place, word) in bytes.chunks_mut(8).zip([self.address, self.len, self.flags]) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_three_words() {
        let record = Packed { address: 0x1_0000_0010, len: 77, flags: 4 };
        assert_eq!(Packed::words(record.bytes()), [record.address, record.len, record.flags]);
    }
}
