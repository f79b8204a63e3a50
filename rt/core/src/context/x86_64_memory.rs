//! Copying and comparing memory: what musl has for this processor takes some thirty cycles to copy a few bytes, and
//! compares one byte at a time. Most of what programs copy is short: strings, objects that the collector moves.
//!
//! Up to 64 bytes are loaded whole before the first is stored, from both ends with what overlaps in the middle.

use std::arch::naked_asm;

/// C's `memcpy`.
///
/// # Safety
/// As C says.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!("jmp {memmove}", memmove = sym memmove)
}

/// C's `memmove`.
///
/// # Safety
/// As C says.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "cmp rdx, 16",
        "jb 20f",
        "cmp rdx, 32",
        "ja 30f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "ret",
        "20:",
        "cmp edx, 8",
        "jb 21f",
        "mov rcx, [rsi]",
        "mov r8, [rsi + rdx - 8]",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], r8",
        "ret",
        "21:",
        "cmp edx, 4",
        "jb 22f",
        "mov ecx, [rsi]",
        "mov r8d, [rsi + rdx - 4]",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], r8d",
        "ret",
        "22:",
        "test edx, edx",
        "je 24f",
        "movzx ecx, byte ptr [rsi]",
        "cmp edx, 1",
        "je 23f",
        "movzx r8d, word ptr [rsi + rdx - 2]",
        "mov [rdi + rdx - 2], r8w",
        "23:",
        "mov [rdi], cl",
        "24:",
        "ret",
        "30:",
        "cmp rdx, 64",
        "ja 40f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + rdx - 32]",
        "movups xmm3, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm2",
        "movups [rdi + rdx - 16], xmm3",
        "ret",
        // Longer. If it ends inside of what is to be copied, from the end on.
        "40:",
        "mov rcx, rdi",
        "sub rcx, rsi",
        "cmp rcx, rdx",
        "jb 60f",
        "cmp rdx, 4096",
        "jae 50f",
        // The last 64 bytes are loaded first, since what is stored before them may overlap.
        "movups xmm4, [rsi + rdx - 64]",
        "movups xmm5, [rsi + rdx - 48]",
        "movups xmm6, [rsi + rdx - 32]",
        "movups xmm7, [rsi + rdx - 16]",
        "lea r8, [rdi + rdx - 64]",
        "41:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 41b",
        "movups [r8], xmm4",
        "movups [r8 + 16], xmm5",
        "movups [r8 + 32], xmm6",
        "movups [r8 + 48], xmm7",
        "ret",
        "50:",
        "mov rcx, rdx",
        "rep movsb",
        "ret",
        // As above, the other way round.
        "60:",
        "movups xmm4, [rsi]",
        "movups xmm5, [rsi + 16]",
        "movups xmm6, [rsi + 32]",
        "movups xmm7, [rsi + 48]",
        "lea r8, [rdi + 64]",
        "add rsi, rdx",
        "lea r9, [rdi + rdx]",
        "61:",
        "movups xmm0, [rsi - 16]",
        "movups xmm1, [rsi - 32]",
        "movups xmm2, [rsi - 48]",
        "movups xmm3, [rsi - 64]",
        "movups [r9 - 16], xmm0",
        "movups [r9 - 32], xmm1",
        "movups [r9 - 48], xmm2",
        "movups [r9 - 64], xmm3",
        "sub rsi, 64",
        "sub r9, 64",
        "cmp r9, r8",
        "ja 61b",
        "movups [rdi], xmm4",
        "movups [rdi + 16], xmm5",
        "movups [rdi + 32], xmm6",
        "movups [rdi + 48], xmm7",
        "ret",
    )
}

