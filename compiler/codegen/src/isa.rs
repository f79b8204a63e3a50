//! The machine that code is made for.

use crate::{CompileError, OptLevel, Options};
use cranelift_codegen::isa::{self, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::{Architecture, Triple};
use vitte_abi::cpu;

/// What `--cpu` calls the machine that the compiler runs on.
pub const NATIVE: &str = "native";

/// The code generator for the target of `options`.
///
/// # Errors
/// A processor, model or feature that the code generator does not know.
pub fn make(options: &Options) -> Result<OwnedTargetIsa, CompileError> {
    let triple = &options.target;
    let fail = |message: String| CompileError::Target(message);
    let mut builder = isa::lookup(triple.clone())
        .map_err(|_| fail(format!("no code can be made for processor `{}`", triple.architecture)))?;

    match options.cpu.as_deref() {
        None => {}
        Some(NATIVE) if triple.architecture == Triple::host().architecture => {
            cranelift_native::infer_native_flags(&mut builder).map_err(|error| fail(error.to_owned()))?;
        }
        Some(NATIVE) => return Err(fail(format!("`{NATIVE}` is another processor than `{}`", triple.architecture))),
        Some(cpu) => builder
            .enable(cpu)
            .map_err(|_| fail(format!("unknown model `{cpu}` of processor `{}`", triple.architecture)))?,
    }
    for feature in &options.features {
        let (name, value) = match feature.split_at_checked(1) {
            Some(("+", name)) => (name, "true"),
            Some(("-", name)) => (name, "false"),
            _ => (feature.as_str(), "true"),
        };
        builder
            .set(&format!("has_{name}"), value)
            .map_err(|_| fail(format!("unknown feature `{name}` of processor `{}`", triple.architecture)))?;
    }
    builder.finish(flags(options)).map_err(|error| fail(error.to_string()))
}

/// The models of processor that `cpu` may name for a target.
pub fn models(triple: &Triple) -> Vec<&'static str> {
    let settings = isa::lookup(triple.clone()).into_iter().flat_map(|builder| builder.iter().collect::<Vec<_>>());
    settings.filter(|setting| setting.kind == settings::SettingKind::Preset).map(|setting| setting.name).collect()
}

/// The features that code for this machine may need, as bits of its list in [`vitte_abi::cpu`].
pub fn features(isa: &dyn TargetIsa) -> u64 {
    let flags = isa.isa_flags();
    let set = |name: &&str| flags.iter().any(|flag| flag.name == setting(name) && flag.as_bool() == Some(true));
    let names = askable(isa.triple());
    names.iter().enumerate().filter(|row| set(row.1)).fold(0, |bits, row| bits | 1 << row.0)
}

/// The features that a program can ask its processor for.
fn askable(triple: &Triple) -> &'static [&'static str] {
    match triple.architecture {
        Architecture::X86_64 => cpu::X86_64,
        Architecture::Aarch64(_) => cpu::AARCH64,
        _ => &[],
    }
}

/// The setting of the code generator that stands for a feature.
fn setting(feature: &str) -> String {
    match feature {
        "paca" => "has_pauth".to_owned(),
        "avxvnni" => "has_avx_vnni".to_owned(),
        name => format!("has_{}", name.replace('.', "")),
    }
}

fn flags(options: &Options) -> settings::Flags {
    let mut flags = settings::builder();
    let mut set = |name, value| flags.set(name, value).expect("a setting that exists");
    set("opt_level", if options.opt == OptLevel::O0 { "none" } else { "speed" });
    set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" });
    // The runtime walks frames by their frame pointers.
    set("preserve_frame_pointers", "true");
    // With every symbol in the same program, code is position-independent without a table of addresses.
    set("is_pic", "false");
    set("unwind_info", if options.debug { "true" } else { "false" });
    set("enable_probestack", "false");
    // Programs do not keep secrets from themselves: a jump through a table needs no second check.
    set("enable_table_access_spectre_mitigation", "false");
    set("machine_code_cfg_info", "false");
    settings::Flags::new(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(target: &str, cpu: Option<&str>, features: &[&str]) -> Result<OwnedTargetIsa, String> {
        let options = Options {
            target: target.parse().expect("a target"),
            cpu: cpu.map(str::to_owned),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            ..Options::default()
        };
        make(&options).map_err(|error| error.to_string())
    }

    fn is_set(isa: &OwnedTargetIsa, name: &str) -> bool {
        isa.isa_flags().iter().any(|flag| flag.name == name && flag.as_bool() == Some(true))
    }

    #[test]
    fn models_and_features_add_to_what_all_have() {
        let linux = "x86_64-unknown-linux-gnu";
        assert!(!is_set(&with(linux, None, &[]).expect("what all have"), "has_sse3"));
        let second = with(linux, Some("x86-64-v2"), &[]).expect("a model");
        assert!(is_set(&second, "has_sse42") && is_set(&second, "has_popcnt") && !is_set(&second, "has_avx2"));
        assert!(is_set(&with(linux, Some("x86-64-v3"), &[]).expect("a model"), "has_avx2"));
        let without = with(linux, Some("x86-64-v3"), &["-avx2", "+lzcnt"]).expect("features");
        assert!(!is_set(&without, "has_avx2") && is_set(&without, "has_lzcnt"));
        assert!(with(&Triple::host().to_string(), Some(NATIVE), &[]).is_ok());
        assert!(is_set(&with("riscv64gc-unknown-linux-gnu", None, &["zbb"]).expect("a feature"), "has_zbb"));
    }

    #[test]
    fn programs_ask_for_each_feature_that_they_may_need() {
        for (target, names) in [("x86_64-unknown-linux-gnu", cpu::X86_64), ("aarch64-unknown-linux-gnu", cpu::AARCH64)]
        {
            let plain = with(target, None, &[]).expect("what all have");
            assert_eq!(features(&*plain), 0);
            for flag in plain.isa_flags().iter().filter(|flag| flag.name.starts_with("has_")) {
                let feature = format!("+{}", &flag.name["has_".len()..]);
                let isa = with(target, None, &[&feature]).expect("a feature");
                let bits = features(&*isa);
                assert_eq!(bits.count_ones(), 1, "{} is not in the list", flag.name);
                assert_eq!(setting(names[bits.trailing_zeros() as usize]), flag.name);
            }
        }
        let third = features(&*with("x86_64-unknown-linux-gnu", Some("x86-64-v3"), &[]).expect("a model"));
        let names: Vec<_> =
            cpu::X86_64.iter().enumerate().filter(|row| third >> row.0 & 1 != 0).map(|row| row.1).collect();
        assert!(names.contains(&&"avx2") && names.contains(&&"sse4.1") && !names.contains(&&"avx512f"), "{names:?}");
    }

    #[test]
    fn what_is_unknown_is_named() {
        let error = |target, cpu, features: &[&str]| with(target, cpu, features).err().expect("an error");
        let linux = "x86_64-unknown-linux-gnu";
        assert_eq!(error(linux, Some("z80"), &[]), "unknown model `z80` of processor `x86_64`");
        assert_eq!(error(linux, None, &["+warp"]), "unknown feature `warp` of processor `x86_64`");
        assert_eq!(error("wasm32-unknown-unknown", None, &[]), "no code can be made for processor `wasm32`");
    }
}
