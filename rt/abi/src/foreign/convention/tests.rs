use super::*;
use crate::foreign::Leaf;
use CType::{F32, F64, I8, I32, I64};
use Place::{Float, Int, Stack};
use alloc::vec;

/// The layout of a struct of these numbers.
fn layout(types: &[CType]) -> Layout {
    let mut layout = Layout { size: 0, align: 1, leaves: vec![] };
    for &ty in types {
        let offset = layout.size.next_multiple_of(ty.size());
        layout.leaves.push(Leaf { offset, ty });
        layout.size = offset + ty.size();
        layout.align = layout.align.max(ty.size());
    }
    layout.size = layout.size.next_multiple_of(layout.align);
    layout
}

fn places(passing: Passing) -> Vec<Place> {
    match passing {
        Passing::Pieces(pieces) => pieces.iter().map(|piece| piece.place).collect(),
        Passing::Reference(place) => panic!("by reference, in {place:?}"),
    }
}

/// The places of a struct that comes after these numbers.
fn after(convention: &'static Convention, before: &[CType], types: &[CType]) -> Passing {
    let mut cursor = convention.cursor();
    for &ty in before {
        cursor.scalar(ty, false);
    }
    cursor.structure(&layout(types), false)
}

#[test]
fn x86_64_classifies_eightbytes() {
    assert_eq!(places(after(&X86_64, &[], &[F32, F32, I32, F32])), [Float(0), Int(0)]);
    assert_eq!(places(after(&X86_64, &[], &[F64, F64])), [Float(0), Float(1)]);
    // Two words are needed, but one register is left, which the next number takes.
    let mut cursor = X86_64.cursor();
    for _ in 0..5 {
        cursor.scalar(I64, false);
    }
    assert_eq!(places(cursor.structure(&layout(&[I64, I8]), false)), [Stack(0), Stack(1)]);
    assert_eq!(cursor.scalar(I32, false), Int(5));
    assert_eq!(places(after(&X86_64, &[], &[I64, I64, I8])), [Stack(0), Stack(1), Stack(2)]);
    assert_eq!(X86_64.result(&layout(&[I64, I64, I8])), None);
}

#[test]
fn aarch64_passes_homogeneous_floats_in_registers() {
    assert_eq!(places(after(&AARCH64, &[F32], &[F64, F64, F64, F64])), [Float(1), Float(2), Float(3), Float(4)]);
    // What finds no room takes the room from those that follow.
    let mut cursor = AARCH64.cursor();
    for _ in 0..6 {
        cursor.scalar(F32, false);
    }
    assert_eq!(places(cursor.structure(&layout(&[F32, F32, F32]), false)), [Stack(0), Stack(1)]);
    assert_eq!(cursor.scalar(F32, false), Stack(2));
    assert_eq!(after(&AARCH64, &[I64], &[F64, F64, I64]), Passing::Reference(Int(1)));
    assert_eq!(places(after(&AARCH64, &[], &[F32, I8])), [Int(0)]);
    assert_eq!(AARCH64.result(&layout(&[F64, F64, I64])), None);
    assert_eq!(AARCH64.result(&layout(&[F64, F64, F64])).map(|pieces| pieces.len()), Some(3));
}

#[test]
fn riscv64_flattens_pairs_with_a_float() {
    assert_eq!(places(after(&RISCV64, &[I32], &[I8, F64])), [Int(1), Float(0)]);
    assert_eq!(places(after(&RISCV64, &[], &[F32, F32])), [Float(0), Float(1)]);
    assert_eq!(places(after(&RISCV64, &[], &[F32, F32, F32])), [Int(0), Int(1)]);
    assert_eq!(places(RISCV64.cursor().structure(&layout(&[F64]), true)), [Int(0)]);
    // Half in the last register, half on the stack.
    assert_eq!(places(after(&RISCV64, &[I64; 7], &[I64, I64])), [Int(7), Stack(0)]);
    assert_eq!(after(&RISCV64, &[I64; 8], &[I64, I64, I64]), Passing::Reference(Stack(0)));
}