/// C's `memcmp`.
///
/// # Safety
/// As C says.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    naked_asm!(
        "cmp rdx, 16",
        "jb 30f",
        "20:",
        "movups xmm0, [rdi]",
        "movups xmm1, [rsi]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb ecx, xmm0",
        "xor ecx, 0xffff",
        "jne 22f",
        "sub rdx, 16",
        "je 23f",
        "add rdi, 16",
        "add rsi, 16",
        "cmp rdx, 16",
        "jae 20b",
        // The last 16 bytes, of which the first are equal.
        "lea rdi, [rdi + rdx - 16]",
        "lea rsi, [rsi + rdx - 16]",
        "mov edx, 16",
        "jmp 20b",
        "22:",
        "bsf ecx, ecx",
        "movzx eax, byte ptr [rdi + rcx]",
        "movzx edx, byte ptr [rsi + rcx]",
        "sub eax, edx",
        "ret",
        "23:",
        "xor eax, eax",
        "ret",
        "30:",
        "cmp edx, 8",
        "jb 31f",
        "mov rax, [rdi]",
        "mov rcx, [rsi]",
        "cmp rax, rcx",
        "jne 33f",
        "mov rax, [rdi + rdx - 8]",
        "mov rcx, [rsi + rdx - 8]",
        "cmp rax, rcx",
        "jne 33f",
        "xor eax, eax",
        "ret",
        "31:",
        "cmp edx, 4",
        "jb 35f",
        "mov eax, [rdi]",
        "mov ecx, [rsi]",
        "cmp eax, ecx",
        "jne 32f",
        "mov eax, [rdi + rdx - 4]",
        "mov ecx, [rsi + rdx - 4]",
        "cmp eax, ecx",
        "jne 32f",
        "xor eax, eax",
        "ret",
        // Read from the first byte on, the first that differs decides.
        "32:",
        "bswap eax",
        "bswap ecx",
        "cmp eax, ecx",
        "jmp 34f",
        "33:",
        "bswap rax",
        "bswap rcx",
        "cmp rax, rcx",
        "34:",
        "sbb eax, eax",
        "or eax, 1",
        "ret",
        "35:",
        "xor ecx, ecx",
        "36:",
        "cmp ecx, edx",
        "je 23b",
        "movzx eax, byte ptr [rdi + rcx]",
        "movzx r8d, byte ptr [rsi + rcx]",
        "inc ecx",
        "sub eax, r8d",
        "je 36b",
        "ret",
    )
}

/// The `bcmp` that compilers call where only equality matters.
///
/// # Safety
/// As of [`memcmp`].
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    naked_asm!("jmp {memcmp}", memcmp = sym memcmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_wherever_they_overlap() {
        for len in (0..300).chain([4095, 4096, 5000]) {
            for (from, to) in [(0, 0), (0, 1), (1, 0), (7, 40), (40, 7), (0, 64), (64, 0), (3, 200), (0, 6000)] {
                let mut memory: Vec<u8> = (0..12_000u32).map(|at| (at * 7 + at / 251) as u8).collect();
                let mut model = memory.clone();
                model.copy_within(from..from + len, to);
                let base = memory.as_mut_ptr();
                // SAFETY: both ranges lie in the memory.
                let result = unsafe { memmove(base.add(to), base.add(from), len) };
                assert_eq!(result as usize, base as usize + to);
                assert!(memory == model, "{len} bytes from {from} to {to}");
                if from.abs_diff(to) >= len {
                    let mut memory: Vec<u8> = (0..12_000u32).map(|at| (at * 7 + at / 251) as u8).collect();
                    let base = memory.as_mut_ptr();
                    // SAFETY: as above, and they do not overlap.
                    unsafe { memcpy(base.add(to), base.add(from), len) };
                    assert!(memory == model, "{len} bytes from {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn the_first_byte_that_differs_decides() {
        for len in 0..100 {
            let a: Vec<u8> = (0..len as u32).map(|at| (at * 37) as u8).collect();
            // SAFETY: both slices are that long.
            let compare =
                |b: &[u8]| unsafe { (memcmp(a.as_ptr(), b.as_ptr(), len), bcmp(a.as_ptr(), b.as_ptr(), len)) };
            assert_eq!(compare(&a), (0, 0));
            for at in 0..len {
                for other in [0, 255, a[at].wrapping_add(1)] {
                    let mut b = a.clone();
                    b[at] = other;
                    // Behind it others differ the other way.
                    b[at + 1..].iter_mut().for_each(|byte| *byte = if other > a[at] { 0 } else { 255 });
                    let (order, differ) = compare(&b);
                    if other != a[at] {
                        assert_eq!(order.signum(), a[at].cmp(&other) as i32, "byte {at} of {len}");
                        assert!(differ != 0);
                    }
                }
            }
        }
    }
}
