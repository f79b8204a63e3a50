//! Writing addresses into machine code.

use cranelift_codegen::binemit::Reloc;

/// The distance does not fit the instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooFar;

/// Whether the field holds nothing but a distance, so that it can be filled in before the addresses are known.
pub fn is_distance(kind: Reloc) -> bool {
    matches!(kind, Reloc::X86PCRel4 | Reloc::X86CallPCRel4 | Reloc::Arm64Call | Reloc::RiscvCallPlt)
}

/// Fills in the field at `at`, which stands at address `place`, with the address `target`. For
/// [`Reloc::RiscvPCRelLo12I`], `target` is that of the instruction that has the upper bits, and `place` its address.
///
/// # Errors
/// The target is too far away.
pub fn apply(bytes: &mut [u8], at: usize, kind: Reloc, place: u64, target: u64) -> Result<(), TooFar> {
    let distance = target.wrapping_sub(place) as i64;
    match kind {
        Reloc::Abs8 => bytes[at..at + 8].copy_from_slice(&target.to_le_bytes()),
        Reloc::X86PCRel4 | Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => {
            let distance = i32::try_from(distance).map_err(|_| TooFar)?;
            bytes[at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        Reloc::Arm64Call => {
            if !(-(1 << 27)..1 << 27).contains(&distance) {
                return Err(TooFar);
            }
            change(bytes, at, 0x03ff_ffff, (distance >> 2) as u32);
        }
        Reloc::Aarch64AdrPrelPgHi21 => {
            let pages = ((target & !0xfff).wrapping_sub(place & !0xfff) as i64) >> 12;
            if !(-(1 << 20)..1 << 20).contains(&pages) {
                return Err(TooFar);
            }
            let pages = pages as u32;
            change(bytes, at, 0x60ff_ffe0, (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5);
        }
        Reloc::Aarch64AddAbsLo12Nc => change(bytes, at, 0xfff << 10, (target as u32 & 0xfff) << 10),
        Reloc::RiscvCallPlt => {
            let (upper, lower) = riscv_parts(distance)?;
            change(bytes, at, 0xffff_f000, upper);
            change(bytes, at + 4, 0xfff0_0000, lower << 20);
        }
        Reloc::RiscvPCRelHi20 => change(bytes, at, 0xffff_f000, riscv_parts(distance)?.0),
        Reloc::RiscvPCRelLo12I => change(bytes, at, 0xfff0_0000, riscv_parts(distance)?.1 << 20),
        other => unreachable!("no code is made with {other:?}"),
    }
    Ok(())
}

/// A distance as an immediate of `auipc` and a signed one of 12 bits.
fn riscv_parts(distance: i64) -> Result<(u32, u32), TooFar> {
    let distance = i32::try_from(distance).map_err(|_| TooFar)?;
    let upper = distance.checked_add(0x800).ok_or(TooFar)? as u32 & 0xffff_f000;
    Ok((upper, distance as u32 & 0xfff))
}

fn change(bytes: &mut [u8], at: usize, mask: u32, value: u32) {
    let field: &mut [u8; 4] = (&mut bytes[at..at + 4]).try_into().expect("four bytes");
    *field = (u32::from_le_bytes(*field) & !mask | value & mask).to_le_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(code: u32, kind: Reloc, place: u64, target: u64) -> Result<u32, TooFar> {
        let mut bytes = code.to_le_bytes();
        apply(&mut bytes, 0, kind, place, target).map(|()| u32::from_le_bytes(bytes))
    }

    #[test]
    fn distances_are_written_as_processors_read_them() {
        assert_eq!(applied(0, Reloc::X86PCRel4, 0x1000, 0xff0), Ok(-16i32 as u32));
        // `bl .+8`, `bl .-4`
        assert_eq!(applied(0x9400_0000, Reloc::Arm64Call, 0x1000, 0x1008), Ok(0x9400_0002));
        assert_eq!(applied(0x9400_0000, Reloc::Arm64Call, 0x1000, 0xffc), Ok(0x97ff_ffff));
        assert_eq!(applied(0x9400_0000, Reloc::Arm64Call, 0, 1 << 27), Err(TooFar));
        // `adrp x0, .+0x5000`
        assert_eq!(applied(0x9000_0000, Reloc::Aarch64AdrPrelPgHi21, 0x1ff8, 0x6004), Ok(0xb000_0020));
        assert_eq!(applied(0x9100_0000, Reloc::Aarch64AddAbsLo12Nc, 0, 0x6004), Ok(0x9100_1000));
        // `auipc ra, 1` and `addi a0, a0, -2048` for a distance of 0x800
        assert_eq!(applied(0x0000_0097, Reloc::RiscvPCRelHi20, 0, 0x800), Ok(0x0000_1097));
        assert_eq!(applied(0x0005_0513, Reloc::RiscvPCRelLo12I, 0, 0x800), Ok(0x8005_0513));
        assert_eq!(applied(0, Reloc::RiscvPCRelHi20, 0, 0x7fff_ffff), Err(TooFar));
    }
}
