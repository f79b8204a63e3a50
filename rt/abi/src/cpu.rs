//! Features of processors that code may need and a program can ask for, before it runs code that needs them.
//!
//! A feature's number is its place in the list of its architecture, and its bit in
//! [`Program::cpu`](crate::program::Program::cpu). On architectures without a list nothing can be asked.

/// Gives the features of x86_64 to a macro, by the names that Rust knows.
#[macro_export]
macro_rules! for_each_x86_64_feature {
    ($callback:ident) => {
        $callback! {
            "sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "cmpxchg16b" "lzcnt" "bmi1" "bmi2" "fma" "avx" "avx2" "avxvnni"
            "avx512f" "avx512bitalg" "avx512dq" "avx512vl" "avx512vbmi" "avx512vnni"
        }
    };
}

/// Gives the features of aarch64 to a macro, by the names that Rust knows.
#[macro_export]
macro_rules! for_each_aarch64_feature {
    ($callback:ident) => {
        $callback! { "lse" "paca" "fp16" "dotprod" "i8mm" }
    };
}

macro_rules! names {
    ($($name:literal)*) => { &[$($name),*] };
}

/// The features of x86_64.
pub const X86_64: &[&str] = for_each_x86_64_feature!(names);

/// The features of aarch64.
pub const AARCH64: &[&str] = for_each_aarch64_feature!(names);
